/**
 * Goal: each fault of a client bites as it says, and leaves no trace where it does not strike; our proxy and balancer withstand
 * all of them. Method: a small world is played with one scripted fault at a time; then with all of them by many seeds.
 */

import { describe, expect, test } from "vitest";
import { Listed } from "../../../../sim/chance/decider.ts";
import { SimSite } from "../../../../sim/chance/site.ts";
import { CLIENT_FAULTS } from "../../../../sim/faults/client/faults.ts";
import { ABUSES, abuseWords } from "../../../../sim/inhabitants/clients/cookies.ts";
import { MALFORMED_WAYS, malformedWords } from "../../../../sim/inhabitants/clients/malformed.ts";
import { configurationFor } from "../../../../sim/scenario/read-machine.ts";
import { smallBackend, smallClient, smallRequest, smallWorld, steady } from "../../../../sim/scenario/small-world.ts";
import { clientsAccount } from "../../../../sim/inhabitants/clients/account.ts";
import { clientsOf } from "../../../../sim/scenario/surroundings.ts";
import { ALWAYS, SmallStage } from "../small-stage.ts";

const stage = new SmallStage(smallWorld({ clients: [{ ...smallClient, count: 6, requests: [smallRequest] }] }));
/** Orders are given in worlds with a gateway only. */
const faults = CLIENT_FAULTS.filter(({ site }) => site !== SimSite.ordered);
const backends = [smallBackend(1), smallBackend(2)];
/** Each client may ask twice, and then once a second, by the key that the configuration says; those beyond are refused. */
const limited = (key: string): SmallStage =>
  new SmallStage(smallWorld({ backends, clients: [{ ...smallClient, requestsPerSession: steady(4), requests: [smallRequest] }], machine: { configuration: `${configurationFor(backends)}rate_limit=/:token:1:2:${key}\nlimiter_full=evict\n` } }));
const sticky = new SmallStage(smallWorld({ backends, machine: { configuration: `${configurationFor(backends)}session=VERIDIAN_SESSION\n` }, clients: [{ ...smallClient, requestsPerSession: steady(4) }] }));

describe("a client", () => {
  test("comes with others at once", () => {
    const usual = stage.play([]).clients.counters.sessions;
    const { clients, outcome, broken } = stage.play([{ fault: "client.burst", parts: ALWAYS, fromTick: 10, most: 1, parameters: { mostSessions: 64 } }]);
    expect([broken, outcome.deviations.length]).toEqual([[], 1]);
    expect(clients.counters.sessions + clients.counters.sessionsDropped).toBeGreaterThanOrEqual(usual + outcome.deviations[0]!.answer);
  });

  test("sends a head slowly: it is answered, or told that it took too long", () => {
    const slow = (seed: number) => stage.play([{ fault: "client.slow-head", parts: ALWAYS, most: 1, parameters: { mostTicks: 250 } }], seed);
    const statuses = new Map<string, number>();
    for (let seed = 1; seed <= 12; seed++) {
      const { clients, broken } = slow(seed);
      expect(broken).toEqual([]);
      for (const [status, count] of Object.entries(clients.statuses)) statuses.set(status, (statuses.get(status) ?? 0) + count);
    }
    expect([...statuses.keys()].sort()).toEqual(["200", "408"]);
  });

  test("gives up when its request is written, when its answer begins, or in the middle", () => {
    for (const answer of [1, 2, 3]) {
      const decider = new Listed([{ site: SimSite.requestAborted, entity: 0, ordinal: 0, answer, rule: 0, tick: 0 }]);
      expect(stage.theatre.play({ seed: 1, rules: [], decider }).failures).toEqual([]);
      expect(clientsAccount(clientsOf(stage.theatre.world)!).counters.aborted).toBe(1);
    }
    const { clients, broken } = stage.play([{ fault: "client.abort", parts: ALWAYS }]);
    expect([broken, clients.counters.aborted, clients.counters.answers]).toEqual([[], 12, clients.counters.requests - 12]);
  });
});

