import fc from "fast-check";
import { expect, test } from "vitest";
import { KernelChoice } from "../../../kernel/crossing.ts";
import { checkInvariants } from "../../../kernel/invariants/invariants.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Action } from "./endpoint-model.ts";
import type { Actor, Given, Script } from "./stage.ts";
import { Stage } from "./stage.ts";
import { World } from "./world-model.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 200);

const ENDPOINTS = ["p0.a", "p1.c", "p2.b"] as const;
const SHAPES = [{ capacity: 2, receivers: [0, 1] }, { capacity: 1, receivers: [1] }, { capacity: 2, receivers: [2, 0] }] as const;
const NEEDS = { e0: "endpoint", e1: "endpoint", e2: "endpoint" } as const;
const GRANTS = { e0: "p0.a", e1: "p1.c", e2: "p2.b" } as const;

/** Both worlds, step by step. */
class Twins {
  readonly stage: Stage;
  readonly world = new World(4, SHAPES);
  #first = false;
  #id = 0;

  constructor() {
    const answer: Script = (context, message) => (message.data1 === 1 ? context.reply(0, message.data0) : 0);
    const actor = { needs: NEEDS, grants: GRANTS, onMessage: answer } as const;
    this.stage = new Stage({
      p0: { ...actor, receives: ["a", "b"], shares: { b: "p2.b" }, queues: { a: 2 } },
      p1: { ...actor, receives: ["a", "c"], shares: { a: "p0.a" }, queues: { c: 1 } },
      p2: { ...actor, receives: ["b"], queues: { b: 2 } },
      p3: actor,
    }, { tiny: true, choose: (site) => (site === KernelChoice.unorderedFirst && this.#first ? 1 : 0) });
  }

  poke(process: number, action: Action): void {
    if (this.world.actors[process]!.state === "dead") return;
    this.world.poke(process, action);
    this.stage.poke(`p${process}`, (context) => this.#act(context, action));
  }

  #act(context: Actor, action: Action): number {
    if (action.kind === "exit") return context.exit(), 0;
    if (action.kind === "sleep") return context.sleep(action.limit);
    if (action.kind === "limit") return context.waitAtMost(action.limit);
    if (action.kind !== "send" && action.limit > 0) context.waitAtMost(action.limit);
    const { memory, outgoing } = context;
    SmallMessage.flags.set(memory, outgoing, action.flags);
    SmallMessage.data0.set(memory, outgoing, ++this.#id);
    SmallMessage.data1.set(memory, outgoing, action.kind === "call" && action.answers ? 1 : 0);
    const to = context.needs[`e${action.need}`]!;
    this.#first = action.kind === "send" && action.first;
    const status = action.kind === "send" ? context.sendMessage(to, outgoing) : action.kind === "call" ? context.callMessage(to, outgoing) : context.sendWaitMessage(to, outgoing);
    this.#first = false;
    return status;
  }

  step(): void {
    const next = this.world.next();
    expect(this.stage.machine.busy()).toBe(next >= 0);
    if (next < 0) return;
    const expected = this.world.run(next);
    const answers = this.stage.results(`p${next}`);
    this.stage.machine.step();
    expect(answers.splice(0)).toEqual(expected.answers);
    for (const name of this.stage.names) {
      const given = this.stage.look(name).map(wordsOf);
      expect([name, given]).toEqual([name, name === `p${next}` && expected.got !== null ? [expected.got] : []]);
    }
  }

  pass(): void {
    while (this.world.next() >= 0) this.step();
    this.world.pass();
    const { machine } = this.stage;
    machine.board.idleUntil(machine.board.nextEventCycle());
    machine.step();
  }

  compare(): void {
    this.world.endpoints.forEach((endpoint, index) => {
      const { open, count, sent, received, dropped } = this.stage.record("endpoints", index);
      expect([index, open, count, sent, received, dropped]).toEqual([index, endpoint.open ? 1 : 0, endpoint.queued.length, endpoint.sent, endpoint.received, endpoint.returned]);
      expect(sent).toBe(received + count + dropped);
      expect(count).toBeLessThanOrEqual(SHAPES[index]!.capacity);
    });
    expect(checkInvariants(this.stage.machine)).toEqual([]);
  }
}

function wordsOf(given: Given): readonly number[] {
  const { delivery, opcode, data } = given;
  if (delivery === Delivery.message) return [delivery, data[0]!, given.flags, given.endpoint];
  if (delivery === Delivery.reply) return [delivery, opcode, data[0]!];
  if (delivery === Delivery.acknowledged) return [delivery, data[0]!, data[1]!, data[2]!];
  if (delivery === Delivery.sent) return [delivery, opcode, 0];
  return delivery === Delivery.closed ? [delivery, data[0]!] : [delivery];
}

const { urgent, unordered, needsAck } = MessageFlag;
const flags = fc.constantFrom(0, 0, urgent, unordered, needsAck, urgent | needsAck, urgent | unordered);
const need = fc.nat(2);
const limit = fc.constantFrom(0, 0, 1, 2, 3);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("send" as const), need, flags, first: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("call" as const, "sendWait" as const), need, flags, limit, answers: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("limit" as const), limit: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("sleep" as const), limit: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "exit" as const }) },
);
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ process: fc.nat(3), action }) },
  { weight: 6, arbitrary: fc.constant("step" as const) },
  { weight: 2, arbitrary: fc.constant("pass" as const) },
);

test(`endpoints and waiting do what the model does (${RUNS} sequences, queues of one and two messages)`, () => {
  const property = fc.property(fc.array(command, { maxLength: 120, size: "max" }), (commands) => {
    const twins = new Twins();
    for (const run of commands) {
      if (run === "step") twins.step();
      else if (run === "pass") twins.pass();
      else twins.poke(run.process, run.action);
      twins.compare();
    }
  });
  fc.assert(property, { seed: 4, numRuns: RUNS });
});

test("the model has the endpoints that the machine has", () => {
  expect(new Twins().stage.machine.parts.filter((part) => part.name.startsWith("queue.")).map((part) => part.name)).toEqual(ENDPOINTS.map((name) => `queue.${name}`));
});
