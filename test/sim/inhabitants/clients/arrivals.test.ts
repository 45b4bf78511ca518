import { describe, expect, it } from "vitest";
import type { ArrivalPlan, ClientPlan } from "../../../../sim/scenario/plan.ts";
import { ARRIVALS_PER_TICK_MAX, CLIENTS_MAX, PIPELINE_MAX, POPULATIONS_MAX, REQUEST_HEAD_BYTES_MAX } from "../../../../sim/inhabitants/clients/limits.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { Stage, asked } from "./stage.ts";

/** Ticks at which requests came, from the first tick of all on: there is a client for each. */
function ticksOf(arrival: ArrivalPlan, stopTick = 100, plan: Partial<ClientPlan> = {}): number[] {
  const stage = new Stage([{ count: 50, arrival, ...plan }], { stopTick, link: { delayCycles: 1000, cyclesPerByte: 0 } });
  stage.run();
  expect(stage.account.counters).toMatchObject({ sessionsWaited: 0, sessionsDropped: 0, failures: 0 });
  return stage.server.seen.map(({ tick }) => tick - 1);
}

describe("sessions begin", () => {
  it("at even distances, until it is time to stop", () => {
    expect(ticksOf({ kind: "constant", everyTicks: 30 }, 90)).toEqual([0, 30, 60, 90]);
    expect(ticksOf({ kind: "constant", everyTicks: 30 }, 89)).toEqual([0, 30, 60]);
    expect(ticksOf({ kind: "constant", everyTicks: 30 }, 0)).toEqual([0]);
    expect(ticksOf({ kind: "constant", everyTicks: 0 }, 3)).toEqual([0, 1, 2, 3]);
  });

  it("in bursts", () => {
    expect(ticksOf({ kind: "bursty", everyTicks: 40, sessions: 3 }, 80)).toEqual([0, 0, 0, 40, 40, 40, 80, 80, 80]);
  });

  it("at gaps that are drawn, the first one too", () => {
    const ticks = ticksOf({ kind: "drawn", gapTicks: { steps: [{ parts: 500_000, from: 2, to: 4 }, { parts: 500_000, from: 20, to: 30 }] } }, 300);
    const gaps = ticks.map((tick, i) => tick - (ticks[i - 1] ?? 0));
    expect(gaps.every((gap) => (gap >= 2 && gap <= 4) || (gap >= 20 && gap <= 30))).toBe(true);
    expect(gaps.some((gap) => gap < 5) && gaps.some((gap) => gap > 19)).toBe(true);
  });

  it("when a list says so, all of it, even what lies in the past", () => {
    expect(ticksOf({ kind: "listed", ticks: [0, 0, 5, 70] })).toEqual([0, 0, 5, 70]);
    expect(ticksOf({ kind: "listed", ticks: [10, 3, 20] })).toEqual([10, 10, 20]);
    expect(ticksOf({ kind: "listed", ticks: [10, 101] })).toEqual([10]);
    expect(ticksOf({ kind: "listed", ticks: [] })).toEqual([]);
  });

  it("from the first tick on at which the world is awake", () => {
    const stage = new Stage([{ arrival: { kind: "constant", everyTicks: 10 }, count: 5 }], { stopTick: 20 });
    stage.cycle = 500_000_000;
    stage.run();
    expect(stage.server.seen.map(({ tick }) => tick)).toEqual([500, 510, 520]);
  });

  it("without end at one tick, if gaps of nothing are drawn without end: then time goes on all the same", () => {
    const stage = new Stage([{ arrival: { kind: "drawn", gapTicks: constantly(0) }, timeoutTicks: 0 }], { stopTick: 1 });
    stage.run(2_000_000);
    const { sessions, sessionsDropped } = stage.account.counters;
    expect(sessions + sessionsDropped).toBe(2 * ARRIVALS_PER_TICK_MAX);
  });
});

describe("a session for which no client is free", () => {
  it("waits for one", () => {
    const stage = new Stage([{ count: 2, arrival: { kind: "bursty", everyTicks: 1000, sessions: 6 }, requestsPerSession: constantly(2), thinkTicks: constantly(20) }], { stopTick: 200 });
    stage.run();
    expect(stage.account.counters).toMatchObject({ sessions: 6, sessionsWaited: 4, sessionsDropped: 0, answers: 12 });
    expect(stage.server.seen.map(({ tick }) => Math.floor((tick - 1) / 20))).toEqual([0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3]);
  });

  it("does not begin when it is too late", () => {
    const stage = new Stage([{ count: 1, arrival: { kind: "bursty", everyTicks: 1000, sessions: 6 }, requestsPerSession: constantly(2), thinkTicks: constantly(20) }], { stopTick: 45 });
    stage.run();
    expect(stage.account.counters).toMatchObject({ sessions: 3, sessionsWaited: 5, sessionsDropped: 3 });
    expect(stage.account.busy).toBe(0);
  });

  it("that is under way goes on to its end", () => {
    const stage = new Stage([{ requestsPerSession: constantly(5), thinkTicks: constantly(100) }], { stopTick: 10 });
    stage.run();
    expect(stage.account.counters.answers).toBe(5);
    expect(stage.tick).toBeGreaterThan(400);
  });
});

describe("plans", () => {
  const made = (plan: Partial<ClientPlan>): Stage => new Stage([plan]);

  it("that cannot be are refused", () => {
    expect(() => made({ firstAddress: "ten" })).toThrow("\"ten\" is no IP address");
    expect(() => made({ serverAddress: "10.1.0" })).toThrow(RangeError);
    expect(() => made({ serverAddress: `10.1.0.1${" ".repeat(80)}` })).toThrow(RangeError);
    expect(() => made({ firstAddress: "fd00::1" })).toThrow("different families");
    expect(() => made({ requests: [] })).toThrow(RangeError);
    expect(() => made({ count: 0 })).toThrow(RangeError);
    expect(() => made({ count: CLIENTS_MAX + 1 })).toThrow(`${CLIENTS_MAX} clients`);
    expect(() => made({ count: CLIENTS_MAX })).toThrow("no room");
    expect(() => new Stage(Array.from({ length: POPULATIONS_MAX + 1 }, () => ({})))).toThrow(RangeError);
  });

  it("may go as far as the limits", () => {
    expect(() => made({ pipelineMax: PIPELINE_MAX + 1 })).toThrow(RangeError);
    const stage = made({ pipelineMax: PIPELINE_MAX, requestsPerSession: constantly(2 * PIPELINE_MAX) });
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 2 * PIPELINE_MAX, connections: 1 });
    const many = new Stage(Array.from({ length: POPULATIONS_MAX }, (_, i) => ({ firstAddress: `10.1.1.${i}` })));
    many.run();
    expect(many.account.populations.map(({ statuses }) => statuses)).toEqual(Array.from({ length: POPULATIONS_MAX }, () => ({ 200: 1 })));
    expect(many.account.statuses).toEqual({ 200: POPULATIONS_MAX });
    expect(many.account.latency.count).toBe(POPULATIONS_MAX);
  });

  it("may have heads as long as a server takes, and no longer", () => {
    const longest = REQUEST_HEAD_BYTES_MAX - 400;
    const stage = made({ requests: [{ ...asked, headers: [`X-Long: ${"x".repeat(longest)}`] }], timeoutTicks: 0 });
    stage.run();
    expect(stage.server.seen[0].field("x-long")?.length).toBe(longest);
    expect(() => made({ requests: [{ ...asked, target: "/".repeat(REQUEST_HEAD_BYTES_MAX) }] })).toThrow(RangeError);
  });
});
