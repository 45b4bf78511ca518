import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Panic } from "../../hal/assert.ts";
import { Board } from "../../hal/board.ts";
import { CYCLES_PER_TICK } from "../../hal/clock.ts";
import { Mailbox } from "../../hal/mailbox.ts";
import { Memory } from "../../hal/memory.ts";
import { hashBytes } from "../../hal/snapshot.ts";
import { HalTrace } from "../../hal/trace.ts";
import { bench } from "./fixture.ts";

afterEach(() => vi.restoreAllMocks());

/** Lets the mailboxes, which schedule nothing themselves, have events; notes each as it fires. */
function watch(board: () => Board, then: (board: Board, device: number, kind: number, argument: number) => void = () => {}) {
  const fired: { cycle: number; device: number; kind: number; argument: number }[] = [];
  vi.spyOn(Mailbox.prototype, "event").mockImplementation(function (this: Mailbox, ...given: number[]) {
    const [kind, argument] = given;
    fired.push({ cycle: board().now(), device: this.number, kind, argument });
    then(board(), this.number, kind, argument);
  } as () => void);
  return fired;
}

describe("time on the board", () => {
  test("an event's handler sees the cycle at which it was due; afterwards the clock stands where it was sent", () => {
    const { board } = bench();
    const fired = watch(() => board);
    board.schedule(0, 1, 10, 500);
    board.schedule(0, 2, 20, 300);
    board.advance(299);
    expect(fired).toEqual([]);
    board.advance(1);
    expect(fired).toEqual([{ cycle: 300, device: 0, kind: 2, argument: 20 }]);
    board.advance(1000);
    expect(fired[1]).toEqual({ cycle: 500, device: 0, kind: 1, argument: 10 });
    expect(board.now()).toBe(1300);
  });

  test("an event for a cycle that has passed happens now, after what is due already", () => {
    const { board } = bench();
    const fired = watch(() => board, (on, device, kind) => {
      if (kind === 1) on.schedule(device, 3, 0, 5);
    });
    board.advance(100);
    board.schedule(0, 1, 0, 200);
    board.schedule(0, 2, 0, 200);
    board.advance(100);
    expect(fired.map((event) => [event.kind, event.cycle])).toEqual([[1, 200], [2, 200], [3, 200]]);
  });

  test("an event due now fires with advance(0)", () => {
    const { board } = bench();
    const fired = watch(() => board);
    board.schedule(0, 1, 0, 0);
    board.advance(0);
    expect(fired.length).toBe(1);
  });

  test("fires in the order of (cycle, sequence), whatever the steps, also for events scheduled by events", () => {
    const step = fc.oneof(fc.nat(50), fc.nat(2_000_000));
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.nat(2), fc.integer({ min: -20, max: 500_000 })), { maxLength: 40 }), (steps) => {
        const { board } = bench({ mailboxes: 3, limits: { eventSlots: 128 } });
        const expected: { cycle: number; sequence: number; argument: number }[] = [];
        let sequence = 0;
        const fired = watch(() => board, (on, device, kind, argument) => {
          // One in three goes on: once more, 1000 cycles later.
          if (kind === 0 && argument % 3 === 0) {
            expected.push({ cycle: on.now() + 1000, sequence: sequence++, argument: argument + 100 });
            on.schedule(device, 1, argument + 100, on.now() + 1000);
          }
        });
        for (const [index, [cycles, device, ahead]] of steps.entries()) {
          const cycle = board.now() + ahead;
          expected.push({ cycle: Math.max(cycle, board.now()), sequence: sequence++, argument: index });
          board.schedule(device, 0, index, cycle);
          const before = board.now();
          board.advance(cycles);
          expect(board.now()).toBe(before + cycles);
          expect(board.tick()).toBe(Math.floor(board.now() / CYCLES_PER_TICK));
        }
        board.idleUntil(board.now() + 2_000_000);
        expected.sort((a, b) => a.cycle - b.cycle || a.sequence - b.sequence);
        expect(fired.map((event) => [event.cycle, event.argument])).toEqual(expected.map((event) => [event.cycle, event.argument]));
        vi.restoreAllMocks();
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("the clock goes on where its low word wraps", () => {
    const { board } = bench();
    const fired = watch(() => board);
    board.idleUntil(2 ** 32 - 10);
    board.schedule(0, 1, 0, 2 ** 32 + 5);
    board.advance(14);
    expect([board.now(), fired.length]).toEqual([2 ** 32 + 4, 0]);
    board.advance(1);
    expect([board.now(), fired.length]).toEqual([2 ** 32 + 5, 1]);
  });

  test("a handler that moves the clock across something due is a panic", () => {
    const { board } = bench();
    watch(() => board, (on) => on.advance(CYCLES_PER_TICK));
    board.schedule(0, 1, 0, 10);
    expect(() => board.advance(20)).toThrow(new Panic("an event's handler moved the clock"));
  });

  test("a board that was never powered on does not run", () => {
    const { boardParts, ram } = bench();
    const dark = new Board(new Memory(new ArrayBuffer(ram.bytes)), boardParts);
    expect(() => dark.advance(1)).toThrow(Panic);
  });

  test("time never goes back", () => {
    const { board } = bench();
    board.advance(100);
    expect(() => board.advance(-1)).toThrow(Panic);
    board.idleUntil(50);
    expect(board.now()).toBe(100);
  });

  test("it tells the next event with and without the tick source", () => {
    const { board } = bench();
    expect([board.nextEventCycle(), board.nextDeviceEventCycle()]).toEqual([CYCLES_PER_TICK, -1]);
    board.schedule(0, 1, 0, 3 * CYCLES_PER_TICK);
    expect([board.nextEventCycle(), board.nextDeviceEventCycle()]).toEqual([CYCLES_PER_TICK, 3 * CYCLES_PER_TICK]);
    board.schedule(0, 1, 0, 7);
    expect([board.nextEventCycle(), board.nextDeviceEventCycle()]).toEqual([7, 7]);
    board.idleUntil(4 * CYCLES_PER_TICK);
    expect([board.nextEventCycle(), board.nextDeviceEventCycle()]).toEqual([5 * CYCLES_PER_TICK, -1]);
  });

  test("an event for a device that is not there is a panic", () => {
    expect(() => bench().board.schedule(1, 0, 0, 10)).toThrow(Panic);
  });
});

describe("the tick source", () => {
  test("the first tick is at cycle 1,000,000, and none is lost however long nobody looks", () => {
    const { board } = bench();
    board.interrupts.unmask(0);
    board.advance(CYCLES_PER_TICK - 1);
    expect([board.tick(), board.interrupts.pendingUnmasked()]).toEqual([0, 0]);
    board.advance(1);
    expect([board.tick(), board.unhandledTicks(), board.interrupts.pendingUnmasked()]).toEqual([1, 1, 1]);
    board.advance(3 * CYCLES_PER_TICK + 5);
    expect([board.tick(), board.unhandledTicks()]).toEqual([4, 4]);
    for (let left = 3; left >= 0; left--) {
      expect(board.interrupts.pendingUnmasked()).toBe(1);
      board.takeTick();
      expect(board.unhandledTicks()).toBe(left);
    }
    expect(board.interrupts.pendingUnmasked()).toBe(0);
    expect(() => board.takeTick()).toThrow(Panic);
  });

  test("a tick goes before the events of its cycle", () => {
    const { board } = bench();
    const ticks: number[] = [];
    watch(() => board, (on) => void ticks.push(on.tick()));
    board.schedule(0, 1, 0, CYCLES_PER_TICK - 1);
    board.schedule(0, 1, 0, CYCLES_PER_TICK);
    board.schedule(0, 1, 0, CYCLES_PER_TICK + 1);
    board.advance(CYCLES_PER_TICK + 1);
    expect(ticks).toEqual([0, 1, 1]);
  });

  test("each tick is traced with its number, at its own cycle", () => {
    const seen: unknown[] = [];
    const { board } = bench({ probe: (kind, process, argument0) => void (kind === HalTrace.tick && seen.push([process, argument0, board.now()])) });
    board.advance(2 * CYCLES_PER_TICK + 1);
    expect(seen).toEqual([[0xffff, 1, CYCLES_PER_TICK], [0xffff, 2, 2 * CYCLES_PER_TICK]]);
  });
});

describe("a board and its RAM", () => {
  test("two boards that live through the same are the same bytes", () => {
    const live = () => {
      const { board, ram } = bench();
      board.schedule(0, 1, 5, 1234);
      board.advance(2_500_000);
      board.schedule(0, 1, 5, 1234);
      return hashBytes(ram);
    };
    expect(live()).toBe(live());
  });

  test("a second board on the same RAM goes on where the first was", () => {
    const { board, ram, boardParts } = bench();
    board.advance(1_234_567);
    const again = new Board(ram, boardParts);
    expect([again.now(), again.tick(), again.unhandledTicks()]).toEqual([1_234_567, 1, 1]);
  });

  test("powering on again gives the first state, but for the trace", () => {
    const { board, ram, boardParts } = bench({ limits: { traceRecords: 1 } });
    const trace = boardParts.trace;
    const blank = () => {
      ram.fill(trace.state, 16, 0);
      ram.fill(trace.ring.base, trace.ring.stride, 0);
      return hashBytes(ram);
    };
    const first = blank();
    board.schedule(0, 1, 1, 5_000_000);
    board.iommu.grant(0, 0, 64, 3);
    board.interrupts.unmask(3);
    (board.devices[0] as Mailbox).send(new Uint8Array(10));
    board.advance(2_000_000);
    expect(blank()).not.toBe(first);
    board.powerOn();
    expect(blank()).toBe(first);
  });

  test("devices are found by name, and have the line behind their number", () => {
    const { board } = bench({ mailboxes: 2 });
    expect(board.device("mailbox1")).toBe(board.devices[1]);
    expect(board.devices.map((device) => [device.number, device.line])).toEqual([[0, 1], [1, 2]]);
    expect(board.device("mailbox2")).toBeUndefined();
  });
});
