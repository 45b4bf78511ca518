import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChoiceSite } from "../../hal/chance.ts";
import { tinyHalLimits } from "../../hal/limits.ts";
import { WireFrame, WireStage } from "../../hal/wire-frame.ts";
import type { Wire } from "../../hal/wire.ts";
import { wireCycles } from "../../hal/ethernet.ts";
import { Line } from "./line.ts";

const bytesOf = (length: number, value = 1): Uint8Array => new Uint8Array(length).fill(value);

describe("time on a 1 Gbit/s wire", () => {
  test("a frame's own time counts padding, FCS, preamble and gap", () => {
    expect(wireCycles(60)).toBe(84 * 8);
    expect(wireCycles(1)).toBe(84 * 8);
    expect(wireCycles(1514)).toBe(1538 * 8);
  });

  test("frames offered at once arrive one after the other, each after its own time", () => {
    const line = new Line();
    line.wire.offer(bytesOf(60), 0);
    line.wire.offer(bytesOf(1514), 0);
    line.wire.offer(bytesOf(100), 0);
    expect(line.take().cycle).toBe(672);
    expect(line.take().cycle).toBe(672 + 12_304);
    expect(line.take().cycle).toBe(672 + 12_304 + 992);
  });

  test("a frame is not there before its time", () => {
    const line = new Line();
    line.wire.offer(bytesOf(60), 5_000);
    line.wire.offer(bytesOf(60), 5_001);
    line.wire.offer(bytesOf(60), 9_999);
    expect(line.wire.takeArrival()).toBe(0);
    expect([line.take().cycle, line.take().cycle, line.take().cycle]).toEqual([5_000, 5_672, 9_999]);
  });

  test("a frame offered late arrives now, not in the past", () => {
    const line = new Line();
    line.clock.moveTo(40_000);
    line.wire.offer(bytesOf(60), 3);
    expect(line.take().cycle).toBe(40_000);
  });

  test("one arrival event is under way at a time", () => {
    const line = new Line();
    for (let i = 0; i < 10; i++) line.wire.offer(bytesOf(60), 0);
    expect(line.events.count()).toBe(1);
    line.take();
    expect(line.events.count()).toBe(1);
  });

  test("the device is told of the cable once, however often it is moved before", () => {
    const line = new Line();
    for (let i = 0; i < 1000; i++) line.wire.plug(i % 2 === 1);
    line.wire.plug(false);
    expect([line.events.count(), line.wire.isPlugged()]).toEqual([1, false]);
    line.events.dropHead();
    line.wire.plugTold();
    line.wire.plug(true);
    expect([line.events.count(), line.wire.isPlugged()]).toEqual([1, true]);
  });

  test("a device that cancelled its events is told of the next arrival, and of the next move of the cable", () => {
    const line = new Line();
    line.wire.offer(bytesOf(60), 0);
    line.wire.plug(false);
    line.events.cancel(line.events.headDevice());
    line.wire.eventsCancelled();
    expect([line.events.count(), line.events.headCycle()]).toEqual([1, 672]);
    line.wire.plug(true);
    expect(line.events.count()).toBe(2);
  });

  test("the outgoing direction is busy for a frame's own time", () => {
    const line = new Line();
    expect(line.wire.departureCycle()).toBe(0);
    line.wire.depart(60);
    expect(line.wire.departureCycle()).toBe(672);
    line.clock.moveTo(1_000);
    expect(line.wire.departureCycle()).toBe(1_000);
  });
});

describe("what is staged", () => {
  test("a short frame is padded with zeros to 60", () => {
    const line = new Line();
    line.ram.fill(line.ram.bytes - 65_536, 65_536, 0xee);
    line.wire.offer(bytesOf(14, 7), 0);
    const frame = line.take();
    expect(frame.frameBytes).toBe(60);
    expect(frame.bytes).toEqual([...bytesOf(14, 7), ...bytesOf(46, 0)]);
  });

  test("a frame over the limit is cut, and its length remembered", () => {
    const line = new Line();
    line.wire.offer(bytesOf(9_000, 5), 0);
    const frame = line.take();
    expect(frame.frameBytes).toBe(9_000);
    expect(frame.bytes).toEqual([...bytesOf(2_048, 5)]);
    expect(frame.cycle).toBe(wireCycles(9_000));
    expect(line.state.cut).toBe(1);
  });

  test("ordinals count every frame offered, from 1", () => {
    const line = new Line();
    expect([1, 2, 3].map(() => line.wire.offer(bytesOf(60), 0))).toEqual([1, 2, 3]);
    expect([line.take().ordinal, line.take().ordinal, line.take().ordinal]).toEqual([1, 2, 3]);
  });

  test("an arrival at a fraction of a cycle is our own mistake", () => {
    expect(() => new Line().wire.offer(bytesOf(60), 0.5)).toThrow("whole cycle");
  });
});

