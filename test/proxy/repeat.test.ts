/**
 * Goal: a machine with somebody around it is two buffers and nothing else, so that its runs repeat, and go on from any
 * snapshot. Method: bulk traffic over a bad link, played again, from snapshots, and in a world made anew.
 */

import { describe, expect, test, vi } from "vitest";
import { OperatorTarget } from "../../services/operator-api.ts";
import { requireInvariants } from "../../sim/inspect/watchers.ts";
import { request } from "../../sim/operator.ts";
import { finishRun, startRun } from "../../sim/run.ts";
import { TransmitRecorder } from "../../sim/transmitted.ts";
import type { Repeatable } from "../../sim/verify.ts";
import { TickRecorder, verify } from "../../sim/verify.ts";
import { World } from "../../sim/world.ts";
import type { WorldSnapshot } from "../../sim/world.ts";
import { badLink, bulkSetup, clientNumbers, linkNumbers } from "./bulk/run.ts";

const plan = { requests: 60, clients: 12, link: badLink, worldBytes: 8 * 1024 * 1024, hasty: true };
const REST_TICKS_MAX = 1_000_000;

function begin(seed = 1): { world: World; sent: TransmitRecorder; finish: () => string } {
  const { setup } = bulkSetup({ ...plan, seed });
  const sent = new TransmitRecorder();
  const { world } = startRun(setup, [sent]);
  return { world, sent, finish: () => (finishRun(world, setup), world.hash()) };
}

const whole = begin();
const end = whole.finish();
const ticks = whole.world.machine.tick();

describe("a run with somebody around the machine", () => {
  test("takes as long as their connections wait, and then is over", () => {
    // A second for idle connections to backends, one behind them for TIME-WAIT; and what the link cost.
    expect(ticks).toBeGreaterThan(2000);
    expect(ticks).toBeLessThan(60_000);
    expect([whole.world.quiet(), whole.world.inhabitants!.nextCycle()]).toEqual([true, -1]);
  });

  test("repeats, to the last byte and the last frame", () => {
    const again = begin();
    expect(again.finish()).toBe(end);
    expect(Buffer.compare(again.sent.file(), whole.sent.file())).toBe(0);
  });

  test("is another one with another seed", () => {
    expect(begin(2).finish()).not.toBe(end);
  });

  test("goes on from a snapshot taken at any moment, there and in a world made anew", () => {
    const { world, finish } = begin();
    const copies: WorldSnapshot[] = [];
    world.beginReplay();
    for (let step = 0; step < 4000; step++) {
      if (step % 2000 === 1750) copies.push(world.snapshot());
      world.step();
    }
    expect(linkNumbers(world).lost).toBeGreaterThan(0);
    for (const copy of copies) {
      world.restore(copy);
      expect(finish()).toBe(end);
      const anew = begin();
      anew.world.restore(copy);
      expect(anew.finish()).toBe(end);
    }
  });
});

describe("verification", () => {
  const { setup } = bulkSetup({ ...plan, requests: 30 });
  const recorder = new TickRecorder();
  const first = startRun(setup, [recorder]).world;
  finishRun(first, setup);

  /** The run, and a hand that may reach into its n-th repetition before it begins. */
  const repeatable = (tamper: (world: World, start: number) => void = () => {}): Repeatable => {
    let starts = 0;
    return {
      start: (observers) => {
        const { world } = startRun(setup, observers);
        tamper(world, ++starts);
        return world;
      },
      finish: (world) => void finishRun(world, setup),
    };
  };

  test("finds nothing in a run that repeats", () => {
    expect(verify(repeatable(), first, recorder)).toBeNull();
  });

  test("finds what only the world around the machine remembers otherwise, and says that it is there", () => {
    const last = first.memory.bytes - 5;
    const found = verify(repeatable((world, start) => start === 1 && (world.memory.u8[last] = 7)), first, recorder);
    expect(found).toMatchObject({ run: "second run", difference: { part: "inhabitants", field: "byte", b: "7", address: last } });
  });

  test("finds a snapshot that forgets the world around the machine", () => {
    const { restore } = World.prototype;
    const spy = vi.spyOn(World.prototype, "restore").mockImplementation(function forgetting(this: World, copy: WorldSnapshot): void {
      restore.call(this, { machine: copy.machine, world: this.memory.u8.slice() });
    });
    const found = verify(repeatable(), first, recorder);
    spy.mockRestore();
    expect(found?.run).toBe("third run, once more from the snapshot in its middle");
  });
});

test("a shutdown in the middle leaves the machine sound, and everybody hears that it is over", () => {
  const { setup, made } = bulkSetup({ requests: 100_000, clients: 24 });
  const { world } = startRun(setup);
  world.beginReplay();
  world.runUntilTick(30);
  const { answered, open } = clientNumbers(world, made.clients!);
  expect(answered!).toBeGreaterThan(50);
  expect(open!).toBeGreaterThan(20);
  expect(request(world, OperatorTarget.shutdown).status).toBe(0);
  world.holdInhabitants();
  expect(world.runUntil(() => world.machine.quiet(), world.machine.tick() + REST_TICKS_MAX)).toBe(true);
  requireInvariants(world);
  const { buffers, processes } = world.machine.report();
  expect([buffers.inUse, processes.filter(({ fault }) => fault !== null)]).toEqual([0, []]);
  const net = world.machine.inspect("state.net") as Readonly<Record<string, number>>;
  expect(net.connectionsEnded).toBe(net.connectionsNamed);
});
