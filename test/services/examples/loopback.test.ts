/** The loopback service: first in, first out, eight frames at most, and an honest answer to everything else. */

import { expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { LOOPBACK_FRAMES_MAX, loopback } from "../../../services/examples/loopback.ts";
import { LoopbackOpcode } from "../../../services/examples/loopback-api.ts";
import { prototype } from "../../../sim/prototype.ts";

const device = (parameters?: object) => prototype({ loopback: { service: loopback, ...(parameters === undefined ? {} : { parameters }) } });

test("what was sent first comes back first, all four words of it", () => {
  const bench = device();
  for (const frame of [1, 2, 3]) expect(bench.call("loopback.frames", LoopbackOpcode.transmit, frame, 10 * frame, 100 * frame, 1000 * frame).status).toBe(0);
  for (const frame of [1, 2, 3]) expect(bench.call("loopback.frames", LoopbackOpcode.receive)).toEqual({ status: 0, data0: frame, data1: 10 * frame, data2: 100 * frame, data3: 1000 * frame });
});

test("eight frames wait; the ninth is refused and changes nothing; an empty device says so", () => {
  const bench = device();
  for (let frame = 1; frame <= LOOPBACK_FRAMES_MAX; frame++) expect(bench.call("loopback.frames", LoopbackOpcode.transmit, frame).status).toBe(0);
  expect(bench.call("loopback.frames", LoopbackOpcode.transmit, 99).status).toBe(Errno.channelFull);
  for (let frame = 1; frame <= LOOPBACK_FRAMES_MAX; frame++) expect(bench.call("loopback.frames", LoopbackOpcode.receive).data0).toBe(frame);
  expect(bench.call("loopback.frames", LoopbackOpcode.receive).status).toBe(Errno.channelEmpty);
});

test("an operation that it does not know is refused", () => {
  expect(device().call("loopback.frames", 99).status).toBe(Errno.invalidMessage);
});

test("another part says which frame comes next; the others keep their order", () => {
  const bench = device({ parts: { name: "newest", next: (count: number) => count - 1 } });
  for (const frame of [1, 2, 3]) bench.call("loopback.frames", LoopbackOpcode.transmit, frame);
  expect([1, 2, 3].map(() => bench.call("loopback.frames", LoopbackOpcode.receive).data0)).toEqual([3, 2, 1]);
});