describe("bounds", () => {
  test("no entry is left: refused, and nothing has changed", () => {
    const line = new Line(tinyHalLimits);
    for (let i = 0; i < tinyHalLimits.wireFrames; i++) expect(line.wire.offer(bytesOf(60), 0)).toBe(i + 1);
    const before = line.ram.u8.slice();
    expect(line.wire.offer(bytesOf(60), 0)).toBe(-1);
    expect(line.ram.u8).toEqual(before);
  });

  test("whether there is room is known before, to the byte and to the entry", () => {
    const line = new Line({ wireBytes: 3_072 });
    line.wire.offer(bytesOf(2_000), 0);
    expect([line.wire.hasRoom(1_072), line.wire.hasRoom(1_073), line.wire.hasRoom(9_000)]).toEqual([true, false, false]);
    const full = new Line({ wireFrames: 1 });
    expect(full.wire.hasRoom(9_000)).toBe(true);
    full.wire.offer(bytesOf(60), 0);
    expect(full.wire.hasRoom(1)).toBe(false);
  });

  test("no bytes are left: refused until the oldest frame is given back", () => {
    const line = new Line({ wireBytes: 3_072 });
    expect(line.wire.offer(bytesOf(2_000), 0)).toBe(1);
    expect(line.wire.offer(bytesOf(1_000), 0)).toBe(2);
    expect(line.wire.offer(bytesOf(100), 0)).toBe(-1);
    line.wire.release(line.take().at);
    expect(line.wire.offer(bytesOf(1_999), 0)).toBe(3);
    expect(line.wire.offer(bytesOf(100), 0)).toBe(-1);
  });

  test("a frame given back before an older one frees nothing yet", () => {
    const line = new Line({ wireFrames: 2 });
    line.wire.offer(bytesOf(60), 0);
    line.wire.offer(bytesOf(60), 0);
    const first = line.take();
    const second = line.take();
    line.wire.release(second.at);
    expect(line.wire.offer(bytesOf(60), 0)).toBe(-1);
    line.wire.release(first.at);
    expect(line.state.count).toBe(0);
    expect(line.wire.offer(bytesOf(60), 0)).toBe(3);
  });

  test("a wire that is used for ever keeps each frame's bytes until it is given back", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("offer" as const), bytes: fc.integer({ min: 0, max: 2_600 }) }),
      fc.record({ kind: fc.constant("take" as const) }),
      fc.record({ kind: fc.constant("release" as const), pick: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const line = new Line(tinyHalLimits);
        const waiting: Uint8Array[] = [];
        const taken: { at: ReturnType<Wire["takeArrival"]>; content: Uint8Array }[] = [];
        let made = 0;
        for (const now of steps) {
          if (now.kind === "offer") {
            const frame = Uint8Array.from({ length: now.bytes }, (_, i) => (i * 13 + made * 5) & 0xff);
            if (line.wire.offer(frame, 0) > 0) waiting.push(frame);
            made += 1;
          } else if (now.kind === "take" && waiting.length > 0) {
            taken.push({ at: line.take().at, content: waiting.shift() as Uint8Array });
          } else if (now.kind === "release" && taken.length > 0) {
            const [gone] = taken.splice(now.pick % taken.length, 1);
            line.wire.release(gone.at);
          }
          for (const { at, content } of taken) {
            const from = line.wire.bytesAt(at);
            const kept = Math.min(content.length, tinyHalLimits.wireFrameBytes);
            expect(Buffer.compare(line.ram.u8.slice(from, from + kept), content.slice(0, kept))).toBe(0);
          }
          expect(line.state.count).toBeLessThanOrEqual(tinyHalLimits.wireFrames);
        }
        while (waiting.length > 0) taken.push({ at: line.take().at, content: waiting.shift() as Uint8Array });
        for (const { at } of taken) line.wire.release(at);
        expect(line.state.count).toBe(0);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe("chance", () => {
  test("is asked once a frame, for this NIC, and not when there is no room", () => {
    const asked: number[][] = [];
    const line = new Line({ wireFrames: 1 }, (site, entity, n) => {
      asked.push([site, entity, n]);
      return 0;
    });
    line.wire.offer(bytesOf(60), 0);
    line.wire.offer(bytesOf(60), 0);
    expect(asked).toEqual([[ChoiceSite.frameLost, 0, 2]]);
  });

  test("a lost frame has an ordinal and its time, and never arrives", () => {
    let asked = 0;
    const line = new Line({}, () => (++asked === 1 ? 1 : 0));
    expect(line.wire.offer(bytesOf(1514), 0)).toBe(1);
    expect(line.wire.offer(bytesOf(60), 0)).toBe(2);
    const frame = line.take();
    expect([frame.ordinal, frame.cycle]).toEqual([2, wireCycles(1514) + 672]);
    expect(line.events.count()).toBe(0);
    expect([line.state.offered, line.state.lost]).toEqual([2, 1]);
  });
});

test("frames are found by stage, the oldest first", () => {
  const line = new Line();
  for (let i = 0; i < 3; i++) line.wire.offer(bytesOf(60), 0);
  const [first, second] = [line.take(), line.take()];
  WireFrame.stage.set(line.ram, first.at, WireStage.copied);
  WireFrame.stage.set(line.ram, second.at, WireStage.accepted);
  expect(line.wire.oldestAt(WireStage.accepted)).toBe(second.at);
  expect(line.wire.oldestAt(WireStage.accepted, WireStage.refused)).toBe(first.at);
  expect(line.wire.oldestAt(WireStage.refused)).toBe(0);
});
