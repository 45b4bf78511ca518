import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DESCRIPTOR_BYTES } from "../../hal/nic/descriptors.ts";
import { E1000Register as Register, InterruptCause as Cause } from "../../hal/nic/e1000-registers.ts";
import { Errno } from "../../kernel/errno.ts";
import { Ask, DriverBench, asking } from "./e1000-driver/bench.ts";

describe("start", () => {
  test("resets the device, reads its address, posts buffers, switches on", () => {
    const bench = new DriverBench({ rxDescriptors: 16, rxPosted: 10 });
    expect(bench.driver).toMatchObject({ phase: 1, startStatus: 0, macLow: 0x0000_0002, macHigh: 0x0100, rxPosted: 10 });
    expect(bench.account.resets).toBe(2);
    expect(bench.buffersInUse).toBe(10);
    expect([Register.RDH, Register.RDT, Register.RDLEN].map((at) => bench.nic.read(at))).toEqual([0, 10, 16 * DESCRIPTOR_BYTES]);
    // RCTL: EN, LPE, BAM, SECRC.
    expect(bench.nic.read(Register.RCTL)).toBe(0x0400_8022);
    expect(bench.nic.read(Register.IMS)).toBe(Cause.RXT0 | Cause.LSC);
  });

  test("a ring is never filled completely, and its length is a multiple of 8", () => {
    const bench = new DriverBench({ rxDescriptors: 12, rxPosted: 99 });
    expect(bench.driver).toMatchObject({ rxCount: 16, rxPosted: 15, rxWanted: 15 });
    expect(bench.nic.read(Register.RDT)).toBe(15);
  });

  test.each([
    ["rings too small", { ringsBytes: 128, rxDescriptors: 8192 }, Errno.invalidMemoryRegion],
    ["nothing to post", { rxPosted: 0 }, Errno.invalidArgument],
    ["no transmit ring", { txDescriptors: 0 }, Errno.invalidArgument],
    ["no memory for the tables", { rxDescriptors: 4096 }, Errno.outOfMemory],
  ])("%s: it ends and says why", (_name, numbers, status) => {
    const bench = new DriverBench(numbers);
    expect(bench.driver).toMatchObject({ phase: 0, startStatus: status });
    expect([bench.fault, bench.buffersInUse]).toEqual([null, 0]);
  });
});

describe("receiving", () => {
  test("frames go on in order, with the device's ordinals, and the ring stays full", () => {
    const bench = new DriverBench();
    const frames = Array.from({ length: 300 }, (_, i) => asking(Ask.nothing, 60 + (i % 700), i));
    for (const frame of frames) bench.arrive(frame);
    expect(bench.station).toMatchObject({ frames: 300, ordinal: 300, bytes: frames.reduce((sum, frame) => sum + frame.length, 0) });
    expect(bench.ordinals).toEqual(frames.map((_, i) => i + 1));
    expect(bench.driver).toMatchObject({ rxFrames: 300, rxDropped: 0, rxBad: 0, rxPosted: 8 });
    expect([bench.buffersInUse, bench.lostBuffers()]).toEqual([8, 0]);
  });

  test("the bytes that net gets are the bytes from the wire", () => {
    const bench = new DriverBench();
    const frames = [60, 61, 64, 1514, 2048].map((bytes, i) => asking(Ask.echo, bytes, i));
    bench.arrive(...frames);
    expect(bench.sent).toEqual(frames);
  });

  test("a frame costs the driver less than 900 cycles, receiving, refilling and sending on", () => {
    const bench = new DriverBench();
    const used = (): number => bench.machine.inspect("processes", 0).cyclesUsed as number;
    const before = used();
    for (let i = 0; i < 50; i++) bench.arrive(asking(Ask.echo, 200));
    expect(bench.sent.length).toBe(50);
    expect((used() - before) / 50).toBeLessThan(900);
  });

  test("net's queue is full: frames wait in the ring, the device drops the rest, and nothing is lost in between", () => {
    const bench = new DriverBench({ framesQueue: 2, slow: 10_000 });
    bench.arrive(...Array.from({ length: 40 }, (_, i) => asking(Ask.nothing, 60, i)));
    const { rxFrames, rxDropped, pauses } = bench.driver;
    expect(pauses).toBeGreaterThan(0);
    expect([rxDropped, rxFrames]).toEqual([0, bench.account.received]);
    expect(bench.station.frames).toBe(rxFrames);
    bench.arrive(asking(Ask.nothing));
    expect(bench.station.ordinal).toBe(bench.account.received);
    expect([bench.driver.rxPosted, bench.lostBuffers()]).toEqual([8, 0]);
  });

  test("a burst that waited while others had the processor is taken in runs of 32, and nothing is lost", () => {
    const bench = new DriverBench({ rxDescriptors: 256, rxPosted: 200, buffers: 256, framesQueue: 256, hogCalls: 40_000 });
    const { machine } = bench;
    machine.runUntilTick(machine.tick() + 1);
    bench.arrive(...Array.from({ length: 150 }, (_, i) => asking(Ask.nothing, 60, i)));
    expect(bench.station).toMatchObject({ frames: 150, ordinal: 150 });
    expect(bench.driver.budgetEnds).toBeGreaterThan(0);
    expect(bench.driver.interrupts).toBeLessThan(75);
  });
});

