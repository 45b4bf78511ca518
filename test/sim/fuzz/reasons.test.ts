/**
 * Every reason for which a device, a driver, net or the load balancer refuses something, and the input that reaches it:
 * the tables of known inputs, each played on its stage. Nothing else may be wrong with what comes of them.
 */

import { describe, expect, test } from "vitest";
import { VirtioFault } from "../../../hal/nic/virtio/transport-state.ts";
import { OUTCOMES } from "../../../services/lb/api.ts";
import { IGNORED_REASONS } from "../../../services/net/api.ts";
import { DROP_REASONS } from "../../../sim/accounting.ts";
import type { FuzzInput, FuzzKind } from "../../../sim/fuzz/input.ts";
import { KNOWN_DESCRIPTOR_INPUTS } from "../../../sim/fuzz/known-descriptors.ts";
import { KNOWN_FRAME_INPUTS } from "../../../sim/fuzz/known-frames.ts";
import { KNOWN_REGISTER_INPUTS } from "../../../sim/fuzz/known-registers.ts";
import { reasonsOf } from "../../../sim/fuzz/reasons.ts";
import { Stages } from "../../../sim/fuzz/stages.ts";

const TABLES: readonly (readonly [FuzzKind, readonly (readonly [string, FuzzInput])[]])[] = [
  ["frames", KNOWN_FRAME_INPUTS],
  ["registers", KNOWN_REGISTER_INPUTS],
  ["descriptors", KNOWN_DESCRIPTOR_INPUTS],
];

const stages = new Stages();

/** The reason is not there without the input: an empty one on the same stage reaches none. */
function reachedBy(input: FuzzInput): { reached: readonly string[]; problems: readonly string[] } {
  const reached = new Set<string>();
  const problems = stages.get(input.stage).play(input.actions, reached, true);
  return { reached: [...reached], problems };
}

describe.each(TABLES)("%s", (kind, table) => {
  test.each(table)("%s", (reason, input) => {
    const { reached, problems } = reachedBy(input);
    expect(problems).toEqual([]);
    expect(reached).toContain(reason);
  });

  test("the table has each reason once", () => expect(table.map(([reason]) => reason).sort()).toEqual([...reasonsOf(kind)].sort()));
});

test("without an input nothing is refused, on any stage", () => {
  for (const stage of new Set(TABLES.flatMap(([, table]) => table.map(([, input]) => input.stage)))) expect(reachedBy({ stage, actions: [] })).toEqual({ reached: [], problems: [] });
});

/** A new reason must not be forgotten: the lists are those of the parts that refuse. */
test("the reasons are all that there are", () => {
  const all = TABLES.flatMap(([kind]) => reasonsOf(kind));
  for (const nic of ["e1000", "virtio-net"]) for (const reason of DROP_REASONS) expect(all).toContain(`${nic} ${reason}`);
  for (const { reason } of IGNORED_REASONS.slice(1)) expect(all).toContain(`net ${reason}`);
  for (const { name } of OUTCOMES.slice(1)) expect(all).toContain(`request ${name}`);
  for (const fault of Object.keys(VirtioFault)) expect(all).toContain(`virtio-net needsReset ${fault}`);
});
