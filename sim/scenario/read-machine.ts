/** The machine and the link of a scenario, as its file writes them. */

import type { NetParameters } from "../../services/net/api.ts";
import { cleanLink } from "../inhabitants/link.ts";
import type { LinkPlan } from "../inhabitants/link.ts";
import { MACHINES } from "../machines/index.ts";
import type { MachineModel } from "../machines/model.ts";
import { proxy } from "../machines/proxy.ts";
import { readRamBytes, readSettings } from "../machines/settings.ts";
import type { Problem } from "../problem.ts";
import { MILLION, ScenarioBounds } from "./bounds.ts";
import { brief, complain, isObject, Members } from "./members.ts";
import type { BackendPlan, ScenarioPlan } from "./plan.ts";

type MachinePlan = ScenarioPlan["machine"];

const LINES_MAX = 20_000;

/** Machines that end connections themselves: no other answers a client. */
export function servingMachines(): readonly MachineModel[] {
  return MACHINES.filter((model) => (model.manifest().processes["net"].parameters as NetParameters | undefined)?.mode === "terminate");
}

export function readMachine(scenario: Members, backends: readonly BackendPlan[]): MachinePlan {
  const value = scenario.has("machine") ? scenario.get("machine") : {};
  const machine = new Members(value, scenario.at("machine"), scenario.problems, ["model", "ram", "settings", "configuration"]);
  const serving = servingMachines();
  const name = machine.word("model", proxy.name, serving.map((model) => model.name));
  const model = serving.find((candidate) => candidate.name === name) ?? proxy;
  const ramBytes = readRam(machine);
  const configuration = machine.has("configuration") ? readConfiguration(machine) : configurationFor(backends);
  return Object.freeze({ model: name, settings: readSet(machine, model), configuration, ...(ramBytes === 0 ? {} : { ramBytes }) });
}

function readRam(machine: Members): number {
  if (!machine.has("ram")) return 0;
  const found: Problem[] = [];
  const value = machine.get("ram");
  const bytes = typeof value === "string" || typeof value === "number" ? readRamBytes(String(value).slice(0, 20), found) : 0;
  if (bytes === 0) machine.refuse("ram", found[0]?.expected ?? "a size such as 20M");
  return bytes;
}

function readSet(machine: Members, model: MachineModel): Readonly<Record<string, number>> {
  const value = machine.has("settings") ? machine.get("settings") : {};
  if (!isObject(value)) {
    machine.refuse("settings", 'an object such as { "arena.lb": "1M" }');
    return {};
  }
  const settings: Record<string, number> = {};
  for (const [name, one] of Object.entries(value)) {
    const found: Problem[] = [];
    const text = typeof one === "string" || typeof one === "number" ? String(one) : "?";
    for (const [known, bytes] of Object.entries(readSettings(model, [`${name}=${text}`], found))) settings[known] = bytes;
    for (const { found: what, expected } of found) complain(machine.problems, `${machine.at("settings")}.${name.slice(0, 40)}`, what, expected);
  }
  return Object.freeze(settings);
}

/** A text, or its lines. */
function readConfiguration(machine: Members): string {
  const value = machine.get("configuration");
  if (typeof value === "string") return machine.text("configuration", "", ScenarioBounds.fileCharactersMax);
  const lines = machine.list("configuration", 1, LINES_MAX);
  for (const [line, place] of lines) if (typeof line !== "string" || /[\n\r]/.test(line)) complain(machine.problems, place, `this is ${brief(line)}`, "one line of a configuration");
  return lines.map(([line]) => `${String(line)}\n`).join("");
}

/** What a scenario that says nothing about it has: one group of all backends, and no limit that its clients would meet. */
export function configurationFor(backends: readonly BackendPlan[]): string {
  const members = backends.map(({ address, port }) => `member=app:${address.includes(":") ? `[${address}]` : address}:${port}\n`);
  return `semantics=strict\nrate_limit_rps=4000000000\nrate_limit_burst=4000000000\ngroup=app:leastconn\n${members.join("")}default=app\n`;
}

const LINK_MEMBERS = ["delayCycles", "cyclesPerByte", "framesMax", "lossParts", "reorderParts", "reorderCycles", "duplicateParts", "corruptParts"];

/** How late a frame is at most that is late, unless the file says. */
const REORDER_CYCLES = 1_000_000;

/** A clean one where the file says nothing else. */
export function readLink(scenario: Members): LinkPlan {
  const link = new Members(scenario.has("link") ? scenario.get("link") : {}, scenario.at("link"), scenario.problems, LINK_MEMBERS);
  const { linkCyclesMax, cyclesPerByteMax, framesMax } = ScenarioBounds;
  const parts = (name: string): number => link.whole(name, 0, 0, MILLION);
  const reorderParts = parts("reorderParts");
  return Object.freeze({
    delayCycles: link.whole("delayCycles", cleanLink.delayCycles, 0, linkCyclesMax),
    cyclesPerByte: link.whole("cyclesPerByte", cleanLink.cyclesPerByte, 0, cyclesPerByteMax),
    framesMax: link.whole("framesMax", cleanLink.framesMax, 1, framesMax),
    lossParts: parts("lossParts"),
    reorderParts,
    reorderCycles: link.whole("reorderCycles", reorderParts > 0 ? REORDER_CYCLES : 0, 0, linkCyclesMax),
    duplicateParts: parts("duplicateParts"),
    corruptParts: parts("corruptParts"),
  });
}
