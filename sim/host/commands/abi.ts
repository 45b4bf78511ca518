/** `veridian abi`: what crosses the boundaries of a machine, for people, for docs and for Rust. */

import { callsPage, cyclesText } from "../../abi/calls-page.ts";
import { ABI } from "../../abi/catalogue.ts";
import { fieldType } from "../../abi/field-type.ts";
import { layoutsPage } from "../../abi/layouts-page.ts";
import { rustText } from "../../abi/rust.ts";
import type { SystemCall } from "../../../kernel/system-calls.ts";
import { SYSTEM_CALLS } from "../../../kernel/system-calls.ts";
import { problem } from "../../problem.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import type { Options } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { tableLines } from "../text.ts";

const FORMS = ["rust", "markdown", "calls"] as const;

export const abi: Command = Object.freeze<Command>({
  name: "abi",
  summary: "print records, numbers and system calls, for people, docs or Rust",
  description: `Prints every record that crosses a boundary (messages, request and decision, driver, operator and
control records, NIC descriptors) with offsets and widths, the tables of numbers that stand in them or
name registers, and the system calls. What is written for this machine in Rust can include the output of --rust: its
sizes and offsets are checked when it is compiled.`,
  positionals: [],
  options: [
    { name: "rust", help: "as Rust: repr(C) structs with asserted sizes and offsets, constants, no_std" },
    { name: "markdown", help: "the layouts as the page services/LAYOUTS.md" },
    { name: "calls", help: "the system calls as the page kernel/SYSCALLS.md" },
  ],
  examples: [
    ["veridian abi", "a table for people"],
    ["veridian abi --rust > abi.rs", "for a service or a kernel in Rust"],
  ],
  run: runAbi,
});

function runAbi(options: Options, terminal: Terminal): Exit {
  const asked = FORMS.filter((form) => options.has(form));
  if (asked.length > 1) return refuse(terminal, "abi", [problem(asked.map((form) => `--${form}`).join(" "), "these are several forms", "one of them")]);
  if (asked[0] === "rust") terminal.out(rustText(ABI));
  else if (asked[0] === "markdown") terminal.out(layoutsPage(ABI));
  else if (asked[0] === "calls") terminal.out(callsPage());
  else terminal.out(peopleText(terminal));
  return Exit.fine;
}

function peopleText(terminal: Terminal): string {
  const bold = (text: string): string => terminal.paintOut("bold", text);
  const lines = ABI.flatMap(({ title, path, layouts, tables }) => [
    "",
    `${bold(title)}  ${path}`,
    ...layouts.flatMap(({ layoutName, size, fields }) => [
      "",
      `  ${terminal.paintOut("cyan", layoutName)}, ${size} bytes`,
      ...tableLines(fields.map((field) => [`    ${field.offset}`.padStart(8), field.name, fieldType(field)]), ["right", "left", "left"], terminal.columns),
    ]),
    ...tables.flatMap(({ tableName, type, entries }) => ["", ...tableLines([[`  ${terminal.paintOut("cyan", tableName)} (${type})`, entries.map(([name, value]) => `${name} ${value}`).join(", ")]], ["left", "left"], terminal.columns)]),
  ]);
  const calls = SYSTEM_CALLS.map((call) => [String(call.number), call.name, argumentsText(call), cyclesText(call)]);
  return `${[...lines.slice(1), "", `${bold("System calls")}  kernel/system-calls.ts`, "", ...tableLines([["number", "call", "arguments", "cycles"], ...calls], ["right", "left", "left", "left"], terminal.columns)].join("\n")}\n`;
}

function argumentsText(call: SystemCall): string {
  return call.arguments.map(({ name }) => name).join(", ").replace("data0, data1, data2, data3", "data0 to data3");
}
