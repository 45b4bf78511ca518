/**
 * Goal: a machine that serves keeps its promises whatever lives around it. The laws of an account hold in every run; who slows
 * down gets less from the algorithms that look at load, and as much from those that do not; no limit is exceeded; of a
 * backend that dies, flaps, slows down, falls silent or answers badly a client sees no more than what is stated here, and
 * the account says why. Method: the scenarios that come along, shortened, and small ones with one thing wrong at a time.
 */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { total } from "../sim/account.ts";
import { bundledScenarios } from "../sim/host/scenario-setup.ts";
import { readScenario } from "../sim/scenario/read-scenario.ts";
import type { PlayedScenario } from "./sim/scenario/playing.ts";
import { configuring, playMembers, playPlan, QUICK } from "./sim/scenario/playing.ts";
import { filesOf } from "./sim/scenario/reading.ts";

const SCENARIOS = join(dirname(fileURLToPath(import.meta.url)), "../sim/scenarios");
const SECONDS = 1000;

const clients = [{ count: 64, arrival: { kind: "constant", everyTicks: 2 } }];
const fast = { serviceTicks: [4, 8] };
const TICKS = 900;
/** Sessions of these clients in that time, of one request each. */
const REQUESTS = 451;

/** Two sound backends and a third: what its clients saw, and what it did. */
function playThird(third: object, algorithm: string, lines: readonly string[] = [], settings: Readonly<Record<string, number>> = {}) {
  const played = playMembers({ ticks: TICKS, clients, backends: [{ ...fast, count: 2 }, { ...fast, ...third }], machine: { settings, configuration: configuring(algorithm, 3, ...lines) } });
  return numbersOf(played);
}

function numbersOf({ account, broken }: PlayedScenario) {
  const { scenario, requests } = account;
  return { broken, requests, proxy: scenario.proxy, group: scenario.groups[0]!, third: scenario.backends.backends[2]!, backends: scenario.backends.backends, seen: scenario.clients, latency: scenario.clients.latency };
}

describe("scenarios that come along", () => {
  test.each(bundledScenarios())("%s keeps every law", (name) => {
    const problems: { place: string; found: string; expected: string }[] = [];
    const files = filesOf({ "access.log.txt": readFileSync(join(SCENARIOS, "access.log.txt")) });
    const plan = readScenario(readFileSync(join(SCENARIOS, `${name}.json`), "utf8"), name, files, problems);
    expect(problems).toEqual([]);
    expect([plan!.name, plan!.summary.length > 20]).toEqual([name, true]);
    const { account, broken } = playPlan({ ...plan!, ticks: 300, machine: { ...plan!.machine, settings: { ...QUICK, ...plan!.machine.settings } } });
    expect(broken).toEqual([]);
    expect(account.scenario.clients.counters.answers).toBeGreaterThan(9);
  }, 60 * SECONDS);
});

describe("a backend that takes ten times as long", () => {
  const slow = { serviceTicks: [40, 80] };
  test.each([["leastconn", 0.25], ["p2c", 0.35], ["peakewma", 0.25]] as const)("gets less of %s", (algorithm, most) => {
    const { broken, third, seen } = playThird(slow, algorithm);
    expect(broken).toEqual([]);
    expect(seen.statuses).toEqual({ 200: REQUESTS });
    expect(third.requests).toBeGreaterThan(0);
    expect(third.requests).toBeLessThan((REQUESTS / 3) * most);
  }, 60 * SECONDS);

  test.each([["roundrobin", 0.99], ["random", 0.8]] as const)("gets its share of %s, which looks at no load", (algorithm, least) => {
    const { broken, third } = playThird(slow, algorithm);
    expect(broken).toEqual([]);
    expect(third.requests).toBeGreaterThan((REQUESTS / 3) * least);
  }, 60 * SECONDS);

  test("gets less while it is slow, and as much as others when it is no more", () => {
    const { account, broken } = playMembers({
      ticks: 1800, clients, machine: { configuration: configuring("leastconn", 3) },
      backends: [{ ...fast, count: 2 }, { ...fast, events: [{ tick: 600, kind: "slow", value: 1000 }, { tick: 1200, kind: "up" }] }],
    });
    expect(broken).toEqual([]);
    const shares = [[50, 600], [650, 1200], [1300, 1800]].map(([from, to]) => {
      const within = account.scenario.load.map(({ sampleTicks, stretches }) => stretches.slice(Math.ceil(from! / sampleTicks), Math.floor(to! / sampleTicks)).reduce((sum, { requests }) => sum + requests, 0));
      return within[2]! / within.reduce((sum, requests) => sum + requests, 0);
    });
    expect(shares[0]).toBeGreaterThan(0.28);
    expect(shares[1]).toBeLessThan(0.12);
    expect(shares[2]).toBeGreaterThan(0.28);
  }, 60 * SECONDS);
});

