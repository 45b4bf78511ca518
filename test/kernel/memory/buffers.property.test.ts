/**
 * The DMA pool beside its model: four processes, one of which does not map the pool, allocate, acquire, release, send
 * buffers in messages, with and without their references, and end, in any order and several times in one handler. After
 * every command the tables say what the model says, and every invariant of the machine holds.
 *
 * PROPERTY_RUNS says how many sequences; `npm run test:properties` runs 10,000.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { checkInvariants, invariantText } from "../../../kernel/invariants/invariants.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import type { Grant } from "../../../kernel/service.ts";
import { PoolModel } from "./pool-model.ts";
import type { PuppetContext } from "./puppets.ts";
import { PUPPETS, endpointOf, puppets } from "./puppets.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 200);
const BUFFERS = 5;
const OUTSIDER = 2;

type Action =
  | { readonly kind: "allocate" }
  | { readonly kind: "acquire" | "release" | "probe"; readonly pick: number }
  | { readonly kind: "send"; readonly pick: number; readonly to: number; readonly moves: boolean };

interface Command {
  readonly actor: number;
  readonly actions: readonly Action[];
  /** How the handler ends. */
  readonly end: "returns" | "exits" | "faults";
  /** Whether receivers let go at once of what comes. */
  readonly releases: boolean;
}

const pool = { pool: ["buffers:write", "frames"] } as const;
const machine = puppets([pool, pool, {}, pool], { pool: { name: "frames", count: BUFFERS, devices: [] } });

function poolOf(context: PuppetContext): Grant<"buffers:write"> {
  return (context.needs as unknown as { pool: Grant<"buffers:write"> }).pool;
}

class Run {
  readonly model = new PoolModel(BUFFERS, [true, true, false, true]);
  readonly wrong: string[] = [];
  releases = false;

  constructor() {
    machine.restart();
    machine.onMessage = (process, context, message) => {
      const expected = this.model.take(process);
      const moves = (message.flags & MessageFlag.movesBuffer) !== 0;
      const handle = SmallMessage.data0.low(context.shared, message.at);
      if (expected === undefined) this.wrong.push(`${process} got a message that is not in the model`);
      else this.#same(`${process} got`, [handle, moves], [expected.handle, expected.moves]);
      if (moves && this.releases) this.#same("release of what came", context.bufferRelease(poolOf(context), handle), this.model.release(process, handle));
    };
  }

  execute(command: Command): void {
    const { actor } = command;
    if (!this.model.alive[actor]) return;
    this.releases = command.releases;
    machine.run({ [actor]: (context) => this.#act(context, command) });
    if (this.model.inbox.some((inbox, process) => this.model.alive[process] && inbox.length > 0)) this.wrong.push("a message was not given to its receiver");
    this.compare();
  }

  #act(context: PuppetContext, { actor, actions, end }: Command): void {
    this.model.begin(actor);
    for (const action of actions) {
      if (action.kind === "send") this.#send(context, actor, this.#handle(action.pick), action.to, action.moves);
      else if (actor !== OUTSIDER) this.#touch(context, actor, action);
    }
    if (end === "returns") return;
    this.model.end(actor);
    if (end === "faults") context.span(context.needs.ticks as never, 0, 1);
    context.exit();
  }

  #touch(context: PuppetContext, actor: number, action: Exclude<Action, { kind: "send" }>): void {
    const grant = poolOf(context);
    if (action.kind === "allocate") {
      const answer = this.model.allocated(actor, context.bufferAllocate(grant));
      if (answer !== "") this.wrong.push(answer);
      return;
    }
    const handle = this.#handle(action.pick);
    if (action.kind === "acquire") this.#same("acquire", context.bufferAcquire(grant, handle), this.model.acquire(actor, handle));
    else if (action.kind === "release") this.#same("release", context.bufferRelease(grant, handle), this.model.release(actor, handle));
    else this.#same("is live", context.bufferIsLive(grant, handle), this.model.holds(actor, handle) ? 1 : 0);
  }

  #send(context: PuppetContext, actor: number, handle: number, to: number, moves: boolean): void {
    const { memory, outgoing } = context;
    memory.fill(outgoing, SmallMessage.size, 0);
    SmallMessage.flags.set(memory, outgoing, moves ? MessageFlag.movesBuffer : 0);
    SmallMessage.data0.setWords(memory, outgoing, handle, 7);
    this.#same("send", context.sendMessage(endpointOf(context, to), outgoing), this.model.send(actor, to, handle, moves));
  }

  /** A live handle, a stale one, or one that never was. */
  #handle(pick: number): number {
    const { live, stale } = this.model;
    const known = [...live.keys(), ...live.keys(), ...stale.slice(-4), 0, -1, 0x10000 + BUFFERS];
    return known[pick % known.length]!;
  }

  compare(): void {
    const { machine: inspected } = machine;
    for (const buffer of this.model.live.values()) {
      const index = buffer.handle & 0xffff;
      const held = Array.from({ length: PUPPETS }, (_, process) => inspected.inspect("pool.holders", index * PUPPETS + process).references);
      const { references, travelling, owner } = inspected.inspect("pool.buffers", index);
      const sum = buffer.held.reduce((total, count) => total + count, buffer.travelling);
      this.#same(`buffer ${index}`, [held, references, travelling, owner], [buffer.held, sum, buffer.travelling, buffer.owner]);
    }
    const { inUse, takenHome } = inspected.inspect("pool");
    this.#same("pool", [inUse, takenHome], [this.model.live.size, this.model.takenHome]);
    this.wrong.push(...checkInvariants(inspected).map(invariantText));
    expect(this.wrong).toEqual([]);
  }

  #same(what: string, found: unknown, expected: unknown): void {
    if (JSON.stringify(found) !== JSON.stringify(expected)) this.wrong.push(`${what}: ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
}

const pick = fc.nat(1000);
const process4 = fc.nat(PUPPETS - 1);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "allocate" as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("acquire" as const), pick }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("release" as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("probe" as const), pick }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("send" as const), pick, to: process4, moves: fc.integer({ min: 0, max: 3 }).map((n) => n > 0) }) },
);
const command: fc.Arbitrary<Command> = fc.record({
  actor: process4,
  actions: fc.array(action, { maxLength: 10, size: "max" }),
  end: fc.oneof({ weight: 16, arbitrary: fc.constant("returns" as const) }, { weight: 1, arbitrary: fc.constantFrom("exits" as const, "faults" as const) }),
  releases: fc.boolean(),
});

test("references are held, travel and go home as the model says, whatever processes do and whoever ends", () => {
  fc.assert(
    fc.property(fc.array(command, { minLength: 1, maxLength: 20, size: "max" }), (commands) => {
      const run = new Run();
      for (const one of commands) run.execute(one);
      // Whoever is left ends: nothing may be left behind.
      for (let actor = 0; actor < PUPPETS; actor++) run.execute({ actor, actions: [], end: "exits", releases: false });
      expect(machine.machine.report().buffers.inUse).toBe(0);
    }),
    { seed: 4, numRuns: RUNS },
  );
});
