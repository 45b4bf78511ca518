/** Where the parts of a virtio network device meet: queues whose number depends on features, queues put out of use at work, rings that are written to. */

import { describe, expect, test } from "vitest";
import { VirtioFeature as Feature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { HEADER_BYTES, MAC, NetBench, USUAL } from "./net-bench.ts";
import { frameTo } from "./net-frames.ts";

test("a device of several pairs whose driver did not negotiate them: the third queue is the control queue, and is to be notified", () => {
  const bench = new NetBench({ queuePairs: 2 });
  bench.negotiate();
  for (let i = 0; i < 3; i++) bench.setUp(i);
  bench.write(Register.Status, bench.status | Status.DRIVER_OK);
  expect(bench.queues.map((queue) => queue.usedFlags)).toEqual([1, 0, 0]);
  expect(bench.command(0, 0, [0])).toBe(0);
  expect(bench.queues[2].usedFlags).toBe(0);
});

describe("a transmit queue that a command puts out of use", () => {
  test("is emptied all the same, then sleeps, and is there when it is used again", () => {
    const bench = new NetBench({ queuePairs: 2 }).start([...USUAL, Feature.MQ]);
    bench.command(4, 0, [2, 0]);
    for (let i = 0; i < 8; i++) bench.put(1, i, frameTo(MAC, 1500));
    bench.notify(3);
    bench.steps(2);
    bench.command(4, 0, [1, 0]);
    expect([bench.queues[3].usedIndex, bench.queues[3].usedFlags]).toEqual([8, 0]);
    bench.put(1, 8, frameTo(MAC, 60));
    bench.notify(3);
    bench.settle();
    expect(bench.queues[3].usedIndex).toBe(8);
    bench.command(4, 0, [2, 0]);
    bench.notify(3);
    bench.settle();
    expect([bench.queues[3].usedIndex, bench.sent.length]).toEqual([9, 9]);
  });
});

test("a cable that is pulled counts a generation, whether or not STATUS is negotiated yet", () => {
  const bench = new NetBench();
  bench.nic.wire.plug(false);
  bench.settle();
  expect([bench.read(Register.ConfigGeneration), bench.read(Register.InterruptStatus), bench.lineHigh()]).toEqual([1, 0, false]);
});

test("no MTU is offered whose frames could not be sent or received whole", () => {
  expect(() => new NetBench({ mtu: 2031 })).toThrow("MTU");
  const bench = new NetBench({ mtu: 2030 }).start([...USUAL, Feature.MTU]);
  bench.give(0, 1, 4096);
  bench.send(0, 0, frameTo(MAC, 2044));
  bench.arrive(frameTo(MAC, 2044));
  expect([bench.sent.length, bench.queues[0].usedElement(0)]).toEqual([1, [0, HEADER_BYTES + 2044]]);
});

test("merged buffers, the first of which lies upon the available ring: what was put is not shown with a later frame", () => {
  const bench = new NetBench().start([...USUAL, Feature.MRG_RXBUF]);
  const queue = bench.queues[0];
  // The header ends with the ring's flags; the frame's first bytes become its index, which says that the second chain is gone.
  bench.giveChain(0, 0, [{ address: queue.settings.available - 10, bytes: 16 }]);
  bench.giveChain(0, 1, [{ address: bench.buffer(0), bytes: 2048 }]);
  bench.arrive(frameTo("01:00:00:00:00:00", 60));
  expect([queue.usedIndex, bench.status & Status.DEVICE_NEEDS_RESET, bench.account.noDescriptor, bench.unaccounted()]).toEqual([0, 0, 1, 0]);
  queue.setAvailableFlags(0);
  queue.setAvailableIndex(0);
  bench.giveChain(0, 2, [{ address: bench.buffer(0), bytes: 2048 }]);
  bench.notify(0);
  bench.arrive(frameTo(MAC, 60));
  expect([queue.usedIndex, queue.usedElement(0)]).toEqual([1, [2, HEADER_BYTES + 60]]);
});