describe("limits", () => {
  const limited = (queue: string) => numbersOf(playMembers({
    ticks: TICKS, clients: [{ count: 128, arrival: { kind: "constant", everyTicks: 1 } }], backends: [{ count: 3, serviceTicks: [20, 40], concurrency: 5, queueMax: 0 }],
    machine: { configuration: configuring("leastconn", 3, "backend_max_connections=app:5", queue) },
  }));

  test("of connections are reached and never exceeded; what finds no place is refused, and the client hears it", () => {
    const { broken, group, backends, requests, seen, proxy } = limited("max_pending=app:8:200");
    expect(broken).toEqual([]);
    expect(group.members.map(({ connectionsPeak }) => connectionsPeak)).toEqual([5, 5, 5]);
    expect(backends.map(({ workingMost, answers }) => [workingMost, answers.overloaded])).toEqual([[5, 0], [5, 0], [5, 0]]);
    const refused = requests.refused["Overloaded"]!;
    expect(refused).toBeGreaterThan(100);
    expect(seen.statuses).toEqual({ 200: requests.routed, 503: refused });
    expect([proxy["ownResponses"], group.overloaded]).toEqual([refused, refused]);
  }, 60 * SECONDS);

  test("of patience are kept: nobody waits longer than he may", () => {
    const { broken, latency } = limited("max_pending=app:100:50");
    expect(broken).toEqual([]);
    // 50 ticks in the queue, 40 at the backend, and the way.
    expect(latency.maxMicros).toBeLessThan(100_000);
  }, 60 * SECONDS);
});

describe("a backend that dies", () => {
  const dies = { events: [{ tick: 300, kind: "down" }] };

  test("costs what was on its way, and then each third request, where nothing is done about it", () => {
    const { broken, seen, proxy, third, group } = playThird(dies, "roundrobin");
    expect(broken).toEqual([]);
    const lost = seen.statuses["502"]!;
    expect(seen.statuses).toEqual({ 200: REQUESTS - lost, 502: lost });
    expect(lost).toBeLessThan(REQUESTS / 3);
    expect([proxy["badGateway"], proxy["ownResponses"], third.connections.refused, group.members[2]!.failed]).toEqual([lost, lost, lost, lost]);
  }, 60 * SECONDS);

  test("is not noticed by clients where requests are tried elsewhere; and after three failures it is left alone", () => {
    const { broken, seen, proxy, third, group, latency } = playThird(dies, "roundrobin", ["retry_budget=app:20:10", "eject=app:3:5000:50"]);
    expect(broken).toEqual([]);
    expect(seen.statuses).toEqual({ 200: REQUESTS });
    expect(third.connections.refused).toBeLessThanOrEqual(3);
    expect([proxy["retries"], group.retried, group.members[2]!.timesEjected]).toEqual([third.connections.refused, third.connections.refused, 1]);
    expect(latency.maxMicros).toBeLessThan(20_000);
  }, 60 * SECONDS);
});

describe("a backend that comes and goes", () => {
  test("costs no client an answer, and is tried again each time its ejection is over", () => {
    const events = [150, 350, 550, 750].flatMap((tick) => [{ tick, kind: "down" }, { tick: tick + 100, kind: "up" }]);
    const { broken, seen, third, group, proxy } = playThird({ events }, "leastconn", ["retry_budget=app:20:10", "eject=app:2:40:50"]);
    expect(broken).toEqual([]);
    expect(seen.statuses).toEqual({ 200: REQUESTS });
    expect(group.members[2]!.timesEjected).toBeGreaterThanOrEqual(2);
    expect(third.requests).toBeGreaterThan(30);
    expect(proxy["retries"]! + proxy["resent"]!).toBeGreaterThan(0);
    expect(proxy["retries"]).toBe(group.retried);
  }, 60 * SECONDS);
});

