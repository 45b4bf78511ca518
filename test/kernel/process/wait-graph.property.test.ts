/**
 * Random machines of processes that call each other, sleep and wake, beside a plain model of who waits for whom. A call is
 * refused with resourceBusy exactly when the model finds a cycle, and whatever was played, when all have slept enough
 * nobody waits any more.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { checkInvariants } from "../../../kernel/invariants/invariants.ts";
import type { Grant } from "../../../kernel/service.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Actor, ActorLine } from "../ipc/stage.ts";
import { Stage } from "../ipc/stage.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 200);
const COUNT = 5;
const NAMES = Array.from({ length: COUNT }, (_, index) => `p${index}`);
/** Longer than any play: who sleeps wakes only at its end. */
const LONG = 1000;

const needed = (context: Actor, name: string): Grant<any> => (context.needs as Record<string, Grant>)[name]!;

/** Receivers of each endpoint by number: its owner, and perhaps another. */
type Sharing = readonly (number | null)[];

function makeStage(sharing: Sharing): Stage {
  const needs = Object.fromEntries(NAMES.map((name) => [name, "endpoint"] as const));
  const grants = Object.fromEntries(NAMES.map((name) => [name, `${name}.in${name}`]));
  const lines: Record<string, ActorLine> = {};
  NAMES.forEach((name, index) => {
    const others = NAMES.filter((_, endpoint) => sharing[endpoint] === index && endpoint !== index);
    const shares = Object.fromEntries(others.map((other) => [`in${other}`, `${other}.in${other}`]));
    lines[name] = { needs, grants, receives: [`in${name}`, ...others.map((other) => `in${other}`)], onMessage: (context) => void context.reply(0), ...(others.length === 0 ? {} : { shares }) };
  });
  return new Stage(lines);
}

/** What a person would draw: who sleeps, and at which endpoint each one waits. */
class Drawing {
  readonly asleep = new Set<number>();
  readonly waits = new Map<number, number>();
  readonly #receivers: readonly (readonly number[])[];

  constructor(sharing: Sharing) {
    this.#receivers = sharing.map((other, endpoint) => (other === null || other === endpoint ? [endpoint] : [endpoint, other]));
  }

  /** Whether there is a way from the endpoint to somebody who does not wait, and is not `caller`. */
  leadsOut(caller: number, endpoint: number, seen: ReadonlySet<number> = new Set([endpoint])): boolean {
    return this.#receivers[endpoint]!.some((receiver) => {
      if (receiver === caller) return false;
      const next = this.waits.get(receiver);
      return next === undefined || (!seen.has(next) && this.leadsOut(caller, next, new Set([...seen, next])));
    });
  }

  /** Whoever can answer does. */
  settle(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const [caller, endpoint] of this.waits) {
        if (!this.#receivers[endpoint]!.some((receiver) => !this.asleep.has(receiver) && !this.waits.has(receiver))) continue;
        this.waits.delete(caller);
        changed = true;
      }
    }
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("call" as const), from: fc.nat(COUNT - 1), to: fc.nat(COUNT - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sleep" as const), from: fc.nat(COUNT - 1), to: fc.constant(0) }) },
);
const sharing = fc.array(fc.option(fc.nat(COUNT - 1), { freq: 2 }), { minLength: COUNT, maxLength: COUNT });

test(`a call is refused exactly when it closes a cycle, and nobody waits for ever (${RUNS} sequences)`, () => {
  const seen = { refused: 0, waited: 0, shared: 0 };
  const property = fc.property(sharing, fc.array(step, { maxLength: 20 }), (shared, steps) => {
    const stage = makeStage(shared);
    const drawing = new Drawing(shared);
    for (const { kind, from, to } of steps) {
      const name = NAMES[from]!;
      if (drawing.asleep.has(from) || drawing.waits.has(from)) continue;
      if (kind === "sleep") {
        // It calls when it wakes: that is how a ring comes about.
        stage.play(name, (context) => context.sleep(LONG));
        drawing.asleep.add(from);
        continue;
      }
      stage.look(name);
      stage.play(name, (context) => context.call(needed(context, NAMES[to]!), 1));
      const refused = stage.look(name).some(({ delivery, opcode }) => delivery === Delivery.reply && (opcode | 0) === Errno.resourceBusy);
      expect(refused).toBe(!drawing.leadsOut(from, to));
      if (refused) seen.refused += 1;
      else drawing.waits.set(from, to);
      drawing.settle();
      if (drawing.waits.has(from)) seen.waited += 1;
      if (shared[to] !== null && shared[to] !== to) seen.shared += 1;
      expect(NAMES.map((_, index) => stage.record("processes", index).waitsFor === 2)).toEqual(NAMES.map((_, index) => drawing.waits.has(index)));
      expect(checkInvariants(stage.machine)).toEqual([]);
    }
    wakeAndCall(stage, drawing, seen);
    stage.pass(2 * LONG);
    for (let index = 0; index < COUNT; index++) expect(stage.record("processes", index)).toMatchObject({ waitsFor: 1 });
  });
  fc.assert(property, { seed: 11, numRuns: RUNS });
  expect(Math.min(seen.refused, seen.waited, seen.shared)).toBeGreaterThan(RUNS / 10);
});

/** Sleepers wake, each calling the next: their calls may close rings of those who wait for them. */
function wakeAndCall(stage: Stage, drawing: Drawing, seen: { refused: number }): void {
  for (const index of drawing.asleep) stage.poke(NAMES[index]!, (context) => context.call(needed(context, NAMES[(index + 1) % COUNT]!), 1));
  stage.pass(LONG);
  for (const index of drawing.asleep) {
    const replies = stage.look(NAMES[index]!).filter(({ delivery }) => delivery === Delivery.reply);
    expect(replies).toHaveLength(1);
    if ((replies[0]!.opcode | 0) === Errno.resourceBusy) seen.refused += 1;
  }
}
