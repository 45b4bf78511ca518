/**
 * Retries: a request whose connection failed is opened again to another backend of its group, within the group's budget.
 * After Envoy's retry budget (circuit breakers, `retry_budget`: a share of the active requests, and a least number), made
 * exact: with the new one counted, the retries that are open never outnumber the greater of `retriesLeast` and
 * floor(retryPercent / 100 x connections open in the group). What is open already when others end stays.
 *
 * A retry goes ahead of those that wait, since its request came before theirs, but it never waits itself. A flow is not
 * retried: its first bytes are gone.
 */

import type { Memory } from "../../../hal/memory.ts";
import { PickRequest } from "../algorithm/pick-request.ts";
import { LbErrno } from "../control.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import type { BackendAddress } from "../group/backend.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { placeFind, placeOpen } from "./admission.ts";
import { ConnectionKind } from "./records.ts";

const PERCENT = 100;

/**
 * Opens the request that `Balancer.pick` describes anew, for that owner, after its connection to `failed` has ended. 0,
 * with the chosen fields set; or retryRefused.
 */
export function retryOpen(memory: Memory, balancer: BalancerAddress, group: GroupAddress, failed: BackendAddress, owner: number, tick: number, cycle: number): number {
  if (!retryAllowed(memory, group)) return retryRefuse(memory, group);
  PickRequest.excluded.set(memory, Balancer.pick.at(balancer), failed);
  const position = placeFind(memory, balancer, group, 0 as BackendAddress, tick);
  if (position < 0) return retryRefuse(memory, group);
  placeOpen(memory, balancer, group, position, owner, ConnectionKind.request, 1, cycle);
  Group.retried.add(memory, group, 1);
  return 0;
}

/** Whether the budget lets one more be opened. */
export function retryAllowed(memory: Memory, group: GroupAddress): boolean {
  const policy = Group.policy.at(group);
  const open = Group.activeConnections.get(memory, group) + 1;
  const share = Math.floor((GroupPolicy.retryPercent.get(memory, policy) * open) / PERCENT);
  return Group.retries.get(memory, group) + 1 <= Math.max(GroupPolicy.retriesLeast.get(memory, policy), share);
}

export function retryRefuse(memory: Memory, group: GroupAddress): number {
  Group.retriesRefused.add(memory, group, 1);
  return LbErrno.retryRefused;
}
