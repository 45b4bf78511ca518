/**
 * A machine as a JSON file: which model it is based on, and what it changes.
 *
 *     { "base": "standard", "ram": "8M", "set": { "arena.lb": "1M" }, "neighbours": { "10.30.0.1": "02:00:00:00:01:01" } }
 */

import { parseMac } from "../address-text.ts";
import type { Problem } from "../problem.ts";
import { problem } from "../problem.ts";

export interface MachineFile {
  /** As accounts name the machine; empty for a model as it is. */
  readonly name: string;
  readonly base: string;
  readonly ram: string | undefined;
  readonly set: Readonly<Record<string, string>>;
  readonly neighbours: Readonly<Record<string, string>>;
}

export const EMPTY_MACHINE_FILE: MachineFile = Object.freeze({ name: "", base: "", ram: undefined, set: Object.freeze({}), neighbours: Object.freeze({}) });

const MEMBERS = ["base", "ram", "set", "neighbours"];

/** Null, and problems in the list, if the text is no machine. */
export function readMachineFile(text: string, path: string, problems: Problem[]): MachineFile | null {
  const before = problems.length;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    problems.push(problem(path, `this is no JSON (${error instanceof Error ? error.message : String(error)})`, 'an object such as {"base":"standard"}'));
    return null;
  }
  if (!isObject(value)) {
    problems.push(problem(path, "this is no JSON object", 'an object such as {"base":"standard"}'));
    return null;
  }
  for (const member of Object.keys(value)) if (!MEMBERS.includes(member)) problems.push(problem(`${path}: ${member}`, "this member means nothing", `one of ${MEMBERS.join(", ")}`));
  if (typeof value["base"] !== "string") problems.push(problem(`${path}: base`, "the machine's base is missing", "the name of a machine"));
  const set = readTexts(value["set"], `${path}: set`, problems);
  const neighbours = readTexts(value["neighbours"], `${path}: neighbours`, problems);
  for (const [address, mac] of Object.entries(neighbours)) if (parseMac(mac) < 0) problems.push(problem(`${path}: neighbours.${address}`, `"${mac}" is no MAC address`, "an address such as 02:00:00:00:00:01"));
  const ram = value["ram"] === undefined ? undefined : String(value["ram"]);
  return problems.length > before ? null : { name: "", base: String(value["base"]), ram, set, neighbours };
}

function readTexts(value: unknown, place: string, problems: Problem[]): Record<string, string> {
  if (value === undefined) return {};
  if (isObject(value) && Object.values(value).every((one) => typeof one === "string" || typeof one === "number")) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, String(one)]));
  }
  problems.push(problem(place, "this is no object of texts and numbers", 'an object such as {"arena.lb":"64K"}'));
  return {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
