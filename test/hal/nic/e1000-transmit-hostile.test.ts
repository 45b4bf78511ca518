/** Any transmit descriptors: what leaves is what a second telling says, or at least nothing breaks and every frame is accounted for. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { standardHalLimits, tinyHalLimits } from "../../../hal/limits.ts";
import { DESCRIPTOR_BYTES, TxCommand as Command, TxDescriptor } from "../../../hal/nic/descriptors.ts";
import { ControlBit, E1000Register as Register, E1000Statistic as Statistic, TransmitControlBit } from "../../../hal/nic/e1000-registers.ts";
import { HalTrace } from "../../../hal/trace.ts";
import { Bench, TX_RING } from "./bench.ts";
import type { Given, Setting } from "./transmit-reference.ts";
import { whatLeaves } from "./transmit-reference.ts";
import { contextDescriptor, contexts, dataDescriptor, give } from "./transmitting.ts";

const RING = 64;
const offset = fc.oneof(fc.constantFrom(0, 14, 24, 30, 33, 34, 50, 54), fc.nat(255));
const range = fc.tuple(offset, offset, fc.oneof(fc.constantFrom(0, 33), fc.nat(300)));
const command = fc.nat(0xff).map((bits) => bits & ~(Command.DEXT | Command.IDE));
const bytes = fc.oneof({ weight: 5, arbitrary: fc.uint8Array({ maxLength: 120 }) }, { weight: 1, arbitrary: fc.nat(1600).map((count) => Uint8Array.from({ length: count }, (_, i) => (i * 7) & 0xff)) });
/** Mostly the same kind, so that packets of several descriptors come about. */
const given: fc.Arbitrary<Given> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("legacy" as const), bytes, command, start: offset, offset, special: fc.nat(0xffff) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("data" as const), bytes, command, options: fc.nat(3), special: fc.nat(0xffff) }) },
  {
    weight: 2,
    arbitrary: fc
      .record({ ip: range, transport: range, payload: fc.oneof(fc.nat(400), fc.constantFrom(0, 100, 0xf_ffff)), header: fc.oneof(fc.constantFrom(0, 20, 54), fc.nat(255)), segment: fc.oneof(fc.constantFrom(0, 1, 7, 100), fc.nat(1600)), command: fc.nat(0x7).map((bits) => bits | 4 * Number(bits > 3)) })
      .map((context) => ({ kind: "context" as const, context })),
  },
);
/** A segmentation whose parts fit together, in one to three pieces. */
const sound: fc.Arbitrary<Given[]> = fc
  .record({ ip: range, transport: range, payload: fc.nat(300), header: fc.integer({ min: 1, max: 100 }), segment: fc.integer({ min: 1, max: 120 }), kind: fc.nat(3), commands: fc.tuple(command, command, command), options: fc.nat(3), cut: fc.tuple(fc.nat(400), fc.nat(400)) })
  .map(({ kind, commands, options, cut, ...context }) => {
    const whole = Uint8Array.from({ length: context.header + context.payload }, (_, i) => (i * 13) & 0xff);
    const [low, high] = cut[0] < cut[1] ? cut : [cut[1], cut[0]];
    const pieces = [whole.slice(0, low), whole.slice(low, high), whole.slice(high)];
    const data = pieces.map((piece, i): Given => ({ kind: "data", bytes: piece, command: (commands[i] & ~Command.EOP) | Command.TSE | (i === 2 ? Command.EOP : 0), options, special: i }));
    return [{ kind: "context", context: { ...context, command: Command.TSE | kind } }, ...data];
  });
const list = fc.array(fc.oneof({ weight: 9, arbitrary: given.map((item) => [item]) }, { weight: 1, arbitrary: sound }), { minLength: 1, maxLength: 15 }).map((parts) => parts.flat());
/** The last packet is ended, so that it can be told as a whole. */
const END: Given = { kind: "legacy", bytes: new Uint8Array(0), command: Command.EOP, start: 0, offset: 0, special: 0 };
const setting = fc.record({ pads: fc.boolean(), tags: fc.boolean(), type: fc.constantFrom(0x8100, 0x88a8), frameBytesMax: fc.constantFrom(1520, 2048) });

function ready({ pads, tags, type, frameBytesMax }: Setting): Bench {
  const bench = new Bench({ limits: { transmitFrameBytes: frameBytesMax } });
  bench.transmitRing(RING, TransmitControlBit.EN | (pads ? TransmitControlBit.PSP : 0));
  bench.write(Register.CTRL, ControlBit.SLU | (tags ? ControlBit.VME : 0));
  bench.write(Register.VET, type);
  return bench;
}

function place(bench: Bench, index: number, item: Given): void {
  const at = 2048 * index;
  if (item.kind === "context") contextDescriptor(bench, index, item.context);
  else if (item.kind === "data") dataDescriptor(bench, index, at, item.bytes, item.command, item.options, item.special);
  else {
    bench.txDescriptor(index, at, item.bytes, item.command);
    Object.assign(TxDescriptor.view(bench.ram, bench.txAt(index)), { checksumStart: item.start, checksumOffset: item.offset, special: item.special });
  }
}

