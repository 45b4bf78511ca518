/** A dump on one page. */

import { invariantText } from "../../../kernel/invariants/invariants.ts";
import type { Overview } from "../../inspect/overview.ts";
import { sizeWords } from "../../size.ts";
import type { Terminal } from "../terminal.ts";
import { count, leftRight } from "../text.ts";
import { arenaTable } from "./memory-page.ts";
import { section, some } from "./page.ts";
import { endpointTable, processTable } from "./process-page.ts";

export function overviewPage(terminal: Terminal, file: string, overview: Overview): string[] {
  const { memory, timers, nics } = overview;
  const title = `${terminal.paintOut("bold", "veridian inspect")}  ${file}`;
  const right = `machine ${overview.machine === "" ? "without a name" : overview.machine}, ${sizeWords(overview.ramBytes)} of RAM, tick ${count(overview.tick)}`;
  const next = timers[0];
  return [
    leftRight(title, `veridian inspect  ${file}`.length, right, terminal.columns),
    "",
    ...section(terminal, "Processes", processTable(terminal, overview.processes)),
    ...section(terminal, "Endpoints", endpointTable(terminal, overview.endpoints)),
    ...section(terminal, "Arenas", arenaTable(terminal, memory)),
    ...section(terminal, "Besides", [
      `cycle         ${count(overview.cycle)}`,
      `messages      ${count(overview.messagesFast)} in registers, ${count(overview.messagesQueued)} through a queue; ${some(overview.refusals, "refusal")}, ${some(overview.faults, "fault")}`,
      `capabilities  ${count(overview.capabilities)}`,
      `DMA buffers   ${count(memory.pool.inUse)} of ${count(memory.pool.count)} in use, at most ${count(memory.pool.peak)} at once`,
      `timers        ${count(timers.length)} armed${next === undefined ? "" : `, the next fires at tick ${count(next.deadlineTick)} (${next.process})`}`,
      ...nics.map((nic) => `${nic.name.padEnd(12)}  link ${nic.linkUp ? "up" : "down"}; ${nic.rings.map((ring) => `${ring.name} ${ring.fault === "" ? `head ${ring.head} tail ${ring.tail}, ${ring.posted} of ${ring.count} the device's` : ring.fault}`).join("; ")}`),
      `manifest      ${overview.manifestDigest}`,
      ...(overview.seams.length === 0 ? [] : [`other parts   ${overview.seams.join(", ")} (the kernel's own stand aside)`]),
    ]),
    ...section(terminal, "Invariants", invariantLines(terminal, overview)),
    terminal.paintOut("dim", `More: veridian inspect ${file} processes|endpoints|caps|timers|memory|nic|trace`),
  ];
}

function invariantLines({ paintOut }: Terminal, { checked, problems }: Overview): string[] {
  if (problems.length === 0) return [paintOut("green", `all ${checked} hold`)];
  return problems.map((problem) => paintOut("red", invariantText(problem)));
}
