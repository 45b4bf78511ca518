/**
 * When clients begin sessions, as a scenario file writes it:
 *
 *     { "kind": "constant", "everyTicks": 10 }                         one every 10 ticks
 *     { "kind": "bursty", "everyTicks": 1000, "sessions": 50 }         50 at once, every second
 *     { "kind": "drawn", "gapTicks": [1, 20] }                         gaps by a distribution, heavy-tailed ones too
 *     { "kind": "listed", "ticks": [1, 5, 9] }                         at these ticks
 *     { "kind": "accessLog", "file": "access.log", "ticksPerSecond": 100 }    the requests of a log, ten times as fast
 *     { "kind": "capture", "file": "day.pcap" }                        the requests of a capture
 *
 * The last two say what is asked for as well: one request a session, in their order.
 */

import { readCapture } from "../capture/pcap.ts";
import { problemsIn } from "../problem.ts";
import type { LoggedRequest } from "./access-log.ts";
import { readAccessLog } from "./access-log.ts";
import { ScenarioBounds } from "./bounds.ts";
import { captureRequests } from "./capture-requests.ts";
import { brief, complain, isWhole, Members } from "./members.ts";
import type { ArrivalPlan, RequestPlan } from "./plan.ts";
import { always, readDistribution } from "./read-distribution.ts";
import { isAskable, loggedPlans } from "./read-requests.ts";
import type { ScenarioFiles } from "./scenario-files.ts";

export interface ArrivalReading {
  readonly arrival: ArrivalPlan;
  /** What is asked for, where the arrivals say so themselves. */
  readonly requests: readonly RequestPlan[] | null;
}

const KINDS = ["constant", "bursty", "drawn", "listed", "accessLog", "capture"] as const;
type Kind = (typeof KINDS)[number];

const MEMBERS: Readonly<Record<Kind, readonly string[]>> = Object.freeze({
  constant: ["kind", "everyTicks"],
  bursty: ["kind", "everyTicks", "sessions"],
  drawn: ["kind", "gapTicks"],
  listed: ["kind", "ticks"],
  accessLog: ["kind", "file", "ticksPerSecond"],
  capture: ["kind", "file"],
});

const EVERY_TICKS = 10;
const EVERY: ArrivalPlan = Object.freeze({ kind: "constant", everyTicks: EVERY_TICKS });
/** Of the requests of a log or a capture. */
const FIRST_TICK = 1;
const TICKS_PER_SECOND = 1000;
const TICKS_PER_SECOND_MAX = 60_000;
const FILE_CHARACTERS_MAX = 1000;

export function readArrival(client: Members, files: ScenarioFiles): ArrivalReading {
  if (!client.has("arrival")) return { arrival: EVERY, requests: null };
  const kind = kindOf(client);
  const arrival = new Members(client.get("arrival"), client.at("arrival"), client.problems, MEMBERS[kind]);
  if (kind === "accessLog" || kind === "capture") return readLogged(kind, arrival, files);
  return { arrival: Object.freeze(readPlain(kind, arrival)), requests: null };
}

function kindOf(client: Members): Kind {
  const value = client.get("arrival");
  // Only its kind is looked at here: which other members there may be depends on it.
  const kind = typeof value === "object" && value !== null && Object.hasOwn(value, "kind") ? { kind: (value as { kind: unknown }).kind } : {};
  return new Members(kind, client.at("arrival"), client.problems, ["kind"]).word("kind", "constant", KINDS);
}

function readPlain(kind: "constant" | "bursty" | "drawn" | "listed", arrival: Members): ArrivalPlan {
  const { ticksMax, clientsMax } = ScenarioBounds;
  switch (kind) {
    case "constant":
      return { kind, everyTicks: arrival.whole("everyTicks", EVERY_TICKS, 1, ticksMax) };
    case "bursty":
      return { kind, everyTicks: arrival.whole("everyTicks", TICKS_PER_SECOND, 1, ticksMax), sessions: arrival.whole("sessions", 10, 1, clientsMax) };
    case "drawn":
      return { kind, gapTicks: readDistribution(arrival, "gapTicks", always(10), 0, ticksMax) };
    case "listed":
      return { kind, ticks: readTicks(arrival) };
  }
}

function readTicks(arrival: Members): readonly number[] {
  const list = arrival.list("ticks", 1, ScenarioBounds.arrivalsMax);
  let before = 0;
  for (const [value, place] of list) {
    if (isWhole(value, before, ScenarioBounds.ticksMax)) before = value;
    else complain(arrival.problems, place, `this is ${brief(value)}`, `a tick, not before the one in front of it: ${before} to ${ScenarioBounds.ticksMax}`);
  }
  return Object.freeze(list.map(([value]) => (typeof value === "number" ? value : 0)));
}

function readLogged(kind: "accessLog" | "capture", arrival: Members, files: ScenarioFiles): ArrivalReading {
  const before = arrival.problems.length;
  const logged = kind === "capture" ? openCapture(arrival, files) : openLog(arrival, files);
  const within = logged.filter((one) => isAskable(one) && one.tick <= ScenarioBounds.ticksMax).slice(0, ScenarioBounds.requestPlansMax);
  if (within.length === 0 && arrival.problems.length === before) complain(arrival.problems, arrival.at("file"), "it holds no request that could be made", "one with requests of HTTP/1");
  return { arrival: Object.freeze({ kind: "listed", ticks: Object.freeze(within.map(({ tick }) => tick)) }), requests: Object.freeze(loggedPlans(within)) };
}

function openLog(arrival: Members, files: ScenarioFiles): LoggedRequest[] {
  const ticksPerSecond = arrival.whole("ticksPerSecond", TICKS_PER_SECOND, 1, TICKS_PER_SECOND_MAX);
  const bytes = open(arrival, files);
  return bytes === null ? [] : readAccessLog(bytes, arrival.at("file"), ticksPerSecond, FIRST_TICK, ScenarioBounds.requestPlansMax, arrival.problems);
}

function openCapture(arrival: Members, files: ScenarioFiles): LoggedRequest[] {
  const bytes = open(arrival, files);
  if (bytes === null) return [];
  const { capture, problems } = readCapture(bytes);
  for (const one of problemsIn(arrival.at("file"), problems)) complain(arrival.problems, one.place, one.found, one.expected);
  return capture === null ? [] : captureRequests(capture, FIRST_TICK, ScenarioBounds.requestPlansMax);
}

function open(arrival: Members, files: ScenarioFiles): Uint8Array | null {
  const name = arrival.text("file", "", FILE_CHARACTERS_MAX);
  if (name !== "") return files.bytes(name, arrival.at("file"), arrival.problems);
  arrival.refuse("file", "the name of a file, from where this one lies");
  return null;
}
