/** What is particular to the driver of an 82540EM; what it has in common with every driver stands in driver/. */

import { describe, expect, test } from "vitest";
import { DESCRIPTOR_BYTES, RxDescriptor } from "../../hal/nic/descriptors.ts";
import { E1000File } from "../../hal/nic/e1000-file.ts";
import { E1000Register as Register, InterruptCause as Cause } from "../../hal/nic/e1000-registers.ts";
import type { Address } from "../../hal/field.ts";
import { Errno } from "../../kernel/errno.ts";
import { FIRST_ORDINALS } from "../../services/driver-api.ts";
import type { BenchNumbers } from "./driver/bench.ts";
import { DriverBench } from "./driver/bench.ts";
import { e1000Kind } from "./driver/e1000-kind.ts";
import { NIC, RINGS, stateOfDriver } from "./driver/kind.ts";
import { frames } from "./driver/receive-cases.ts";
import { Ask, asking } from "./driver/station.ts";

function benchOf(numbers: BenchNumbers = {}): DriverBench {
  return new DriverBench(e1000Kind, numbers);
}

/** The device's register file, as it lies in RAM: reading it there has no side effects. */
function file(bench: DriverBench): Address<"E1000File"> {
  return bench.partAt(`${NIC}.registers`) as Address<"E1000File">;
}

describe("start (14.3 to 14.5)", () => {
  test("resets the device, reads its address, posts buffers, switches on", () => {
    const bench = benchOf({ rxDescriptors: 16, rxPosted: 10 });
    expect(stateOfDriver(bench)).toMatchObject({ phase: 1, startStatus: 0, macLow: 0x0000_0002, macHigh: 0x0100, rxPosted: 10, linkUp: 1 });
    expect(bench.account.resets).toBe(2);
    expect(bench.buffersInUse).toBe(10);
  });

  test.each<[string, number, number]>([
    ["RCTL: EN, LPE, BAM, SECRC; no SBP, so bad frames are not stored; buffers of 2048 bytes", Register.RCTL, 0x0400_8022],
    ["TCTL: EN, PSP, collision threshold and distance", Register.TCTL, 0x0004_00fa],
    ["TIPG: gaps for copper", Register.TIPG, 0x0060_200a],
    ["IMS: frames and the link", Register.IMS, Cause.RXT0 | Cause.LSC],
    ["RXCSUM: checksums are net's to judge", Register.RXCSUM, 0],
    ["RDLEN", Register.RDLEN, 16 * DESCRIPTOR_BYTES],
    ["RDH", Register.RDH, 0],
    ["RDT: not the whole ring", Register.RDT, 10],
    ["TDLEN", Register.TDLEN, 8 * DESCRIPTOR_BYTES],
    ["TDH", Register.TDH, 0],
    ["TDT", Register.TDT, 0],
    ["RAL0", Register.RAL0, 0x0000_0002],
    ["RAH0: valid", Register.RAH0, 0x8000_0100 | 0],
    ["RDTR: no delay", Register.RDTR, 0],
    ["ITR: no moderation", Register.ITR, 0],
  ])("%s", (_name, register, value) => {
    expect(benchOf({ rxDescriptors: 16, rxPosted: 10 }).nic.read(register)).toBe(value);
  });

  test("a ring's length is a multiple of 8 descriptors", () => {
    const bench = benchOf({ rxDescriptors: 12, rxPosted: 99, txDescriptors: 3 });
    expect(stateOfDriver(bench)).toMatchObject({ rxCount: 16, rxPosted: 15, rxWanted: 15, txCount: 8 });
  });

  test.each<[string, BenchNumbers, number]>([
    ["rings too small", { ringsBytes: 128, rxDescriptors: 8192 }, Errno.invalidMemoryRegion],
    ["nothing to post", { rxPosted: 0 }, Errno.invalidArgument],
    ["no transmit ring", { txDescriptors: 0 }, Errno.invalidArgument],
    ["no memory for the tables", { rxDescriptors: 4096, ringsBytes: 128 * 1024 }, Errno.outOfMemory],
  ])("%s: it ends and says why", (_name, numbers, status) => {
    const bench = benchOf(numbers);
    expect(stateOfDriver(bench)).toMatchObject({ phase: 0, startStatus: status });
    expect([bench.driverLine.fault, bench.buffersInUse]).toEqual([null, 0]);
  });
});

