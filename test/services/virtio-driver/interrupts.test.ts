/** Interrupts that the driver asks for at the right moment: none is missed, and none is asked for in vain. */

import { expect, test } from "vitest";
import { VirtioRegister as Register } from "../../../hal/nic/virtio/mmio-registers.ts";
import { DriverBench } from "../driver/bench.ts";
import { NIC } from "../driver/kind.ts";
import { Ask, asking } from "../driver/station.ts";
import { virtioKind } from "../driver/virtio-kind.ts";
import { fromClient } from "./client-frame.ts";

test.each([
  ["on one queue, with buffers short", 1, { rxPosted: 8, buffers: 6 }],
  ["on two queues, with buffers short", 2, { rxPosted: 8, buffers: 6 }],
  ["on two queues that are dry with one frame", 2, { rxPosted: 1, buffers: 8 }],
])("two frames %s, the second at every cycle around the run for the first: both are with net soon", (_name, pairs, numbers) => {
  const bench = new DriverBench(virtioKind(pairs), numbers);
  const mark = bench.mark();
  const late: number[] = [];
  for (let offset = 600; offset <= 2200; offset++) {
    bench.rewind(mark);
    const { machine } = bench;
    const startCycle = machine.now() + 20_000;
    machine.offer(NIC, asking(Ask.nothing, 60, 1), startCycle);
    machine.offer(NIC, pairs === 1 ? asking(Ask.nothing, 60, 2) : fromClient(1, 2), startCycle + offset);
    machine.runUntilCycle(startCycle + offset + 12_000);
    if (bench.taken.length + bench.account.noDescriptor !== 2) late.push(offset);
  }
  expect(late).toEqual([]);
});

test("frames that wait for a slow net while buffers are short, and one more at every cycle around the runs for them", () => {
  const bench = new DriverBench(virtioKind(1), { rxPosted: 8, buffers: 6, slow: 400 });
  const mark = bench.mark();
  const late: number[] = [];
  for (let offset = 0; offset <= 4000; offset++) {
    bench.rewind(mark);
    const { machine } = bench;
    const startCycle = machine.now() + 20_000;
    for (let i = 0; i < 3; i++) machine.offer(NIC, asking(Ask.hold, 60, i), startCycle);
    machine.offer(NIC, asking(Ask.nothing, 60, 9), startCycle + 3 * 672 + offset);
    machine.runUntilCycle(startCycle + offset + 20_000);
    if (bench.taken.length !== 4) late.push(offset);
  }
  expect(late).toEqual([]);
});

test("frames that fill a queue and are followed by nothing are taken back by interrupts, down to a quarter", () => {
  const bench = new DriverBench(virtioKind(1), { txDescriptors: 32, buffers: 38 });
  const before = bench.wakeUps;
  bench.offer(asking(Ask.flood));
  bench.runTicks(5);
  expect(bench.sent.length).toBeGreaterThan(20);
  expect(bench.figures.sending).toBeLessThan(8);
  expect(bench.wakeUps - before).toBeLessThan(8);
});

test("frames that are sent one by one cost no interrupt of their own", () => {
  const bench = new DriverBench(virtioKind(1), { txDescriptors: 32, buffers: 64 });
  const before = bench.wakeUps;
  for (let i = 0; i < 100; i++) bench.arrive(asking(Ask.echo, 60, i));
  expect([bench.sent.length, bench.wakeUps - before]).toEqual([100, 100]);
  expect(bench.nic.read(Register.InterruptStatus)).toBe(0);
});
