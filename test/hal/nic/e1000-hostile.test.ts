/** Whatever a driver writes, and whatever is on the wire: no panic, exact accounts, no write outside what is granted. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { standardHalLimits, tinyHalLimits } from "../../../hal/limits.ts";
import { DESCRIPTOR_BYTES } from "../../../hal/nic/descriptors.ts";
import { MdicBit } from "../../../hal/nic/e1000-phy-registers.ts";
import { ControlBit, E1000_REGISTER_BYTES, E1000Register as Register, E1000Statistic as Statistic } from "../../../hal/nic/e1000-registers.ts";
import { BROADCAST, Bench, MAC, RX_RING, TX_BUFFERS, TX_RING, frameTo } from "./bench.ts";

const GRANTED = 0x2_0000;
/** After the granted bytes: what no device may touch. */
const GUARDED = 0x1_0000;
const GUARD = 0xa5;

const OFFSETS = [...Object.values(Register), ...Object.values(Statistic), Register.MTA + 4 * 127, Register.RAH0 + 8 * 15];
const MEANINGFUL = [0, 1, 2, 7, 8, 16, 128, 256, 0x8002, 0x0203_8032, 0x0400_8022, 0x40, 0x0400_0000, 0xffff, 0xfff80, 0x7fff_ffff, 0xffff_fff0, 0xffff_ffff];

const value = fc.oneof(fc.constantFrom(...MEANINGFUL), fc.integer({ min: 0, max: 0xffff_ffff }));
/** Offsets in the bench's memory, so that rings and buffers meet, overlap and cross the edge of what is granted. */
const place = fc.oneof(fc.constantFrom(RX_RING, TX_RING, 0, GRANTED - 16, GRANTED - 8, GRANTED), fc.integer({ min: 0, max: GRANTED + 4096 }));

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("write" as const), offset: fc.oneof(fc.constantFrom(...OFFSETS), fc.integer({ min: 0, max: E1000_REGISTER_BYTES - 1 })), value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("base" as const), offset: fc.constantFrom(Register.RDBAL, Register.TDBAL), place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("index" as const), offset: fc.constantFrom(Register.RDH, Register.RDT, Register.TDH, Register.TDT), value: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("read" as const), offset: fc.oneof(fc.constantFrom(...OFFSETS), fc.integer({ min: 0, max: E1000_REGISTER_BYTES - 1 })) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("descriptor" as const),
      ring: fc.constantFrom(RX_RING, TX_RING),
      index: fc.nat(15),
      place,
      high: fc.constantFrom(0, 0, 0, 1, 0xffff_ffff),
      word2: fc.integer({ min: 0, max: 0xffff_ffff }),
      length: fc.oneof(fc.nat(200), fc.nat(0xffff)),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("frame" as const), to: fc.constantFrom(MAC, BROADCAST, "02:00:00:00:00:99", "01:00:5e:00:00:01"), bytes: fc.oneof(fc.nat(1600), fc.nat(10_000)) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("time" as const), cycles: fc.oneof(fc.nat(200), fc.nat(50_000)) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("start" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reset" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("plug" as const), plugged: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("phy" as const), register: fc.nat(31), value: fc.oneof(fc.constantFrom(0x1340, 0x0140, 0x1940, 0x9140), fc.nat(0xffff)) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("features" as const), relative: fc.nat(3), absolute: fc.nat(5), sums: fc.nat(0x3ff), small: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("send" as const), bytes: fc.nat(1500), pulled: fc.nat(5) }) },
);

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Of frames of some lengths the headers are IPv4's and IPv6's, tagged or not, as far as they reach. */
function packetTo(to: string, bytes: number): Uint8Array {
  const frame = frameTo(to, bytes, bytes);
  const headers = [[], [8, 0, 0x45], [0x86, 0xdd, 0x60], [0x81, 0, 0, bytes & 0xff, 8, 0, 0x46 + (bytes & 7)]][bytes & 3];
  for (const [i, byte] of headers.entries()) if (12 + i < bytes) frame[12 + i] = byte;
  return frame;
}

function scribble(bench: Bench, offset: number, ...words: number[]): void {
  for (const [i, word] of words.entries()) bench.ram.i32[((bench.memory + offset) >> 2) + i] = word;
}