describe("buffers are short", () => {
  test("fewer than wanted: all that there are are posted, the machine can come to rest, a timer looks again", () => {
    const bench = new DriverBench({ rxPosted: 8, buffers: 5 });
    expect(bench.driver).toMatchObject({ rxPosted: 5, rxWanted: 8 });
    expect(bench.driver.shortTimer).toBeGreaterThan(0);
    bench.arrive(...Array.from({ length: 30 }, (_, i) => asking(Ask.nothing, 60, i)));
    expect(bench.station.frames + bench.account.noDescriptor).toBe(30);
    expect(bench.station.frames).toBeGreaterThan(5);
  });

  test("all are held by others: the device drops; when they come home, reception goes on by itself", () => {
    const bench = new DriverBench({ rxPosted: 4, buffers: 6, releaseTicks: 10 });
    bench.offer(...Array.from({ length: 8 }, (_, i) => asking(Ask.hold, 60, i)));
    bench.machine.runUntilTick(8);
    expect(bench.driver.rxPosted).toBe(0);
    expect([bench.account.noDescriptor, bench.driver.interrupts <= 6]).toEqual([2, true]);
    bench.machine.runUntilTick(25);
    expect(bench.driver).toMatchObject({ rxPosted: 4, shortTimer: 0 });
    bench.arrive(asking(Ask.nothing));
    expect(bench.station.frames).toBe(7);
    expect(bench.lostBuffers()).toBe(0);
  });

  test("a finished transmission gives its buffer back for receiving", () => {
    const bench = new DriverBench({ rxPosted: 4, buffers: 5, txDescriptors: 64 });
    for (let i = 0; i < 40; i++) bench.arrive(asking(Ask.echo, 60, i));
    expect(bench.sent.length).toBe(40);
    expect([bench.account.noDescriptor, bench.driver.rxShort, bench.lostBuffers()]).toEqual([0, 0, 0]);
  });
});

describe("sending", () => {
  test("frames leave unaltered, in order, round the ring many times", () => {
    const bench = new DriverBench({ buffers: 64 });
    const frames = Array.from({ length: 100 }, (_, i) => asking(Ask.echo, 60 + i, i));
    for (const frame of frames) bench.arrive(frame);
    expect(bench.sent).toEqual(frames);
    expect(bench.driver.txDropped).toBe(0);
    expect(bench.lostBuffers()).toBe(0);
  });

  test("what was sent is taken back without being asked for, up to a quarter of the ring", () => {
    const bench = new DriverBench({ txDescriptors: 16, buffers: 64 });
    for (let i = 0; i < 20; i++) bench.arrive(asking(Ask.echo));
    expect(bench.driver.txUsed).toBeLessThan(4);
    expect(bench.nic.read(Register.IMS) & Cause.TXDW).toBe(0);
  });

  test("a ring in use by a quarter and more is watched by interrupts, until it is not", () => {
    const bench = new DriverBench({ txDescriptors: 32, buffers: 30 });
    bench.offer(asking(Ask.flood));
    let watched = 0;
    while (!bench.machine.quiet()) {
      bench.machine.step();
      watched = Math.max(watched, bench.driver.txWatched);
    }
    expect(watched).toBe(1);
    expect(bench.sent.length).toBe(22);
    expect(bench.driver.txUsed).toBeLessThan(8);
    expect([bench.driver.txWatched, bench.nic.read(Register.IMS) & Cause.TXDW]).toEqual([0, 0]);
  });

  test("the ring is full: dropped, counted, the buffer goes home; then sending goes on", () => {
    const bench = new DriverBench({ buffers: 48, txDescriptors: 8 });
    bench.offer(asking(Ask.flood));
    let used = 0;
    while (!bench.machine.quiet()) {
      bench.machine.step();
      used = Math.max(used, bench.driver.txUsed);
    }
    const { txDropped } = bench.driver;
    expect(used).toBe(7);
    expect(txDropped).toBeGreaterThan(0);
    expect(bench.sent.length + txDropped + bench.station.refused).toBe(40);
    expect(bench.lostBuffers()).toBe(0);
    bench.arrive(asking(Ask.echo));
    expect(bench.sent.length + txDropped + bench.station.refused).toBe(41);
  });

  test("a handle that is stale is net's mistake: counted, and the driver lives", () => {
    const bench = new DriverBench();
    bench.arrive(asking(Ask.sendStale), asking(Ask.nothing));
    expect(bench.driver.txStrange).toBe(1);
    expect([bench.fault, bench.station.frames, bench.lostBuffers()]).toEqual([null, 2, 0]);
  });

  test.each([["no length", Ask.sendEmpty], ["a length beyond the buffer", Ask.sendHuge]])("%s: not sent, counted", (_name, ask) => {
    const bench = new DriverBench();
    bench.arrive(asking(ask));
    expect(bench.driver.txDropped).toBe(1);
    expect([bench.sent.length, bench.lostBuffers()]).toEqual([0, 0]);
  });
});

