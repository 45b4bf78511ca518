import { expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { checkInvariants } from "../../../kernel/invariants/invariants.ts";
import type { Grant } from "../../../kernel/service.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Actor, ActorLine } from "../ipc/stage.ts";
import { Stage } from "../ipc/stage.ts";

const needed = (context: Actor, name: string): Grant<any> => (context.needs as Record<string, Grant>)[name]!;
const NAMES = ["a", "b", "c", "d"];

/** Each may call each, itself too; `shared` is received by c and d. */
function makeStage(): Stage {
  const needs = Object.fromEntries([...NAMES, "shared"].map((name) => [name, "endpoint"] as const));
  const grants = { ...Object.fromEntries(NAMES.map((name) => [name, `${name}.in`])), shared: "c.shared" };
  const line: ActorLine = { needs, grants, receives: ["in"], onMessage: (context) => void context.reply(0) };
  return new Stage({
    a: line,
    b: line,
    c: { ...line, receives: ["in", "shared"] },
    d: { ...line, receives: ["in", "shared"], shares: { shared: "c.shared" } },
  });
}

const call = (stage: Stage, from: string, to: string): unknown => stage.play(from, (context) => context.call(needed(context, to), 1));
const sleep = (stage: Stage, name: string, ticks: number): unknown => stage.play(name, (context) => context.sleep(ticks));
const answersOf = (stage: Stage, name: string): number[] => stage.look(name).filter(({ delivery }) => delivery === Delivery.reply).map(({ opcode }) => opcode | 0);
const waiting = (stage: Stage, name: string): boolean => stage.record("processes", NAMES.indexOf(name)).waitsFor === 2;

test("nobody calls himself", () => {
  const stage = makeStage();
  expect(call(stage, "a", "a")).toBe(0);
  expect(answersOf(stage, "a")).toEqual([Errno.resourceBusy]);
  expect(stage.record("endpoints", 0)).toMatchObject({ count: 0, sent: 0 });
});

test("the call that would close a ring is refused, the others are answered when it opens", () => {
  const stage = makeStage();
  sleep(stage, "d", 5);
  call(stage, "c", "d");
  call(stage, "b", "c");
  call(stage, "a", "b");
  expect(["a", "b", "c"].map((name) => waiting(stage, name))).toEqual([true, true, true]);
  // d's own call, prepared before it slept, would lead back to d.
  stage.pass(6);
  expect(["a", "b", "c"].map((name) => answersOf(stage, name))).toEqual([[0], [0], [0]]);
  expect(checkInvariants(stage.machine)).toEqual([]);
});

test("a ring of two and of three", () => {
  for (const ring of [["a", "b"], ["a", "b", "c"]]) {
    const stage = makeStage();
    const last = ring[ring.length - 1]!;
    // All but the last call the next one before it can answer: it is put to sleep, and calls when it wakes.
    const state = { called: false };
    stage.play(last, (context) => context.sleep(3));
    for (let i = ring.length - 2; i >= 0; i--) call(stage, ring[i]!, ring[i + 1]!);
    stage.poke(last, (context) => {
      state.called = true;
      return context.call(needed(context, ring[0]!), 1);
    });
    stage.pass(4);
    expect(state.called).toBe(true);
    expect(answersOf(stage, last)).toEqual([Errno.resourceBusy]);
    stage.rest();
    for (const name of ring.slice(0, -1)) expect(answersOf(stage, name)).toEqual([0]);
    expect(checkInvariants(stage.machine)).toEqual([]);
  }
});

test("an endpoint with two receivers blocks only if both wait", () => {
  const stage = makeStage();
  sleep(stage, "b", 5);
  call(stage, "c", "b");
  // d still can take it.
  stage.poke("a", (context) => context.call(needed(context, "shared"), 1));
  stage.rest();
  expect(answersOf(stage, "a")).toEqual([0]);
  // d waits for a; a, called by d, then asks c and d: c waits for the sleeping b, who will wake, so a may wait.
  sleep(stage, "a", 2);
  call(stage, "d", "a");
  stage.poke("a", (context) => context.call(needed(context, "shared"), 2));
  stage.pass(2);
  expect(waiting(stage, "a")).toBe(true);
  stage.pass(5);
  expect(["a", "c", "d"].map((name) => answersOf(stage, name))).toEqual([[0], [0], [0]]);
  expect(checkInvariants(stage.machine)).toEqual([]);
});

test("it blocks when both wait for the caller", () => {
  const stage = makeStage();
  sleep(stage, "a", 3);
  call(stage, "c", "a");
  call(stage, "d", "a");
  stage.poke("a", (context) => context.call(needed(context, "shared"), 1));
  stage.pass(4);
  expect(answersOf(stage, "a")).toEqual([Errno.resourceBusy]);
  expect(["c", "d"].map((name) => answersOf(stage, name))).toEqual([[0], [0]]);
});