/** Frames, octets and segmentations in the statistics, and the account, agree with what left. */
function accounted(bench: Bench): void {
  const { transmitted } = bench.account;
  expect([transmitted, bench.read(Statistic.TPT)]).toEqual([bench.sent.length, bench.sent.length]);
  // An FCS may have been inserted, or be the frame's own last bytes: a frame of 60 to 63 bytes is good or not.
  const good = bench.sent.filter((frame) => frame.length >= 64).length;
  const short = bench.sent.filter((frame) => frame.length < 60).length;
  const counted = bench.read(Statistic.GPTC);
  expect(counted >= good && counted <= transmitted - short).toBe(true);
  const classes = [Statistic.PTC64, Statistic.PTC127, Statistic.PTC255, Statistic.PTC511, Statistic.PTC1023, Statistic.PTC1522].map((offset_) => bench.read(offset_));
  expect(classes.reduce((total, each) => total + each, 0)).toBe(counted);
  const octets = bench.read(Statistic.TOTL) - bench.sent.reduce((total, frame) => total + frame.length, 0);
  expect(octets % 4 === 0 && octets >= 0 && octets <= 4 * transmitted).toBe(true);
}

test("what leaves is what a second telling says", () => {
  const reached = { frames: 0, whole: 0, failed: 0, dropped: 0 };
  fc.assert(
    fc.property(setting, list, (how, begun) => {
      const items = [...begun, END];
      const bench = ready(how);
      for (const [index, item] of items.entries()) place(bench, index, item);
      give(bench, items.length);
      const { frames, whole, failed, dropped } = whatLeaves(items, how);
      expect(bench.sent).toEqual(frames);
      expect(contexts(bench)).toEqual([whole, failed]);
      expect(bench.account).toMatchObject({ transmitDropped: dropped, dmaFaults: 0, unknownDescriptors: 0 });
      expect(bench.read(Register.TDH)).toBe(items.length);
      accounted(bench);
      reached.frames += frames.length;
      reached.whole += whole;
      reached.failed += failed;
      reached.dropped += dropped;
    }),
    { seed: 11, numRuns: 600 },
  );
  expect(Math.min(...Object.values(reached)), JSON.stringify(reached)).toBeGreaterThan(50);
});

const GRANTED = 0x5_0000;
const wild = fc.record({ words: fc.tuple(fc.integer(), fc.constantFrom(0, 0, 0, 1, -1), fc.integer(), fc.integer()), near: fc.boolean() });
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("given" as const), item: given }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wild" as const), wild }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("write" as const), offset: fc.constantFrom(Register.TDH, Register.TDT, Register.TDLEN, Register.TXDCTL, Register.TIDV, Register.TADV, Register.TCTL), value: fc.oneof(fc.nat(70), fc.constantFrom(0x80, 0x400, 0x0101_0000, 0x0203_0000, 0x3fff_ffff), fc.integer()) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("plug" as const), plugged: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("time" as const), cycles: fc.nat(3000) }) },
);

function perform(bench: Bench, index: number, step: typeof act extends fc.Arbitrary<infer T> ? T : never): void {
  switch (step.kind) {
    case "given":
      place(bench, index, step.item);
      bench.write(Register.TDT, (index + 1) % RING);
      return;
    case "wild": {
      const [low, high, command_, rest] = step.wild.words;
      const at = (bench.memory + TX_RING + index * DESCRIPTOR_BYTES) >> 2;
      bench.ram.i32.set([step.wild.near ? bench.memory + GRANTED - (low & 0xfff) : low, high, command_, rest], at);
      bench.write(Register.TDT, (index + 1) % RING);
      return;
    }
    case "write":
      bench.write(step.offset, step.value);
      return;
    case "plug":
      bench.nic.wire.plug(step.plugged);
      return;
    case "time":
      bench.board.advance(step.cycles);
  }
}

/** Memory that is not granted, beyond the transmit buffers, which the bench itself fills. */
const FORBIDDEN = 0x6_0000;

test.each([
  ["standard", standardHalLimits.transmitFrameBytes],
  ["tiny", tinyHalLimits.transmitFrameBytes],
])("%s limits: any descriptors, registers and cables", (_name, transmitFrameBytes) => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 1, maxLength: 60 }), (steps) => {
      const bench = new Bench({ limits: { transmitFrameBytes }, grantedBytes: GRANTED });
      bench.transmitRing(RING);
      for (const [i, step] of steps.entries()) perform(bench, i % RING, step);
      // Frames of one byte each, out of a mebibyte: nobody waits for the last of them.
      bench.board.advance(500_000);
      accounted(bench);
      expect(isZero(bench, bench.memory + FORBIDDEN, bench.ram.bytes)).toBe(true);
      const gather = bench.tracedOf(HalTrace.frameTransmitted).map((record) => record.argument0);
      expect(new Set(gather).size).toBeLessThanOrEqual(2);
      if (gather.length > 0) expect(isZero(bench, gather.reduce((a, b) => Math.max(a, b)) + transmitFrameBytes, bench.memory)).toBe(true);
    }),
    { seed: 12, numRuns: 150 },
  );
});

function isZero(bench: Bench, from: number, to: number): boolean {
  return bench.ram.u8.subarray(from, to).every((byte) => byte === 0);
}