describe("shutdown", () => {
  test("the device is off, all buffers are home, frames find no receiver", () => {
    const bench = new DriverBench();
    bench.arrive(asking(Ask.echo), asking(Ask.echo), asking(Ask.shutdown));
    expect(bench.station.answered).toBe(1000);
    expect(bench.driver).toMatchObject({ phase: 2, rxPosted: 0, txUsed: 0 });
    expect([bench.buffersInUse, bench.nic.read(Register.RCTL), bench.nic.read(Register.IMS)]).toEqual([0, 0, 0]);
    bench.arrive(asking(Ask.nothing));
    expect(bench.account).toMatchObject({ linkDown: 1 });
  });

  test("with frames arriving, leaving and held: every buffer comes home, and the account is exact", () => {
    const bench = new DriverBench({ buffers: 24, releaseTicks: 5 });
    const asks = [Ask.echo, Ask.hold, Ask.echo, Ask.nothing, Ask.shutdown, Ask.echo, Ask.nothing, Ask.hold, Ask.nothing];
    bench.offer(...asks.map((ask, i) => asking(ask, 1514, i)));
    bench.settle();
    bench.machine.runUntilTick(bench.machine.tick() + 10);
    const { offered, received, filtered, noDescriptor, tooLong, linkDown } = bench.account;
    expect(offered).toBe(asks.length);
    expect(received + filtered + noDescriptor + tooLong + linkDown).toBe(offered);
    expect(bench.buffersInUse).toBe(0);
  });

  test("while buffers are short: the timer ends too", () => {
    const bench = new DriverBench({ rxPosted: 8, buffers: 3 });
    bench.arrive(asking(Ask.shutdown));
    expect(bench.driver).toMatchObject({ phase: 2, shortTimer: 0 });
    expect(bench.buffersInUse).toBe(0);
  });

  test("an unknown call is refused and changes nothing", () => {
    const bench = new DriverBench();
    bench.arrive(asking(Ask.callUnknown), asking(Ask.nothing));
    expect(bench.station).toMatchObject({ answered: 1000 + Errno.invalidMessage, frames: 2 });
  });
});

describe("a device that lies", () => {
  test("a frame over several descriptors is passed over and counted once", () => {
    const bench = new DriverBench();
    // The device is told that buffers have 256 bytes: a frame of 600 takes three descriptors.
    bench.nic.write(Register.RCTL, 0x0403_8022);
    bench.arrive(asking(Ask.nothing, 600), asking(Ask.nothing, 100));
    expect(bench.driver).toMatchObject({ rxBad: 1, rxFrames: 1, rxOrdinal: 2, rxPosted: 8 });
    expect(bench.station).toMatchObject({ frames: 1, ordinal: 2 });
    expect(bench.lostBuffers()).toBe(0);
  });

  test("whatever stands in the rings, the driver lives, and no buffer is lost", () => {
    const value = fc.oneof(fc.constantFrom(0, 1, 7, 0xff, 0xffff_ffff, 0x0007_0000, 0x0000_ffff), fc.integer({ min: 0, max: 0xffff_ffff }));
    const scribble = fc.record({ offset: fc.nat(24 * 4 - 1), value, ask: fc.constantFrom(Ask.nothing, Ask.echo, Ask.hold), causes: fc.constantFrom(0, 0x80, 0xffff_ffff) });
    let bad = 0;
    fc.assert(
      fc.property(fc.array(scribble, { minLength: 1, maxLength: 30 }), (steps) => {
        const bench = new DriverBench({ buffers: 40 });
        const rings = bench.machine.parts.find((part) => part.name === "region.rings");
        for (const { offset, value, ask, causes } of steps) {
          bench.machine.ram.i32[((rings?.base ?? 0) >> 2) + offset] = value;
          bench.nic.write(Register.ICS, causes);
          bench.arrive(asking(ask));
          expect([bench.fault, bench.lostBuffers()]).toEqual([null, 0]);
        }
        bad += bench.driver.rxBad;
      }),
      { seed: 1, numRuns: 60 },
    );
    expect(bad).toBeGreaterThan(0);
  });
});
