import { describe, expect, test, vi } from "vitest";
import { Machine } from "../../kernel/machine.ts";
import { finishRun, startRun } from "../../sim/run.ts";
import type { Repeatable } from "../../sim/verify.ts";
import { TickRecorder, verify } from "../../sim/verify.ts";
import type { World } from "../../sim/world.ts";
import { setupFor } from "../captures/playing.ts";

const setup = setupFor("01-curl-gets");

/** The run, and a hand that may reach into its n-th repetition while it runs. */
function repeatable(tamper: (world: World, start: number) => void = () => {}): Repeatable {
  let starts = 0;
  return {
    start: (observers) => {
      starts += 1;
      const { world } = startRun(setup, observers);
      tamper(world, starts);
      return world;
    },
    finish: (world) => void finishRun(world, setup),
  };
}

function firstRun(): { world: World; recorder: TickRecorder } {
  const recorder = new TickRecorder();
  const { world } = startRun(setup, [recorder]);
  finishRun(world, setup);
  return { world, recorder };
}

const { world: first, recorder } = firstRun();

/** Adds 1 to the first byte of a part of RAM. */
function disturb(world: World, part: string, offset = 0): void {
  const at = world.machine.parts.find((candidate) => candidate.name === part)!.base + offset;
  world.machine.ram.u8[at] = world.machine.ram.u8[at]! + 1;
}

test("a run that repeats has no divergence", () => {
  expect(recorder.ticks).toBeGreaterThan(500);
  expect(verify(repeatable(), first, recorder)).toBeNull();
});

describe("a divergence is named", () => {
  test("at the first tick whose events differ, by field", () => {
    // The capture begins two ticks late: the trace tells.
    const found = verify(
      repeatable((world, start) => {
        if (start === 1) world.runUntilTick(3);
      }),
      first,
      recorder,
    );
    expect(found?.run).toBe("second run");
    expect(found?.tick).toBeGreaterThanOrEqual(1);
    expect(found?.tick).toBeLessThan(10);
    expect(found?.difference?.name).toMatch(/^[a-z0-9.]+\[\d+\]\.\w+$/);
  });

  test("at the end, if nothing but a byte in RAM differs", () => {
    const found = verify(repeatable((world, start) => start === 1 && disturb(world, "region.control", 40_000)), first, recorder);
    expect(found).toMatchObject({ run: "second run", tick: first.machine.tick(), difference: { part: "region.control", index: 40_000, a: "0", b: "1" } });
  });

  test("in the third run", () => {
    const found = verify(repeatable((world, start) => start === 2 && disturb(world, "region.control", 40_000)), first, recorder);
    expect(found?.run).toBe("third run, up to its end");
  });

  test("behind the restore, if a snapshot forgets something", () => {
    const { restore } = Machine.prototype;
    const spy = vi.spyOn(Machine.prototype, "restore").mockImplementation(function forgetting(this: Machine, bytes: Uint8Array): void {
      restore.call(this, bytes);
      this.ram.u8[this.parts.find((part) => part.name === "region.control")!.base + 40_000] = 1;
    });
    const found = verify(repeatable(), first, recorder);
    spy.mockRestore();
    expect(found?.run).toBe("third run, once more from the snapshot in its middle");
    expect(found?.difference?.part).toBe("region.control");
  });
});

test("a recorder agrees with the run that it watched, tick by tick, and with no other tick", () => {
  const other = new TickRecorder();
  let compared = 0;
  const { world } = startRun(setup, [
    other,
    {
      attach: () => {},
      probe: (kind, _process, tick) => {
        if (kind !== 1) return;
        compared += 1;
        expect(recorder.agrees(world, tick)).toBe(true);
        if (tick > 1) expect(recorder.agrees(world, tick - 1)).toBe(false);
      },
    },
  ]);
  finishRun(world, setup);
  expect(compared).toBe(recorder.ticks);
  expect(recorder.agrees(world, recorder.ticks + 1)).toBe(false);
});
