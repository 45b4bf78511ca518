/**
 * By what a recorded run depends on this very program: the layouts of its records and the costs of its crossings, each as
 * one digest. Two programs with the same version and digests give a run the same hash, unless one of them was changed.
 */

import { hashText } from "../../hal/snapshot.ts";
import type { LayoutInfo } from "../../hal/layout.ts";
import { Cost } from "../../kernel/costs.ts";
import { ABI } from "../abi/catalogue.ts";
import { fieldType, isBigEndian } from "../abi/field-type.ts";
import { ChanceKey, ChanceRule, ChanceState } from "../chance/chance-state.ts";
import { TurmoilState } from "../faults/turmoil.ts";
import { CableClient, CableFrame, CableOrdinal, CableState } from "../faults/wire/cable-state.ts";
import { LAYOUTS } from "../inspect/layouts.ts";
import { WorldState } from "../world-state.ts";

/** What a world remembers of itself and of its trouble: a run's hash holds that as well. */
const WORLD_LAYOUTS: readonly LayoutInfo[] = Object.freeze([WorldState, ChanceState, ChanceKey, ChanceRule, TurmoilState, CableState, CableClient, CableFrame, CableOrdinal]);

export interface BuildDigests {
  /** 16 hex digits each. */
  readonly layouts: string;
  readonly costs: string;
}

/** Digests of the program that runs. */
export function buildDigests(): BuildDigests {
  const layouts = [...LAYOUTS, ...WORLD_LAYOUTS, ...ABI.flatMap((section) => section.layouts)];
  return Object.freeze({ layouts: layoutsDigest(layouts), costs: costsDigest(Cost) });
}

/** Whatever their order, and however often each is named. */
export function layoutsDigest(layouts: readonly LayoutInfo[]): string {
  return hashText([...new Set(layouts.map(layoutLine))].sort().join("\n"));
}

export function costsDigest(costs: Readonly<Record<string, number>>): string {
  return hashText(Object.entries(costs).map(([name, cycles]) => `${name} ${cycles}`).sort().join("\n"));
}

function layoutLine({ layoutName, size, fields }: LayoutInfo): string {
  return [layoutName, size, ...fields.map((field) => `${field.name}:${fieldType(field)}${isBigEndian(field) ? "be" : ""}@${field.offset},${field.kind}`)].join(" ");
}