describe("a backend that answers badly", () => {
  test("with 503: clients see them, as many as it says; three in a row and it is left alone", () => {
    const errors = { events: [{ tick: 300, kind: "errors", value: 1_000_000 }] };
    const endured = playThird(errors, "roundrobin");
    expect(endured.broken).toEqual([]);
    expect(endured.seen.statuses["503"]).toBe(endured.third.answers.error);
    expect(endured.third.answers.error).toBeGreaterThan(60);
    const ejected = playThird(errors, "roundrobin", ["eject=app:3:5000:50"]);
    expect(ejected.broken).toEqual([]);
    expect(ejected.seen.statuses["503"]).toBe(ejected.third.answers.error);
    // Three, and what was on its way to it by then.
    expect(ejected.third.answers.error).toBeLessThanOrEqual(6);
    expect(ejected.group.members[2]).toMatchObject({ timesEjected: 1, failed: ejected.third.answers.error });
  }, 60 * SECONDS);

  test("with nonsense: clients see 502, once for each", () => {
    const { broken, seen, proxy, third, group } = playThird({ garbledParts: 100_000 }, "roundrobin");
    expect(broken).toEqual([]);
    const { garbled } = third.answers;
    expect(garbled).toBeGreaterThan(5);
    expect(seen.statuses).toEqual({ 200: REQUESTS - garbled, 502: garbled });
    expect([proxy["badGateway"], group.members[2]!.failed]).toEqual([garbled, garbled]);
  }, 60 * SECONDS);

  test("and breaks off: clients see that something is missing, or nothing at all where it could be made again", () => {
    const { broken, seen, proxy, third } = playThird({ resetParts: 100_000 }, "roundrobin");
    expect(broken).toEqual([]);
    const cut = seen.errors["truncated"]!;
    expect(third.answers.reset).toBeGreaterThan(5);
    expect(seen.statuses["200"]! + cut + (seen.statuses["502"] ?? 0)).toBe(REQUESTS);
    expect([proxy["responsesBroken"], cut + (seen.statuses["502"] ?? 0) + proxy["resent"]!]).toEqual([cut, third.answers.reset]);
    expect(seen.counters.bodiesWrong).toBe(0);
  }, 60 * SECONDS);

  test("or never: clients see 504 when the time is over, and the other backends are not held up", () => {
    const { broken, seen, proxy, third, group, latency } = playThird({ silentParts: 60_000 }, "roundrobin", [], { "proxy.responseTimeout": 300 });
    expect(broken).toEqual([]);
    const { silent } = third.answers;
    expect(silent).toBeGreaterThan(5);
    expect(seen.statuses).toEqual({ 200: REQUESTS - silent, 504: silent });
    expect([proxy["gatewayTimeout"], group.members[2]!.failed]).toEqual([silent, silent]);
    expect(latency.p90Micros).toBeLessThan(10_000);
  }, 60 * SECONDS);
});

describe("health checks over the wire", () => {
  test("take a dead backend out before many requests find out, and bring it back", () => {
    const { broken, seen, third, group, backends, requests } = numbersOf(playMembers({
      ticks: 1500, clients, backends: [{ ...fast, count: 2 }, { ...fast, events: [{ tick: 300, kind: "down" }, { tick: 900, kind: "up" }] }],
      machine: { configuration: configuring("roundrobin", 3, "health=app:50:20:5:2:2") },
    }));
    expect(broken).toEqual([]);
    // Two probes of 50 to 55 ticks, and a request of this backend every 6.
    expect(seen.statuses["502"]).toBeLessThan(25);
    expect(total(seen.statuses)).toBe(requests.total);
    expect(backends[0]!.probes).toBeGreaterThan(20);
    expect(group.members[2]!.healthy).toBe(true);
    expect(third.requests - third.probes).toBeGreaterThan(100);
    expect(third.requests - third.probes).toBeLessThan((requests.total / 3) * 0.75);
  }, 60 * SECONDS);
});
