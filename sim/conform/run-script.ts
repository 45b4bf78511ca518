/** Runs a script against the balancer of a running machine, through the mailbox. */

import { ControlOperation } from "../../services/lb/control.ts";
import { OperatorTarget } from "../../services/operator-api.ts";
import { request } from "../operator.ts";
import type { World } from "../world.ts";
import { decodeAnswer } from "./decode.ts";
import { encodeOperation } from "./encode.ts";
import type { Operation, Result, Script } from "./script.ts";

export interface Difference {
  /** Position in the script, from 0. */
  readonly index: number;
  readonly operation: Operation;
  readonly expected: Result;
  readonly got: Result;
}

/** Starts from a fresh balancer. The operations whose results differ from the recorded ones, in order. */
export function runScript(world: World, script: Script): Difference[] {
  const differences: Difference[] = [];
  request(world, OperatorTarget.loadBalancer, Uint8Array.of(ControlOperation.fresh));
  for (const [index, operation] of script.ops.entries()) {
    const got = runOperation(world, operation);
    const expected = script.results[index];
    if (!sameData(got, expected)) differences.push({ index, operation, expected, got });
  }
  return differences;
}

/** One operation on the running balancer. */
export function runOperation(world: World, operation: Operation): Result {
  const answer = request(world, OperatorTarget.loadBalancer, encodeOperation(operation));
  return decodeAnswer(operation, answer.status, answer.payload);
}

/** Equal as JSON data: the order of members does not matter, that of array elements does. */
export function sameData(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((item, i) => sameData(item, other[i]));
  if (!isRecord(one) || !isRecord(other)) return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && sameData(one[name], other[name]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
