/** Where a frame's bytes go (manual 3.2.2 to 3.2.6, 13.4.22): every buffer size, the FCS at every border, lengths up to 16 KiB, padding descriptors. */

import { describe, expect, test } from "vitest";
import { RxDescriptor, RxStatus } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, ReceiveControlBit as Control } from "../../../hal/nic/e1000-registers.ts";
import { Bench, MAC, RX_BUFFERS, frameTo } from "./bench.ts";

const LAST = RxStatus.DD | RxStatus.EOP | RxStatus.IXSM;
const UNTOUCHED = 0xee;

/** RCTL.BSIZE, BSEX, and the size that they mean. */
const SIZES = [
  [0, 0, 2048],
  [1, 0, 1024],
  [2, 0, 512],
  [3, 0, 256],
  [0, Control.BSEX, 2048],
  [1, Control.BSEX, 16_384],
  [2, Control.BSEX, 8_192],
  [3, Control.BSEX, 4_096],
] as const;

/** A ring of `count` descriptors whose buffers lie apart, filled with what the device has not written. */
function ring(count: number, bufferBytes: number, control: number): Bench {
  const bench = new Bench({ limits: { wireFrameBytes: 16_384, wireBytes: 65_536 } });
  bench.receiveRing(count, count - 1, control | Control.LPE, bufferBytes);
  bench.ram.fill(bench.memory + RX_BUFFERS, count * bufferBytes, UNTOUCHED);
  return bench;
}

/** Lengths and statuses of the descriptors that a frame took. */
const parts = (bench: Bench): number[][] => Array.from({ length: bench.read(Register.RDH) }, (_, i) => [bench.rx(i).frameBytes, bench.rx(i).status]);

function expected(bytes: number, bufferBytes: number): number[][] {
  const answer: number[][] = [];
  for (let left = bytes; left > 0; left -= bufferBytes) answer.push([Math.min(left, bufferBytes), left <= bufferBytes ? LAST : RxStatus.DD]);
  return answer;
}

describe.each(SIZES)("BSIZE %d, BSEX %d: buffers of %d bytes", (size, extension, bufferBytes) => {
  const control = (size << 16) | extension;

  test.each(["with its FCS", "without"])("a frame %s fills buffer after buffer, at every border", (kind) => {
    const stripped = kind === "without";
    for (const around of [1, 2, 3]) {
      for (let extra = -6; extra <= 2; extra++) {
        const bytes = Math.max(60, around * bufferBytes + extra);
        if (bytes + 4 > 16_384) continue;
        const bench = ring(bufferBytes > 4_096 ? 8 : 16, bufferBytes, control | (stripped ? Control.SECRC : 0));
        const frame = frameTo(MAC, bytes, bytes);
        bench.arrive(frame);
        expect(parts(bench)).toEqual(expected(bytes + (stripped ? 0 : 4), bufferBytes));
        const stored = bench.bytes(RX_BUFFERS, bytes + 8);
        expect([Buffer.compare(Buffer.from(stored.slice(0, bytes)), frame), stored.slice(bytes)]).toEqual([0, new Array(8).fill(UNTOUCHED)]);
      }
    }
  });

  test("the longest frame there is", () => {
    const bench = ring(bufferBytes > 4_096 ? 8 : 72, bufferBytes, control);
    bench.arrive(frameTo(MAC, 16_380, 1));
    expect(parts(bench)).toEqual(expected(16_384, bufferBytes));
    expect(Buffer.compare(Buffer.from(bench.bytes(RX_BUFFERS, 16_380)), frameTo(MAC, 16_380, 1))).toBe(0);
  });
});

describe("length limits (13.7.36)", () => {
  test.each([
    ["neither LPE nor SBP", 0, 1_518],
    ["LPE", Control.LPE, 16_380],
    ["LPE, FCS stripped: the limit counts it", Control.LPE | Control.SECRC, 16_380],
    ["SBP lifts the limit, the staging's remains", Control.SBP, 16_380],
  ])("%s: up to %s bytes", (_name, control, longest) => {
    const bench = new Bench({ limits: { wireFrameBytes: 16_384, wireBytes: 65_536 } });
    bench.receiveRing(16, 15, control);
    for (const bytes of [longest, longest + 1]) bench.arrive(frameTo(MAC, bytes));
    expect(bench.account).toMatchObject({ received: 1, tooLong: 1 });
  });
});

describe("padding descriptors (3.2.5)", () => {
  test.each([
    ["first", [0]],
    ["in the middle", [1]],
    ["several, everywhere", [0, 2, 3, 5]],
  ])("%s: passed over with DD alone, the frame goes on behind them", (_name, padding) => {
    const bench = ring(16, 256, 3 << 16);
    for (const index of padding) bench.rxDescriptor(index, 0);
    const frame = frameTo(MAC, 700);
    bench.arrive(frame);
    const used = bench.read(Register.RDH);
    const stored: number[] = [];
    for (let i = 0; i < used; i++) {
      if (padding.includes(i)) expect(bench.rx(i)).toEqual({ frameBytes: 0, status: RxStatus.DD, errors: 0 });
      else stored.push(...bench.received(i, bench.rx(i).frameBytes, 256));
    }
    expect(used).toBe(3 + padding.length);
    expect(stored).toEqual([...frame, ...new Array(4).fill(UNTOUCHED)]);
  });

  test("behind the frame: left for the next one", () => {
    const bench = ring(16, 2048, 0);
    bench.rxDescriptor(1, 0);
    bench.arrive(frameTo(MAC, 60));
    expect([bench.read(Register.RDH), bench.rx(1).status]).toEqual([1, 0]);
    bench.arrive(frameTo(MAC, 60));
    expect([bench.read(Register.RDH), bench.rx(1).status, bench.rx(2).status]).toEqual([3, RxStatus.DD, LAST]);
  });

  test("nothing but padding up to the tail: missed, and nothing is passed over", () => {
    const bench = ring(8, 2048, 0);
    for (let i = 0; i < 7; i++) bench.rxDescriptor(i, 0);
    bench.arrive(frameTo(MAC, 60));
    expect([bench.account.noDescriptor, bench.read(Register.RDH), bench.rx(0).status]).toEqual([1, 0, 0]);
  });

  test("made padding while its frame is under way: the frame is written where it was to go, or not at all", () => {
    const bench = ring(8, 256, 3 << 16);
    bench.write(Register.RXCSUM, 0x300);
    bench.nic.wire.offer(frameTo(MAC, 500), 0);
    bench.board.idleUntil(524 * 8 + 165);
    for (let i = 0; i < 8; i++) bench.rxDescriptor(i, 0);
    bench.settle();
    expect([bench.unaccounted(), bench.account.inFlight]).toEqual([0, 0]);
  });
});

describe("a descriptor that was used before", () => {
  test("the last one of a frame is written anew as a whole (3.2.3)", () => {
    const bench = ring(8, 2048, 0);
    bench.ram.fill(bench.rxAt(0) + 8, 8, 0xff);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.bytes(0x1000 + 8, 8)).toEqual([64, 0, 0, 0, LAST, 0, 0, 0]);
  });

  test("one that holds no end says that it does not; the bits that mean nothing then stay", () => {
    const bench = ring(8, 256, 3 << 16);
    for (const index of [0, 1]) RxDescriptor.status.set(bench.ram, bench.rxAt(index), 0xff);
    bench.arrive(frameTo(MAC, 300));
    expect([bench.rx(0).status, bench.rx(1).status]).toEqual([0xff & ~RxStatus.EOP, LAST]);
  });
});
