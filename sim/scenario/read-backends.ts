/**
 * Plans of backends, as a scenario file writes them: every member of BackendPlan by its name, all of them optional, and
 * `count`, which makes so many alike at this address and those that follow it.
 */

import type { Problem } from "../problem.ts";
import { MILLION, ScenarioBounds } from "./bounds.ts";
import { addressAfter, parseScenarioAddress, scenarioAddressText } from "./host-address.ts";
import { complain, Members } from "./members.ts";
import type { BackendEvent, BackendPlan } from "./plan.ts";
import { always, between, readDistribution } from "./read-distribution.ts";

const MEMBERS = [
  "address", "count", "port", "serviceTicks", "concurrency", "queueMax", "bodyBytes", "chunkedParts", "failureParts", "resetParts", "closeParts",
  "silentParts", "halfParts", "garbledParts", "untilCloseParts", "idleTicks", "patienceTicks", "events",
];

const EVENT_KINDS = ["down", "silent", "slow", "errors", "up"] as const;
/** Hundredths: a hundred times as slow at most. */
const SLOW_MAX = 10_000;
const LITERAL_CHARACTERS_MAX = 64;
const PORT_MAX = 65_535;
const BODY_BYTES = 2048;

/** The plans at `place`; `index` backends stand before them. */
export function readBackends(value: unknown, place: string, index: number, problems: Problem[]): readonly BackendPlan[] {
  const backend = new Members(value, place, problems, MEMBERS);
  const { ticksMax, concurrencyMax, bodyBytesMax, backendPlansMax } = ScenarioBounds;
  const parts = (name: string): number => backend.whole(name, 0, 0, MILLION);
  const plan: BackendPlan = {
    address: backend.text("address", `10.30.${index >> 8}.${(index & 255) + 1}`, LITERAL_CHARACTERS_MAX),
    port: backend.whole("port", 8080, 1, PORT_MAX),
    serviceTicks: readDistribution(backend, "serviceTicks", between(1, 5), 0, ticksMax),
    concurrency: backend.whole("concurrency", 16, 1, concurrencyMax),
    queueMax: backend.whole("queueMax", 64, 0, concurrencyMax),
    bodyBytes: readDistribution(backend, "bodyBytes", always(BODY_BYTES), 0, bodyBytesMax),
    chunkedParts: parts("chunkedParts"),
    failureParts: parts("failureParts"),
    resetParts: parts("resetParts"),
    closeParts: parts("closeParts"),
    silentParts: parts("silentParts"),
    halfParts: parts("halfParts"),
    garbledParts: parts("garbledParts"),
    untilCloseParts: parts("untilCloseParts"),
    idleTicks: backend.whole("idleTicks", 0, 0, ticksMax),
    patienceTicks: backend.whole("patienceTicks", 0, 0, ticksMax),
    events: readEvents(backend),
  };
  return alike(plan, backend.whole("count", 1, 1, backendPlansMax), backend);
}

function alike(plan: BackendPlan, count: number, backend: Members): readonly BackendPlan[] {
  const first = parseScenarioAddress(plan.address);
  if (first === null || count === 1) return [Object.freeze(plan)];
  return Array.from({ length: count }, (_, by) => {
    const address = addressAfter(first, by);
    if (address === null) backend.refuse("count", "fewer: there are no addresses for them");
    return Object.freeze({ ...plan, address: address === null ? plan.address : scenarioAddressText(address) });
  });
}

/** By tick: what a file says in another order happens in that one. */
function readEvents(backend: Members): readonly BackendEvent[] {
  const events = backend.list("events", 0, ScenarioBounds.eventsMax).map(([value, place]) => readEvent(value, place, backend.problems));
  return Object.freeze([...events].sort((a, b) => a.tick - b.tick));
}

function readEvent(value: unknown, place: string, problems: Problem[]): BackendEvent {
  const event = new Members(value, place, problems, ["tick", "kind", "value"]);
  const kind = event.word("kind", "up", EVENT_KINDS);
  if (!event.has("kind")) event.refuse("kind", `one of ${EVENT_KINDS.join(", ")}`);
  if (!event.has("tick")) event.refuse("tick", "the tick at which it happens");
  const tick = event.whole("tick", 0, 0, ScenarioBounds.ticksMax);
  if (kind === "slow") return Object.freeze({ tick, kind, value: needed(event, 1, SLOW_MAX, "service times in hundredths: 300 is three times as slow") });
  if (kind === "errors") return Object.freeze({ tick, kind, value: needed(event, 0, MILLION, "answers of a million that are 503") });
  if (event.has("value")) complain(problems, event.at("value"), `${kind} has no value`, "none");
  return Object.freeze({ tick, kind, value: 0 });
}

function needed(event: Members, least: number, most: number, expected: string): number {
  if (!event.has("value")) event.refuse("value", expected);
  return event.whole("value", least, least, most);
}
