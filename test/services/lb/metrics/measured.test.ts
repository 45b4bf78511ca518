import { describe, expect, test } from "vitest";
import { CYCLES_PER_TICK } from "../../../../hal/clock.ts";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { Errno } from "../../../../kernel/errno.ts";
import { Outcome, RequestDescriptor } from "../../../../services/lb/api.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import type { BalancerAddress } from "../../../../services/lb/balancer.ts";
import { Histogram } from "../../../../services/lb/metrics/histogram.ts";
import { Measures, connectionMeasured, decisionMeasured, measuresCreate, requestAgeCycles } from "../../../../services/lb/metrics/measured.ts";
import { Desk } from "../desk.ts";
import { Stage, get } from "../stand-in-net.ts";

describe("the block of histograms", () => {
  test("is made, zeroed, if it is at most a quarter of the arena", () => {
    for (const [bytes, made] of [[Measures.size * 4 - 8, false], [Measures.size * 4, true]] as const) {
      const memory = new Memory(new ArrayBuffer(bytes));
      memory.fill(0, bytes, 0xee);
      Balancer.measures.set(memory, 0 as BalancerAddress, 0);
      measuresCreate({ memory, allocate: () => 4096, free: () => 0, resize: () => Errno.outOfMemory }, 0 as BalancerAddress);
      expect(Balancer.measures.get(memory, 0 as BalancerAddress)).toBe(made ? 4096 : 0);
      if (made) expect(memory.u8.subarray(4096, 4096 + Measures.size).every((byte) => byte === 0)).toBe(true);
    }
  });

  test("is not there when the memory is not; then nothing is measured, and nothing else happens", () => {
    const desk = new Desk();
    desk.allocationsLeft = 0;
    measuresCreate(desk.heap, desk.balancer);
    const before = desk.memory.u8.slice();
    decisionMeasured(desk.memory, desk.balancer, 7);
    connectionMeasured(desk.memory, desk.balancer, 7);
    expect(desk.memory.u8).toEqual(before);
  });

  test("keeps decisions and connections apart", () => {
    const desk = new Desk();
    measuresCreate(desk.heap, desk.balancer);
    const measures = Balancer.measures.get(desk.memory, desk.balancer) as Address<"Measures">;
    decisionMeasured(desk.memory, desk.balancer, 7);
    connectionMeasured(desk.memory, desk.balancer, 100);
    connectionMeasured(desk.memory, desk.balancer, 200);
    const sums = [Measures.decisionCycles, Measures.connectionCycles].map((field) => [Histogram.count.get(desk.memory, field.at(measures)), Histogram.sumCycles.get(desk.memory, field.at(measures))]);
    expect(sums).toEqual([[1, 7], [2, 300]]);
  });
});

describe("the age of a request", () => {
  const memory = new Memory(new ArrayBuffer(RequestDescriptor.size));
  const descriptor = 0 as Address<"RequestDescriptor">;
  test.each([
    [1_000, 1_000, 0],
    [1_000, 5_000_000_000, 4_999_999_000],
    [1_001, 1_000, -1],
    [2 ** 53 - 1, 1_000, -1],
  ])("that came at %i, at %i, is %i", (arrival, now, age) => {
    RequestDescriptor.arrivalCycle.set(memory, descriptor, arrival);
    expect(requestAgeCycles(memory, descriptor, now)).toBe(age);
  });

  test("is unknown if its arrival is no number at all", () => {
    for (const high of [0x20_0000, -1, -0x8000_0000]) {
      RequestDescriptor.arrivalCycle.setWords(memory, descriptor, 0, high);
      expect(requestAgeCycles(memory, descriptor, 2 ** 53 - 1)).toBe(-1);
    }
  });
});

test("a running balancer measures each decision that it sent, those that had to wait as well", () => {
  const stage = new Stage();
  expect(stage.configure("group=app:rr\nmember=app:10.30.0.1:8080\ndefault=app")).toBe(0);
  const before = stage.machine.now();
  stage.send({ head: get("/1") }, { head: get("/2") }, { head: get("/3") });
  const histogram = histogramOf(stage);
  expect([Histogram.count.get(...histogram), Histogram.leftOut.get(...histogram)]).toEqual([3, 0]);
  // The stand-in says that all heads came at cycle 0.
  expect(Histogram.sumCycles.get(...histogram)).toBeGreaterThan(3 * before);
  expect(Histogram.sumCycles.get(...histogram)).toBeLessThan(3 * stage.machine.now());
  const slow = new Stage({ decisionsQueue: 1 });
  expect(slow.configure("group=app:rr\nmember=app:10.30.0.1:8080\ndefault=app")).toBe(0);
  slow.send(...Array.from({ length: 12 }, (_, i) => ({ head: get(`/${i}`) })));
  const { routed, undelivered } = slow.inspect() as { routed: number; undelivered: number };
  expect([routed, undelivered]).toEqual([12, 0]);
  expect(Histogram.count.get(...histogramOf(slow))).toBe(12);
});

test("a request that waits is measured when it is decided, from when its head was complete", () => {
  const stage = new Stage();
  expect(stage.configure("semantics=strict\ngroup=app:rr\nmember=app:10.30.0.1:8080\nbackend_max_connections=app:1\nmax_pending=app:2:3\ndefault=app")).toBe(0);
  stage.machine.runUntilTick(100);
  const arrivalCycle = stage.machine.now() - 50 * CYCLES_PER_TICK;
  const decisions = stage.send({ head: get("/1"), fields: { arrivalCycle } }, { head: get("/2"), fields: { arrivalCycle } }, { head: get("/3"), fields: { arrivalCycle: 2 ** 53 - 1 } });
  expect(decisions.map(({ requestId, outcome }) => [requestId, outcome])).toEqual([[1, Outcome.routed], [2, Outcome.overloaded], [3, Outcome.overloaded]]);
  const histogram = histogramOf(stage);
  expect([Histogram.count.get(...histogram), Histogram.leftOut.get(...histogram)]).toEqual([3, 0]);
  // 50 ticks, 50 and three of waiting, three: an arrival in the future counts as now.
  expect(Histogram.sumCycles.get(...histogram)).toBeGreaterThan(104 * CYCLES_PER_TICK);
  expect(Histogram.sumCycles.get(...histogram)).toBeLessThan(109 * CYCLES_PER_TICK);
});

/** The histogram of decisions of a stage's balancer, in its RAM. */
function histogramOf(stage: Stage): [Memory, Address<"Histogram">] {
  const arena = stage.machine.parts.find((part) => part.name === "arena.lb");
  const { measures } = stage.inspect() as { measures: number };
  return [stage.machine.ram, Measures.decisionCycles.at((arena!.base + measures) as Address<"Measures">)];
}
