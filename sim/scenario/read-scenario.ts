/**
 * Reads a scenario from the text of a file (JSON, "schema": 1). The file is hostile: whatever it holds, the answer is a plan
 * whose every number is in range and whose hosts can live together, or a list of what is wrong, each with its place. All
 * but `schema`, `clients` and `backends` may be left out, and so may everything in them:
 *
 *     { "schema": 1, "clients": [{}], "backends": [{ "count": 3 }] }
 *
 * Members have the names, units and meanings of the plans (plan.ts).
 */

import type { Problem } from "../problem.ts";
import { ScenarioBounds } from "./bounds.ts";
import { judgeAddresses } from "./judge-addresses.ts";
import { complain, Members, parseObject } from "./members.ts";
import type { BackendPlan, ClientPlan, ScenarioPlan } from "./plan.ts";
import { quickHosts } from "./quick-hosts.ts";
import { readBackends } from "./read-backends.ts";
import { readClient } from "./read-clients.ts";
import { readLink, readMachine } from "./read-machine.ts";
import type { ScenarioFiles } from "./scenario-files.ts";

export const SCENARIO_SCHEMA = 1;

const MEMBERS = ["schema", "name", "summary", "machine", "link", "clients", "backends", "ticks", "worldBytes", "seed", "hosts"];

/** How TCP of those around the machine is: as the usual kernels have it, or in a hurry. */
const HOSTS: readonly string[] = Object.freeze(["patient", "quick"]);

const TICKS = 10_000;
const SEED = 1;
const NAME_CHARACTERS_MAX = 100;
const MIB = 1024 * 1024;
/** The world's two stacks with their buffers, the frames on the link, and what clients and backends remember. */
const WORLD_BYTES = 48 * MIB;
const WORLD_BYTES_PER_CLIENT = 4096;

/** Null, and problems in the list, if the text is no sound scenario. `name` is what it is called if it does not say. */
export function readScenario(text: string, name: string, files: ScenarioFiles, problems: Problem[]): ScenarioPlan | null {
  const found: Problem[] = [];
  const value = parseObject(text, 'an object such as {"schema":1,"clients":[{}],"backends":[{"count":3}]}', found);
  const plan = value === null ? null : readPlan(value, name, files, found);
  problems.push(...found);
  return found.length > 0 ? null : plan;
}

function readPlan(value: object, name: string, files: ScenarioFiles, problems: Problem[]): ScenarioPlan {
  const scenario = new Members(value, "", problems, MEMBERS);
  if (scenario.get("schema") !== SCENARIO_SCHEMA) scenario.refuse("schema", `${SCENARIO_SCHEMA}, which says how the rest is read`);
  const { ticksMax, seedMax, summaryCharactersMax, worldBytesMin, worldBytesMax } = ScenarioBounds;
  const clients = readClients(scenario, files);
  const backends = readAllBackends(scenario);
  judgeAddresses(clients, backends, problems);
  const count = clients.reduce((sum, client) => sum + client.count, 0);
  const worldBytes = scenario.whole("worldBytes", WORLD_BYTES + Math.ceil((count * WORLD_BYTES_PER_CLIENT) / MIB) * MIB, worldBytesMin, worldBytesMax);
  if (worldBytes % 64 !== 0) scenario.refuse("worldBytes", "a multiple of 64");
  return Object.freeze({
    schema: SCENARIO_SCHEMA,
    name: scenario.text("name", name, NAME_CHARACTERS_MAX),
    summary: scenario.text("summary", "", summaryCharactersMax),
    machine: readMachine(scenario, backends),
    link: readLink(scenario),
    clients,
    backends,
    ticks: scenario.whole("ticks", TICKS, 1, ticksMax),
    worldBytes,
    seed: scenario.whole("seed", SEED, 0, seedMax),
    ...(scenario.word("hosts", "patient", HOSTS) === "quick" ? { hosts: quickHosts } : {}),
  });
}

function readClients(scenario: Members, files: ScenarioFiles): readonly ClientPlan[] {
  const { clientPlansMax, clientsMax } = ScenarioBounds;
  const clients = scenario.list("clients", 1, clientPlansMax).map(([value, place], index) => readClient(value, place, index, files, scenario.problems));
  const count = clients.reduce((sum, client) => sum + client.count, 0);
  if (count > clientsMax) complain(scenario.problems, "clients", `together they are ${count} clients`, `at most ${clientsMax}`);
  return Object.freeze(clients);
}

function readAllBackends(scenario: Members): readonly BackendPlan[] {
  const { backendPlansMax } = ScenarioBounds;
  const backends: BackendPlan[] = [];
  for (const [value, place] of scenario.list("backends", 1, backendPlansMax)) backends.push(...readBackends(value, place, backends.length, scenario.problems));
  if (backends.length > backendPlansMax) complain(scenario.problems, "backends", `together they are ${backends.length} backends`, `at most ${backendPlansMax}`);
  return Object.freeze(backends);
}