describe("a malformed request", () => {
  test.each(Array.from({ length: MALFORMED_WAYS - 1 }, (_, i) => [malformedWords(i + 1), i + 1] as const))("(%s) is refused, and none of it reaches a backend as something else", (_words, answer) => {
    const usual = stage.play([]).backends.reduce((sum, { requests }) => sum + requests, 0);
    const decider = new Listed([{ site: SimSite.requestMalformed, entity: 1, ordinal: 0, answer, rule: 0, tick: 0 }]);
    const outcome = stage.theatre.play({ seed: 1, rules: [], decider });
    const { statuses, counters } = clientsAccount(clientsOf(stage.theatre.world)!);
    expect([outcome.failures, counters.unasked, counters.foreign]).toEqual([[], 0, 0]);
    expect(Object.keys(statuses).filter((status) => !/^(200|4\d\d|50[15])$/.test(status))).toEqual([]);
    expect(statuses["200"]).toBeGreaterThanOrEqual(11);
    expect(usual).toBeGreaterThanOrEqual(12);
  });
});

describe("keys that rotate", () => {
  test("by address: each connection has a bucket of its own, and no more are remembered than may be", () => {
    const byAddress = limited("address");
    const [usual, moving] = [byAddress.play([]), byAddress.play([{ fault: "client.move", parts: ALWAYS }])];
    expect([usual.broken, moving.broken]).toEqual([[], []]);
    expect(usual.clients.statuses["429"]).toBeGreaterThan(5);
    expect(moving.clients.statuses["429"] ?? 0).toBeLessThan(usual.clients.statuses["429"]!);
  });

  test("by a field: requests of one key share its bucket, others do not", () => {
    const byKey = limited("header:X-Key");
    const few = byKey.play([{ fault: "client.rotate", parts: ALWAYS, parameters: { keys: 1 } }]);
    const many = byKey.play([{ fault: "client.rotate", parts: ALWAYS }]);
    expect([few.broken, many.broken]).toEqual([[], []]);
    expect(few.clients.statuses["200"]).toBeLessThan(few.clients.counters.requests / 2);
    expect(many.clients.statuses).toEqual({ 200: many.clients.counters.requests });
  });
});

describe("a session that is abused", () => {
  test.each(Array.from({ length: ABUSES - 1 }, (_, i) => [abuseWords(i + 1), i + 1] as const))("(%s) is no way to anything: each request is answered", (_words, answer) => {
    const deviations = [0, 1, 2].flatMap((entity) => [1, 2, 5].map((ordinal) => ({ site: SimSite.sessionAbused, entity, ordinal, answer, rule: 0, tick: 0 })));
    const outcome = sticky.theatre.play({ seed: 1, rules: [], decider: new Listed(deviations) });
    const { statuses, counters } = clientsAccount(clientsOf(sticky.theatre.world)!);
    expect([outcome.failures, statuses, counters.failures, counters.cookiesKept > 0]).toEqual([[], { 200: counters.requests }, 0, true]);
    expect(outcome.deviations.length).toBeGreaterThan(5);
  });
});

describe("all of them", () => {
  test.each(faults.map(({ name }) => [name]))("%s leaves no trace where it does not strike, and comes again as it was", (name) => {
    expect(stage.leavesNoTrace(name)).toBe(true);
    expect(stage.repeats([{ fault: name, parts: name === "client.burst" ? 60_000 : 500_000 }], 7)).toBe(true);
  });

  test("have words for what they do, and parameters in their bounds", () => {
    for (const { words, parameters, layer, summary } of faults) {
      expect([layer, words(1).length > 10, summary.length > 20]).toEqual(["client", true, true]);
      for (const { value, least, most } of Object.values(parameters)) expect(value >= least && value <= most).toBe(true);
    }
  });

  test("at once, by many seeds: every answer is right or an honest refusal, and nothing is left", () => {
    const rules = faults.map(({ name, act }) => ({ fault: name, parts: act === undefined ? 120_000 : 12_000 }));
    const struck = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      const { broken, outcome } = sticky.play(rules, seed);
      expect([seed, broken]).toEqual([seed, []]);
      for (const { rule } of outcome.deviations) struck.add(rules[rule]!.fault);
    }
    expect([...struck].sort()).toEqual(faults.map(({ name }) => name).sort());
  }, 120_000);
});
