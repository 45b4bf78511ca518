/**
 * Goal: each fault of a backend bites as it says, and leaves no trace where it does not strike; our proxy withstands all of them.
 * Method: a small world is played with one scripted fault at a time; then with all of them by many seeds.
 */

import { describe, expect, test } from "vitest";
import { BACKEND_FAULTS } from "../../../../sim/faults/backend/faults.ts";
import { clientsAccount } from "../../../../sim/inhabitants/clients/account.ts";
import { clientsOf } from "../../../../sim/scenario/surroundings.ts";
import { NONSENSE_WAYS, nonsenseWords } from "../../../../sim/inhabitants/backends/nonsense.ts";
import { ANSWER_HEAD_BYTES_MAX } from "../../../../sim/inhabitants/backends/limits.ts";
import { Listed } from "../../../../sim/chance/decider.ts";
import { SimSite } from "../../../../sim/chance/site.ts";
import { smallBackend, smallClient, smallRequest, smallWorld, steady } from "../../../../sim/scenario/small-world.ts";
import { ALWAYS, SmallStage } from "../small-stage.ts";

const gets = [{ ...smallClient, count: 6, requests: [smallRequest] }];
/** One backend and no retries: what it does is seen by its clients. */
const alone = new SmallStage(smallWorld({ clients: gets, backends: [smallBackend(1)] }));
const three = new SmallStage();
const once = (fault: string, parameters = {}, fromTick = 12) => ({ fault, parts: ALWAYS, fromTick, most: 1, entities: [0], parameters });

describe("a backend", () => {
  test("that is down resets what it has, refuses what comes, and is back in time", () => {
    const { backends: [backend], clients, outcome, broken } = alone.play([once("backend.down", { leastTicks: 20, mostTicks: 20 })]);
    expect([broken, outcome.deviations.map(({ tick, answer }) => [tick, answer])]).toEqual([[], [[12, 20]]]);
    expect(backend!.connections.refused).toBeGreaterThan(0);
    expect(clients.statuses["502"]).toBeGreaterThan(0);
    expect(clients.statuses["200"]).toBeGreaterThan(4);
  });

  test("that is down when trouble ends keeps nobody from being served", () => {
    const short = new SmallStage(smallWorld({ clients: gets, ticks: 200 }), 60);
    const { clients, broken } = short.play([once("backend.down", { leastTicks: 1000, mostTicks: 1000 })]);
    expect(broken).toEqual([]);
    // Or it is one of those that stay so, and the others serve.
    expect(clients.statuses["200"]).toBeGreaterThan(20);
  });

  test("that flaps goes down so often, for so long, with so long in between", () => {
    const { outcome, broken, backends: [backend] } = alone.play([{ fault: "backend.flapping", parts: ALWAYS, fromTick: 0, toTick: 60, entities: [0], parameters: { upTicks: 7, downTicks: 5, times: 3 } }]);
    expect(broken).toEqual([]);
    expect(outcome.deviations.map(({ tick, answer }) => [tick, answer])).toEqual([[1, 5], [13, 5], [25, 5], [37, 5], [49, 5]]);
    expect(backend!.connections.refused).toBeGreaterThan(2);
  });

  test("flaps in stretches that are drawn as a whole", () => {
    const { outcome } = three.play([{ fault: "backend.flapping", parts: 300_000, parameters: { upTicks: 4, downTicks: 2, times: 3 } }], 5);
    const ticks = outcome.deviations.filter(({ entity }) => entity === 0).map(({ ordinal }) => Math.floor(ordinal / 15));
    expect(ticks.length).toBeGreaterThan(5);
    for (const stretch of new Set(ticks.filter((one) => one < ticks.at(-1)!))) expect(ticks.filter((other) => other === stretch).length).toBe(3);
  });

  test("that is silent answers nothing, and then everything", () => {
    const { clients, outcome, broken } = alone.play([once("backend.silent", { leastTicks: 90, mostTicks: 90 })]);
    expect([broken, outcome.deviations.length, clients.statuses]).toEqual([[], 1, { 200: clients.counters.requests }]);
    expect(clients.latency.maxMicros).toBeGreaterThan(70_000);
  });

  test("that is slow takes several times as long, and then no more", () => {
    const usual = alone.play([]).clients.latency.p90Micros;
    const { clients, outcome, broken } = alone.play([once("backend.slow", { leastTicks: 40, mostTicks: 40, times: 30 }, 0)]);
    const answer = outcome.deviations[0]!.answer;
    expect([broken, clients.statuses, (answer - 1) % 2000]).toEqual([[], { 200: clients.counters.requests }, 39]);
    expect(clients.latency.p90Micros).toBeGreaterThan(2 * usual);
  });

  test("that is late is so by so many ticks, for one request", () => {
    const { clients, broken, outcome } = alone.play([once("backend.late", { mostTicks: 200 })]);
    expect([broken, clients.statuses]).toEqual([[], { 200: clients.counters.requests }]);
    expect(clients.latency.maxMicros).toBeGreaterThan(outcome.deviations[0]!.answer * 1000);
  });
});