describe("receiving (3.2)", () => {
  test("a frame costs the driver less than 900 cycles, receiving, refilling and sending on", () => {
    const bench = benchOf();
    const before = bench.driverLine.cyclesUsed;
    for (let i = 0; i < 50; i++) bench.arrive(asking(Ask.echo, 200));
    expect(bench.sent.length).toBe(50);
    expect((bench.driverLine.cyclesUsed - before) / 50).toBeLessThan(900);
  });

  test("a frame over several descriptors is passed over and counted once", () => {
    const bench = benchOf();
    // The device is told that buffers have 256 bytes: a frame of 600 takes three descriptors.
    bench.nic.write(Register.RCTL, 0x0403_8022);
    bench.arrive(asking(Ask.nothing, 600), asking(Ask.nothing, 100));
    expect(stateOfDriver(bench)).toMatchObject({ rxBad: 1, rxFrames: 1, rxOrdinal: 2, rxPosted: 8 });
    expect(bench.taken.map(({ frameBytes, ordinal }) => [frameBytes, ordinal])).toEqual([[100, 2]]);
    expect(bench.broken()).toEqual([]);
  });

  test("a slot that has been taken has no address: a device that is behind writes into no buffer of others", () => {
    const bench = benchOf();
    bench.arrive(...frames(3));
    const at = (slot: number): Address<"RxDescriptor"> => (bench.partAt(`region.${RINGS}`) + slot * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
    const lies = Array.from({ length: 16 }, (_, slot) => RxDescriptor.bufferAddress.get(bench.machine.ram, at(slot)) !== 0);
    expect(lies).toEqual([...Array<boolean>(3).fill(false), ...Array<boolean>(8).fill(true), ...Array<boolean>(5).fill(false)]);
  });

  test("a VLAN tag stays in the frame (9.3: CTRL.VME is off)", () => {
    const bench = benchOf();
    const tagged = asking(Ask.nothing, 64, 5);
    tagged.set([0x81, 0x00, 0x00, 0x07], 12);
    bench.arrive(tagged);
    expect(bench.taken.map(({ frameBytes }) => frameBytes)).toEqual([64]);
  });
});

describe("sending (3.3)", () => {
  test("what was sent is taken back without being asked for, up to a quarter of the ring", () => {
    const bench = benchOf({ txDescriptors: 16, buffers: 64 });
    for (let i = 0; i < 20; i++) bench.arrive(asking(Ask.echo));
    expect(bench.figures.sending).toBeLessThan(4);
    expect(bench.nic.read(Register.IMS) & Cause.TXDW).toBe(0);
  });

  test("a ring in use by a quarter and more is watched by interrupts, until it is not", () => {
    const bench = benchOf({ txDescriptors: 32, buffers: 30 });
    bench.offer(asking(Ask.flood));
    let watched = 0;
    while (!bench.machine.quiet()) {
      bench.machine.step();
      watched = Math.max(watched, stateOfDriver(bench).txWatched);
    }
    expect(watched).toBe(1);
    expect(bench.sent.length).toBe(22);
    expect(bench.figures.sending).toBeLessThan(8);
    expect([stateOfDriver(bench).txWatched, bench.nic.read(Register.IMS) & Cause.TXDW]).toEqual([0, 0]);
  });

  test.each([[16, 0], [17, 1], [2048, 1], [2049, 0]])("a frame of %i bytes: %i are sent", (bytes, sent) => {
    const bench = benchOf();
    bench.arrive(asking(Ask.sendBytes, 60, 0, bytes));
    expect([bench.sent.length, bench.figures.sendDropped]).toEqual([sent, 1 - sent]);
  });
});

describe("the watch", () => {
  test("costs less than 0.001 % of the time when nothing happens", () => {
    const bench = benchOf();
    bench.runTicks(500);
    const [before, runs] = [bench.driverLine.cyclesUsed, bench.runs];
    bench.runTicks(10_000);
    expect(bench.runs - runs).toBe(10);
    expect((bench.driverLine.cyclesUsed - before) / 10_000_000_000).toBeLessThan(0.000_01);
  });

  test.each<[string, { set: (ram: DriverBench["machine"]["ram"], at: Address<"E1000File">, value: number) => void }, number]>([
    ["RDLEN", E1000File.RDLEN, 0],
    ["RDBAL", E1000File.RDBAL, 0x4000],
    ["RCTL", E1000File.RCTL, 0],
    ["TDLEN", E1000File.TDLEN, 0],
    ["TDBAL", E1000File.TDBAL, 0x4000],
    ["TCTL", E1000File.TCTL, 0],
    ["IMS", E1000File.IMS, 0],
  ])("a device that has lost its %s is set to work anew, without a frame", (_name, field, value) => {
    const bench = benchOf();
    field.set(bench.machine.ram, file(bench), value);
    bench.runTicks(1100);
    expect(bench.figures).toMatchObject({ recoveries: 1, posted: 8, running: true });
  });

  test("a receiver that finds no descriptor though all are posted is set to work anew", () => {
    const bench = benchOf();
    bench.runTicks(1100);
    // The device believes that nothing is posted.
    E1000File.RDT.set(bench.machine.ram, file(bench), E1000File.RDH.get(bench.machine.ram, file(bench)));
    bench.arrive(...frames(3));
    expect([bench.account.noDescriptor, bench.figures.recoveries]).toEqual([3, 0]);
    bench.runTicks(1100);
    expect(bench.figures.recoveries).toBe(1);
    bench.arrive(...frames(3));
    expect(bench.taken.length).toBe(3);
  });

  test("a ring that was really dry is none of that", () => {
    const bench = benchOf({ rxPosted: 4, buffers: 6, releaseTicks: 700 });
    for (let second = 0; second < 6; second++) {
      bench.offer(...frames(12, Ask.hold));
      bench.runTicks(1000);
    }
    expect(bench.account.noDescriptor).toBeGreaterThan(20);
    expect(bench.figures.recoveries).toBe(0);
  });

  test("a frame that is finished while the device is being given up is not lost: an arrival at every cycle around it", () => {
    const bench = benchOf();
    bench.machine.runUntilCycle(999_900_000);
    // The device still receives, but would never say so.
    E1000File.IMS.set(bench.machine.ram, file(bench), 0);
    const mark = bench.mark();
    const seen = { received: 0 };
    for (let offset = -700; offset <= 4500; offset++) {
      bench.rewind(mark);
      bench.machine.offer(NIC, asking(Ask.nothing), 1_000_000_000 + offset);
      bench.runTicks(2);
      const { received, linkDown } = bench.account;
      expect([offset, received + linkDown, bench.taken.length, bench.figures.recoveries]).toEqual([offset, 1, received, 1]);
      seen.received += received;
    }
    expect(seen.received).toBeGreaterThan(2000);
    expect(seen.received).toBeLessThan(5200);
  });

  test("a transmit ring that was watched by interrupts before is watched by them again", () => {
    const bench = benchOf({ txDescriptors: 32, buffers: 48 });
    bench.offer(asking(Ask.sendLater, 60, 0, 20));
    bench.runTicks(2);
    e1000Kind.stop(bench);
    bench.runTicks(20);
    expect(stateOfDriver(bench)).toMatchObject({ txWatched: 1, txUsed: 20 });
    bench.waitForWatch();
    expect(stateOfDriver(bench)).toMatchObject({ recoveries: 1, txWatched: 0, txUsed: 0 });
    bench.arrive(asking(Ask.flood));
    bench.runTicks(5);
    expect(bench.figures.sending).toBeLessThan(8);
  });

  test("ordinals go on where they were, and count what the device had finished", () => {
    const bench = benchOf();
    bench.arrive(...frames(5));
    bench.nic.reset();
    bench.waitForWatch();
    bench.arrive(...frames(2));
    expect(bench.taken.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    bench.dieAt = bench.crossings + 1;
    bench.offer(asking(Ask.nothing));
    bench.runTicks(4);
    bench.arrive(asking(Ask.nothing));
    expect(bench.taken.at(-1)?.ordinal).toBe(FIRST_ORDINALS + 1);
  });
});

test("errors in a descriptor go along to net", () => {
  const bench = benchOf();
  const spoil = e1000Kind.lies.find(({ name }) => name === "frames in all slots that nobody sent");
  spoil?.tell(bench);
  e1000Kind.interrupt(bench);
  bench.settle();
  expect(bench.taken.map(({ errors }) => errors)).toEqual(Array<number>(8).fill(0xff));
});
