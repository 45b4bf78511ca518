/** What a process that begins anew finds of the memory it shared: what its manifest line says, and nothing that it held. */

import { expect, test } from "vitest";
import { checkInvariants } from "../../../kernel/invariants/invariants.ts";
import type { Grant } from "../../../kernel/service.ts";
import type { PuppetContext } from "./puppets.ts";
import { cell, endpointOf, puppets } from "./puppets.ts";

const bench = puppets(
  [{ again: ["process", "p1"] }, { kept: ["region:write", "kept"], moved: ["region:write", "moved"], pool: ["buffers:write", "frames"] }, {}, {}],
  { regions: { kept: { bytes: 64 }, moved: { bytes: 64 } }, pool: { name: "frames", count: 2, devices: [] }, reserve: { count: 1, bytes: 64 } },
);

function need(context: PuppetContext, name: string): Grant<never> {
  return (context.needs as unknown as Record<string, Grant<never>>)[name]!;
}

test("its regions with their bytes are its own again, also one that it moved on and that nobody took; its buffers are home", () => {
  bench.onMessage = () => {};
  bench.run({
    1: (context) => {
      context.shared.u8[context.spanForWriting(need(context, "kept"), 0, 1)] = 77;
      context.bufferAllocate(need(context, "pool"));
      expect(context.regionMove(endpointOf(context, 2), 1, need(context, "moved"))).toBe(0);
      context.exit();
    },
  });
  expect([0, 1].map((index) => bench.machine.inspect("regions", index))).toMatchObject([{ owner: -2, mappings: 0, epoch: 1 }, { owner: -2, mappings: 0, epoch: 2 }]);
  expect(bench.machine.report().buffers).toMatchObject({ inUse: 0, takenHome: 1 });
  let status = 1;
  bench.run({ 0: (context) => void (status = context.processRestart(need(context, "again"))) });
  expect([status, checkInvariants(bench.machine)]).toEqual([0, []]);
  expect([0, 1].map((index) => bench.machine.inspect("regions", index))).toMatchObject([{ owner: 1, mappings: 1 }, { owner: 1, mappings: 1, epoch: 2 }]);
  const seen: number[] = [];
  bench.run({ 1: (context) => void seen.push(context.shared.u8[context.span(need(context, "kept"), 0, 1)]!, context.bufferAllocate(need(context, "pool"))) });
  expect([seen[0], seen[1]! > 0]).toEqual([77, true]);
});

test("a region that it moved on is mapped by both: the manifest is the higher authority, and the other stays the owner", () => {
  bench.restart();
  bench.onMessage = (_process, context) => void context.capabilityTake(cell(context, 0) as never);
  bench.run({ 1: (context) => (expect(context.regionMove(endpointOf(context, 2), 1, need(context, "moved"))).toBe(0), context.exit()) });
  bench.run({ 0: (context) => void context.processRestart(need(context, "again")) });
  expect(bench.machine.inspect("regions", 1)).toMatchObject({ owner: 2, mappings: 2 });
  expect(checkInvariants(bench.machine)).toEqual([]);
});
