import { describe, expect, test } from "vitest";
import type { Probe } from "../../hal/trace.ts";
import { HalTrace } from "../../hal/trace.ts";
import { standardHalLimits, tinyHalLimits } from "../../hal/limits.ts";
import { wireCycles } from "../../hal/ethernet.ts";
import { boot } from "../../kernel/boot.ts";
import { standardKernelLimits } from "../../kernel/limits.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import { service } from "../../kernel/service.ts";
import { layout } from "../../hal/layout.ts";
import { u32 } from "../../hal/field.ts";
import { parseMac } from "../../sim/address-text.ts";
import { readCapture } from "../../sim/capture/pcap.ts";
import type { World } from "../../sim/world.ts";
import { worldOf } from "../../sim/world.ts";
import type { Record } from "./capture/building.ts";
import { captureFile, segment } from "./capture/building.ts";

const OWN = "02:00:00:00:00:fe";
const state = { runs: u32 };
const idle = service({
  name: "idle",
  state: layout("Idle", state),
  handle(_message, context) {
    context.state.runs += 1;
  },
});

/** A NIC that nobody drives: it drops every frame, and says so at the cycle of its arrival. */
function manifest(tight = false): Manifest {
  return {
    name: "undriven",
    ramBytes: 4 * 1024 * 1024,
    hal: tight ? { ...standardHalLimits, wireFrames: tinyHalLimits.wireFrames, wireBytes: tinyHalLimits.wireBytes } : standardHalLimits,
    kernel: standardKernelLimits,
    devices: [{ kind: "e1000", name: "nic0", mac: OWN }, { kind: "mailbox", name: "mailbox0" }],
    processes: { idle: { service: idle as never, priority: "userNormal", arenaBytes: 1024 } },
  };
}

interface Arrival {
  readonly frame: number;
  readonly cycle: number;
}

function play(records: readonly Record[], options: { tight?: boolean; nanoseconds?: boolean } = {}): { world: World; arrivals: Arrival[] } {
  const { capture } = readCapture(captureFile(records, { nanoseconds: options.nanoseconds ?? true }));
  const arrivals: Arrival[] = [];
  const probe: Probe = (kind, _process, ordinal) => {
    if (kind === HalTrace.frameDropped) arrivals.push({ frame: world.captureFrame(ordinal), cycle: world.machine.now() });
  };
  const world = worldOf(boot(manifest(options.tight), { probe }), capture, parseMac(OWN));
  world.beginReplay();
  return { world, arrivals };
}

const client = segment({ destinationMac: OWN });
const own = segment({ destinationMac: "02:00:00:00:00:aa", sourceMac: OWN });
const at = (fraction: number, bytes = client): Record => ({ seconds: 5, fraction, bytes });

describe("a capture is replayed at its own times", () => {
  test("the first frame arrives at tick 1, later ones at their time stamps, nanoseconds kept", () => {
    const { world, arrivals } = play([at(1), at(10_008), at(2_000_001), { seconds: 7, fraction: 0, bytes: client }]);
    expect(world.run(100)).toBe(true);
    expect(arrivals).toEqual([
      { frame: 1, cycle: 1_000_000 },
      { frame: 2, cycle: 1_010_007 },
      { frame: 3, cycle: 3_000_000 },
      { frame: 4, cycle: 2_000_999_999 },
    ]);
  });

  test("no frame arrives before the one in front of it has passed, nor before it is stamped", () => {
    const { world, arrivals } = play([at(0), at(1), at(0), at(100_000)]);
    world.run(100);
    const time = wireCycles(client.length);
    expect(arrivals.map(({ cycle }) => cycle - 1_000_000)).toEqual([0, time, 2 * time, 100_000]);
  });

  test("the capture's first frame sets the time even if it is not offered", () => {
    const { world, arrivals } = play([at(0, own), at(7_000)]);
    world.run(100);
    expect(arrivals).toEqual([{ frame: 2, cycle: 1_007_000 }]);
  });

  test("a wire with little room changes nothing but what waits outside", () => {
    const records = Array.from({ length: 200 }, (_, i) => at(i * 5_000, i % 3 === 0 ? own : client));
    const [wide, tight] = [play(records), play(records, { tight: true })];
    wide.world.run(100);
    tight.world.run(100);
    expect(tight.arrivals).toEqual(wide.arrivals);
    expect(tight.arrivals).toHaveLength(133);
  });
});

test("own frames are passed over, snapped frames are offered and counted", () => {
  const { world } = play([at(0), at(1, own), { ...at(2), wireBytes: 1500 }, { ...at(3, own), wireBytes: 1500 }, at(4, new Uint8Array(3))]);
  world.run(100);
  expect(world.state).toMatchObject({ framesOffered: 3, framesSnapped: 1 });
  expect(world.framesOwn).toBe(2);
  expect(world.machine.inspect("nic0.account").offered).toBe(3);
  expect([0, 1, 2, 3, 4].map((ordinal) => world.captureFrame(ordinal))).toEqual([0, 1, 3, 5, 0]);
});

test("an empty capture is quiet at once", () => {
  const { world } = play([]);
  expect([world.allOffered(), world.run(10), world.machine.tick()]).toEqual([true, true, 0]);
});

test("running until a condition stops there, or at its last tick", () => {
  const { world } = play([at(0), at(900_000), at(5_000_000)]);
  expect(world.runUntil(() => world.machine.inspect("nic0.account").linkDown === 2, 100)).toBe(true);
  expect(world.machine.now()).toBe(1_900_000);
  expect(world.runUntil(() => false, 4)).toBe(false);
  expect(world.machine.tick()).toBe(4);
});

test("put back in the middle, a world goes the same way again, to the last byte of both buffers", () => {
  const { world, arrivals } = play(Array.from({ length: 300 }, (_, i) => at(i * 100_000)));
  world.runUntilTick(12);
  const copy = world.snapshot();
  const [seen, hash] = [arrivals.length, world.hash()];
  world.run(100);
  const [first, end] = [arrivals.slice(seen), world.hash()];
  expect(end).not.toBe(hash);
  world.restore(copy);
  expect(world.hash()).toBe(hash);
  arrivals.length = 0;
  world.run(100);
  expect(arrivals).toEqual(first);
  expect(world.hash()).toBe(end);
});

test("a capture needs a NIC to come in at", () => {
  const { capture } = readCapture(captureFile([at(0)]));
  const machine = boot({ ...manifest(), devices: [] });
  expect(() => worldOf(machine, capture)).toThrow('this machine has none called ""');
});
