/**
 * Goal: nothing outside RAM decides what a machine does. Method: try to change what a service, a context or a machine is
 * made of; then plant services that remember something in JavaScript and see a restored machine go another way.
 */

import { describe, expect, test } from "vitest";
import { u32 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";
import { boot } from "../kernel/boot.ts";
import type { Machine } from "../kernel/machine.ts";
import type { AnyService } from "../kernel/service.ts";
import { Delivery, service } from "../kernel/service.ts";
import { findUnfrozen } from "./house/frozen.ts";
import { processesOnly } from "./kernel/bench-services.ts";

const CounterState = layout("CounterState", { count: u32 });
const timer = { needs: { ticks: "timer" } } as const;

/** Counts its timer's ticks as it should: in its arena. */
const honest = service({
  name: "honest",
  state: CounterState,
  ...timer,
  handle(message, context) {
    if (message.delivery === Delivery.start) context.timerStart(context.needs.ticks, 1, 1, 1);
    else context.state.count += 1;
  },
});

/** A machine with this one service, which is granted the timer. */
function machineOf(planted: AnyService): Machine {
  return boot(processesOnly({ one: { service: planted, priority: "userNormal", arenaBytes: 4096, grants: { ticks: "ticks" } } }), {
    // A fault to the machine, a failure here.
    onException: (_process, thrown) => {
      throw thrown;
    },
  });
}

/** Runs on for `ticks`, goes back, runs on again: the state's hash after each. */
function runOnTwice(planted: AnyService, ticks: number): readonly [string, string] {
  const machine = machineOf(planted);
  machine.runUntilTick(ticks);
  const middle = machine.snapshot();
  machine.runUntilTick(2 * ticks);
  const first = machine.hash();
  machine.restore(middle);
  machine.runUntilTick(2 * ticks);
  return [first, machine.hash()];
}

describe("what is made at boot is fixed", () => {
  test("a service cannot be given another handler, need or name, nor a field of its own", () => {
    const target = honest as unknown as Record<string, unknown>;
    for (const key of ["handle", "name", "state", "needs", "receives", "count"]) {
      expect(() => { target[key] = 1; }, key).toThrow(TypeError);
    }
    expect(() => { (honest.needs as Record<string, unknown>)["mailbox"] = "device"; }).toThrow(TypeError);
    expect(() => { (honest.receives as unknown as string[]).push("requests"); }).toThrow(TypeError);
    expect(findUnfrozen("service", honest, false)).toEqual([]);
  });

  test("a machine and all that can be reached from it cannot change", () => {
    const machine = machineOf(honest);
    machine.runUntilTick(3);
    expect(findUnfrozen("machine", machine, true)).toEqual([]);
    expect(() => { (machine as unknown as Record<string, unknown>)["board"] = null; }).toThrow(TypeError);
  });

  test("so do the contexts that services are handed, and their parameters", () => {
    const seen: unknown[] = [];
    const spy = service({ name: "spy", state: CounterState, ...timer, handle: (message, context) => void seen.push(message, context) });
    const manifest = processesOnly({ one: { service: spy, priority: "userNormal", arenaBytes: 4096, grants: { ticks: "ticks" }, parameters: { ports: [80] } } });
    boot(manifest).runUntilTick(2);
    expect(seen).toHaveLength(2);
    expect(findUnfrozen("context", seen[1], true)).toEqual([]);
    expect(findUnfrozen("message", seen[0], true)).toEqual([]);
    expect(() => (seen[1] as { parameters: { ports: number[] } }).parameters.ports.push(81)).toThrow(TypeError);
  });
});

describe("a service that changes objects after boot fails", () => {
  const changes: Record<string, (context: object) => void> = {
    "its own service object": () => void ((mutators["its own service object"] as unknown as { count: number }).count = 1),
    "its context": (context) => void ((context as { count: number }).count = 1),
    "its layout": () => void ((CounterState as unknown as { size: number }).size = 1),
    "its state's properties": (context) => void ((context as { state: { other: number } }).state.other = 1),
    "its needs": (context) => void ((context as { needs: { other: number } }).needs.other = 1),
  };
  const mutators: Record<string, AnyService> = Object.fromEntries(
    Object.entries(changes).map(([name, change]) => [name, service({ name: "mutator", state: CounterState, ...timer, handle: (_message, context) => change(context) })]),
  );

  test.each(Object.keys(changes))("%s", (name) => {
    expect(() => machineOf(mutators[name]!).runUntilTick(2)).toThrow(TypeError);
  });
});

describe("a service that remembers outside its arena", () => {
  test("is told by running on twice from one snapshot; an honest one is not", () => {
    const [first, second] = runOnTwice(honest, 10);
    expect(second).toBe(first);

    let hidden = 0;
    const forgetful = service({
      name: "forgetful",
      state: CounterState,
      ...timer,
      handle(message, context) {
        if (message.delivery === Delivery.start) context.timerStart(context.needs.ticks, 1, 1, 1);
        else context.state.count = ++hidden;
      },
    });
    const [once, again] = runOnTwice(forgetful, 10);
    expect(again).not.toBe(once);
  });

  test("is told also when what it remembers shows in time only", () => {
    const seen = new Set<number>();
    const slower = service({
      name: "slower",
      state: CounterState,
      ...timer,
      handle(message, context) {
        if (message.delivery === Delivery.start) context.timerStart(context.needs.ticks, 1, 1, 1);
        const now = context.uptimeTicks();
        if (seen.has(now)) context.uptimeTicks();
        seen.add(now);
      },
    });
    const [once, again] = runOnTwice(slower, 10);
    expect(again).not.toBe(once);
  });

  test("and the difference has a name", () => {
    let hidden = 0;
    const forgetful = service({ name: "forgetful", state: CounterState, ...timer, handle: (_message, context) => void (context.state.count = ++hidden) });
    const [before, after] = [machineOf(forgetful), machineOf(forgetful)];
    before.runUntilTick(1);
    after.runUntilTick(1);
    expect(after.firstDifference(before.snapshot())).toMatchObject({ part: "state.one", field: "count" });
  });
});