describe("one answer of a backend", () => {
  test("is an error of its own, which the client gets as it is", () => {
    const { clients, broken, backends: [backend] } = alone.play([{ fault: "backend.errors", parts: ALWAYS, most: 3 }]);
    expect([broken, backend!.answers.failed]).toEqual([[], 3]);
    expect(Object.entries(clients.statuses).filter(([status]) => status >= "500").reduce((sum, [, count]) => sum + count, 0)).toBe(3);
  });

  test("is none at all: a gateway time-out", () => {
    const { clients, broken } = alone.play([{ fault: "backend.mute", parts: ALWAYS, most: 1 }]);
    expect([broken, clients.statuses]).toEqual([[], { 200: clients.counters.requests - 1, 504: 1 }]);
  });

  test("breaks off: no client takes the rest for an answer", () => {
    const seen = { before: 0, within: 0 };
    for (let seed = 1; seed <= 12; seed++) {
      const { clients, broken, outcome } = alone.play([{ fault: "backend.reset", parts: ALWAYS, most: 1 }], seed);
      const { answer } = outcome.deviations[0]!;
      expect([broken, outcome.deviations.length]).toEqual([[], 1]);
      if ((clients.statuses["502"] ?? 0) > 0) seen.before += 1;
      if ((clients.errors["truncated"] ?? 0) > 0) seen.within += 1;
      if (answer > ANSWER_HEAD_BYTES_MAX) expect(clients.statuses["502"]).toBeUndefined();
    }
    expect([seen.before > 0, seen.within > 0]).toEqual([true, true]);
  });

  test("is a connection refused, or a SYN without an answer", () => {
    const statuses = [1, 2].map((answer) => {
      const { theatre } = alone;
      const outcome = theatre.play({ seed: 1, rules: [], decider: new Listed([{ site: SimSite.connectionRefused, entity: 0, ordinal: 0, answer, rule: 0, tick: 0 }]) });
      return outcome.failures.length;
    });
    expect(statuses).toEqual([0, 0]);
    const { clients, broken, backends: [backend] } = alone.play([{ fault: "backend.refuse", parts: ALWAYS, most: 4 }], 3);
    expect([broken, backend!.connections.refused + backend!.connections.unanswered]).toEqual([[], 4]);
    expect((clients.statuses["502"] ?? 0) + (clients.statuses["504"] ?? 0)).toBeGreaterThan(0);
  });

  test.each(Array.from({ length: NONSENSE_WAYS - 1 }, (_, i) => [nonsenseWords(i + 1), i + 1] as const))("is nonsense (%s): the others get theirs", (_words, answer) => {
    const plan = smallWorld({ backends: [smallBackend(1)], clients: [{ ...smallClient, keepAliveParts: ALWAYS, requestsPerSession: steady(3), pipelineMax: 2, requests: [smallRequest] }] });
    const stage = new SmallStage(plan);
    const deviations = [1, 4, 5].map((ordinal) => ({ site: SimSite.answerNonsense, entity: 0, ordinal, answer, rule: 0, tick: 0 }));
    const outcome = stage.theatre.play({ seed: 1, rules: [], decider: new Listed(deviations) });
    const { foreign, unasked, bodiesWrong } = clientsAccount(clientsOf(stage.theatre.world)!).counters;
    expect([outcome.failures, outcome.deviations.length, foreign, unasked, bodiesWrong]).toEqual([[], 3, 0, 0, 0]);
  });
});

describe("all of them", () => {
  test.each(BACKEND_FAULTS.map(({ name }) => [name]))("%s leaves no trace where it does not strike, and comes again as it was", (name) => {
    const acts = BACKEND_FAULTS.find((fault) => fault.name === name)!.act !== undefined;
    expect(three.leavesNoTrace(name)).toBe(true);
    expect(three.repeats([{ fault: name, parts: acts && name !== "backend.flapping" ? 50_000 : 600_000 }], 7)).toBe(true);
  });

  test("have words for what they do, and parameters in their bounds", () => {
    for (const { words, parameters, layer, summary } of BACKEND_FAULTS) {
      expect([layer, words(1).length > 10, summary.length > 20]).toEqual(["backend", true, true]);
      for (const { value, least, most } of Object.values(parameters)) expect(value >= least && value <= most).toBe(true);
    }
  });

  test("at once, by many seeds: every answer is right or an honest refusal, and nothing is left", () => {
    const rules = BACKEND_FAULTS.map(({ name, act }) => ({ fault: name, parts: act === undefined ? 120_000 : 12_000 }));
    const struck = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      const { broken, outcome } = three.play(rules, seed);
      expect([seed, broken]).toEqual([seed, []]);
      for (const { rule } of outcome.deviations) struck.add(rules[rule]!.fault);
    }
    expect([...struck].sort()).toEqual(BACKEND_FAULTS.map(({ name }) => name).sort());
  }, 120_000);
});