function perform(bench: Bench, step: Action): void {
  switch (step.kind) {
    case "write":
    case "index":
      bench.write(step.offset, step.value);
      return;
    case "base":
      bench.write(step.offset, bench.memory + step.place);
      return;
    case "read":
      expect(Number.isInteger(bench.read(step.offset))).toBe(true);
      return;
    case "descriptor":
      scribble(bench, step.ring + step.index * DESCRIPTOR_BYTES, bench.memory + step.place, step.high, (step.word2 & ~0xffff) | step.length, step.word2);
      return;
    case "frame":
      bench.nic.wire.offer(packetTo(step.to, step.bytes), 0);
      return;
    case "plug":
      plug(bench, step.plugged);
      return;
    case "phy":
      bench.write(Register.MDIC, MdicBit.WRITE | (1 << 21) | (step.register << 16) | step.value);
      return;
    case "features":
      turnOn(bench, step);
      return;
    case "time":
      bench.board.idleUntil(bench.board.now() + step.cycles);
      return;
    case "start":
      start(bench);
      return;
    case "reset":
      bench.write(Register.CTRL, ControlBit.RST);
      return;
    case "send":
      send(bench, step.bytes, step.pulled === 0);
  }
}

function plug(bench: Bench, plugged: boolean): void {
  bench.nic.wire.plug(plugged);
  bench.board.advance(0);
}

/** As a driver begins; without negotiation the link is there at once. */
function start(bench: Bench): void {
  bench.write(Register.MDIC, MdicBit.WRITE | (1 << 21) | 0x0140);
  plug(bench, true);
  bench.receiveRing(16, 15, 0x8002);
  bench.transmitRing(16);
}

function turnOn(bench: Bench, step: { readonly relative: number; readonly absolute: number; readonly sums: number; readonly small: number }): void {
  bench.write(Register.CTRL, bench.read(Register.CTRL) | ControlBit.VME);
  bench.write(Register.RDTR, step.relative);
  bench.write(Register.RADV, step.absolute);
  bench.write(Register.RXCSUM, step.sums);
  bench.write(Register.RSRPD, step.small);
}

/** `pulled`: with the frame half in the device, the cable goes. */
function send(bench: Bench, bytes: number, pulled: boolean): void {
  const slot = bench.read(Register.TDT) % 16;
  bench.txDescriptor(slot, 0x4000 - TX_BUFFERS, frameTo(MAC, bytes));
  bench.write(Register.TDT, (slot + 1) % 16);
  if (!pulled) return;
  bench.board.advance(150);
  plug(bench, false);
}

/** What must have happened somewhere in the runs, or they prove nothing. */
function counted(bench: Bench): Record<string, number> {
  const { received, filtered, noDescriptor, tooLong, linkDown, transmitted, transmitDropped, dmaFaults, unknownDescriptors, resets } = bench.account;
  return { received, filtered, noDescriptor, tooLong, linkDown, transmitted, transmitDropped, dmaFaults, unknownDescriptors, resets: resets - 1 };
}

test.each([
  ["standard", standardHalLimits, 400],
  ["tiny", tinyHalLimits, 400],
])("%s limits", (_name, limits, numRuns) => {
  const reached: Record<string, number> = {};
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 80, size: "max" }), (steps) => {
      const bench = new Bench({ limits, grantedBytes: GRANTED });
      const guard = bench.memory + GRANTED;
      bench.ram.fill(guard, GUARDED, GUARD);
      for (const step of steps) {
        perform(bench, step);
        expect(bench.unaccounted()).toBe(0);
        expect(bench.account.inFlight).toBeGreaterThanOrEqual(0);
      }
      bench.settle();
      expect(bench.unaccounted()).toBe(0);
      expect(bench.account.inFlight).toBe(0);
      expect(bench.ram.u8.subarray(guard, guard + GUARDED).every((byte) => byte === GUARD)).toBe(true);
      for (const [name, count] of Object.entries(counted(bench))) reached[name] = (reached[name] ?? 0) + count;
      // The wire is usable again, whatever happened to the device.
      expect(bench.nic.wire.offer(frameTo(MAC, 60), 0)).toBeGreaterThan(0);
    }),
    { seed: 1, numRuns },
  );
  for (const [name, count] of Object.entries(reached)) expect([name, count > 0]).toEqual([name, true]);
});

test("after all that, a driver that starts anew finds a device that works", () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 40, size: "max" }), (steps) => {
      const bench = new Bench({ grantedBytes: 0x8_0000 });
      for (const step of steps) perform(bench, step);
      // As the kernel does when a driver has ended.
      bench.nic.wire.plug(true);
      bench.nic.reset();
      bench.settle();
      bench.receiveRing(8, 7);
      const before = bench.account.received;
      bench.arrive(frameTo(MAC, 77, 3));
      expect(bench.account.received - before).toBe(1);
      expect(bench.received(0, 77)).toEqual([...frameTo(MAC, 77, 3)]);
      bench.transmitRing(8);
      bench.sent.length = 0;
      bench.txDescriptor(0, 0, frameTo(BROADCAST, 90));
      bench.write(Register.TDT, 1);
      bench.settle();
      expect(bench.sent).toEqual([frameTo(BROADCAST, 90)]);
    }),
    { seed: 1, numRuns: 150 },
  );
});
