/** What several test files of capabilities share: a bench whose processes may do everything, and looks at its tables. */

import { expect } from "vitest";
import { CapabilitySpace, CapabilityState } from "../../../kernel/capability.ts";
import { ALL_RIGHTS, GOVERNING_RIGHTS } from "../../../kernel/capability/right.ts";
import { MessageFlag } from "../../../kernel/message.ts";
import { Right, identityRights } from "../../../kernel/service.ts";
import type { Bench } from "./bench.ts";
import { cell, makeBench } from "./bench.ts";
import { checkCapabilityTree } from "./tree-check.ts";

/** Every right over the capabilities of the needs. */
export const ALL = Object.freeze({ a: GOVERNING_RIGHTS, b: GOVERNING_RIGHTS, c: GOVERNING_RIGHTS, region: GOVERNING_RIGHTS, pool: GOVERNING_RIGHTS, box: GOVERNING_RIGHTS, irq: GOVERNING_RIGHTS, ticks: GOVERNING_RIGHTS });
/** What the token of the need `region` carries then. */
export const REGION_RIGHTS = ALL_RIGHTS & ~Right.execute;
/** Capabilities that boot gives each process of the bench. */
export const BOOT_COUNT = 9;

/** A bench whose processes put a capability that arrives into the cell that the message's first word says. */
export function takingBench(limits: Parameters<typeof makeBench>[1] = {}): Bench {
  const made = makeBench(ALL, limits);
  made.onMessage((_process, context, message) => void (message.flags === MessageFlag.hasCapability && context.capabilityTake(cell(context, message.data0))));
  return made;
}

/** What process `process` knows of the token in one of its cells: its rights, or the refusal. */
export function rightsOf(from: Bench, process: number, index: number): number {
  let answer = 0;
  from.run(process, (context) => {
    const identity = context.capabilityIdentify(cell(context, index));
    answer = identity < 0 ? identity : identityRights(identity);
  });
  expect(checkCapabilityTree(from.kernel)).toEqual([]);
  return answer;
}

export function counters({ kernel }: Bench): Record<string, number> {
  const { ram, spaces: { state } } = kernel;
  return { inFlight: CapabilityState.inFlight.get(ram, state), delegated: CapabilityState.delegated.get(ram, state), revoked: CapabilityState.revoked.get(ram, state), deleted: CapabilityState.deleted.get(ram, state) };
}

export function lostBy({ kernel }: Bench, process: number): number {
  return CapabilitySpace.lost.get(kernel.ram, kernel.spaces.spaces.at(process));
}

export function usedBy({ kernel }: Bench, process: number): number {
  return CapabilitySpace.used.get(kernel.ram, kernel.spaces.spaces.at(process));
}
