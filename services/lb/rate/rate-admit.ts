/**
 * The rate limits of semantics=strict: the limit by client that always applies, per second, and then the rules whose
 * prefix covers the request's path, in the order of the configuration.
 *
 * A request goes through if all of them let it through. All are asked first and then all are charged, as nginx does with
 * several zones: who is refused by one has taken nothing from the others. Being asked counts as use, so that a client
 * that is refused again and again is not the one whose limiter makes room. A limiter that a rule lacks is made once all
 * have agreed; if one cannot be made, those made for the same request are taken back: they are full, as are all new ones.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { LbErrno } from "../control.ts";
import { BucketKind, bucketAllows, freshBucketAllows } from "./bucket.ts";
import { LimiterClaim } from "./claim.ts";
import type { ClaimAddress } from "./claim.ts";
import { Limiter, limiterAt, limiterCharge, limiterFind, limiterMake, limiterRelease } from "./limiter-table.ts";
import { claimByClient, rateRuleAsk } from "./rate-key.ts";
import { RateRule, rateRuleAt, rateRuleCount } from "./rate-rule.ts";
import { requestTargetRead } from "../routing/request-target.ts";

/**
 * Asks all limits that apply to the request in the balancer's RequestView (client, path, headers), its bytes in `source`.
 * 0, or rateLimitExceeded, or limiterFull: there is no room for a limiter that it needs, and its key may be too long.
 * `tick` may lie before an earlier call's.
 */
export function rateAdmit(heap: Heap, limits: LbLimits, balancer: BalancerAddress, source: Memory, tick: number): number {
  const memory = heap.memory;
  const policy = Balancer.policy.at(balancer);
  const rules = rateRuleCount(memory, policy);
  claimByClient(memory, balancer, Balancer.clientClaim.at(balancer));
  if (rules > 0) requestTargetRead(memory, Balancer.rateTarget.at(balancer), source, Balancer.request.at(balancer));
  for (let i = 0; i < rules; i++) rateRuleAsk(memory, balancer, rateRuleAt(memory, policy, i), source);
  const status = settle(heap, limits, balancer, source, rules, tick);
  return status === 0 || status === LbErrno.rateLimitExceeded ? status : LbErrno.limiterFull;
}

/**
 * Asks only the limit by client, for the client whose key is the `bytes` bytes at `at` in `source`. 0, or
 * rateLimitExceeded; or, if there is no limiter and none can be made, limiterFull, outOfMemory, messageTooLarge.
 */
export function rateAdmitClient(heap: Heap, limits: LbLimits, balancer: BalancerAddress, source: Memory, at: number, bytes: number, tick: number): number {
  const memory = heap.memory;
  const claim = Balancer.clientClaim.at(balancer);
  LimiterClaim.keyAt.set(memory, claim, at);
  LimiterClaim.keyBytes.set(memory, claim, bytes);
  LimiterClaim.keyKept.set(memory, claim, 0);
  return settle(heap, limits, balancer, source, 0, tick);
}

/** Asks and charges the limit by client, whose claim has its key, and those of the first `rules` rules that apply. */
function settle(heap: Heap, limits: LbLimits, balancer: BalancerAddress, source: Memory, rules: number, tick: number): number {
  const memory = heap.memory;
  const own = Balancer.clientClaim.at(balancer);
  LimiterClaim.number.set(memory, own, 0);
  LimiterClaim.kind.set(memory, own, BucketKind.perSecond);
  LimiterClaim.applies.set(memory, own, 1);
  LimiterClaim.rate.set(memory, own, Balancer.defaultRequestsPerTick.get(memory, balancer));
  LimiterClaim.burst.set(memory, own, Balancer.defaultBurst.get(memory, balancer));
  let status = 0;
  // All are asked, also behind a refusal: each of them has been used.
  for (let i = OWN; i < rules; i++) if (!ask(memory, balancer, claimAt(memory, balancer, i), source, tick)) status = LbErrno.rateLimitExceeded;
  for (let i = OWN; i < rules && status === 0; i++) status = complete(heap, limits, balancer, claimAt(memory, balancer, i), source, tick);
  for (let i = OWN; i < rules; i++) conclude(heap, balancer, claimAt(memory, balancer, i), status, tick);
  return status;
}

/** Stands for the limit by client among the numbers of rules. */
const OWN = -1;

function claimAt(memory: Memory, balancer: BalancerAddress, index: number): ClaimAddress {
  return index === OWN ? Balancer.clientClaim.at(balancer) : RateRule.claim.at(rateRuleAt(memory, Balancer.policy.at(balancer), index));
}

/** Finds the claim's limiter and asks it, or one as it would be made. Nothing changes but the order of use. */
function ask(memory: Memory, balancer: BalancerAddress, claim: ClaimAddress, source: Memory, tick: number): boolean {
  LimiterClaim.slot.set(memory, claim, -1);
  if (LimiterClaim.applies.get(memory, claim) === 0) return true;
  const key = LimiterClaim.keyKept.get(memory, claim) === 0 ? source : memory;
  const slot = limiterFind(memory, balancer, LimiterClaim.number.get(memory, claim), key, LimiterClaim.keyAt.get(memory, claim), LimiterClaim.keyBytes.get(memory, claim));
  if (slot < 0) return freshBucketAllows(LimiterClaim.kind.get(memory, claim), LimiterClaim.burst.get(memory, claim));
  LimiterClaim.slot.set(memory, claim, slot);
  const limiter = limiterAt(memory, balancer, slot);
  Limiter.claimed.set(memory, limiter, 1);
  return bucketAllows(memory, Limiter.bucket.at(limiter), Limiter.kind.get(memory, limiter), tick);
}

/** Makes the limiter that the claim lacks. 0 or an errno of limiterMake(). */
function complete(heap: Heap, limits: LbLimits, balancer: BalancerAddress, claim: ClaimAddress, source: Memory, tick: number): number {
  const memory = heap.memory;
  if (LimiterClaim.applies.get(memory, claim) === 0 || LimiterClaim.slot.get(memory, claim) >= 0) return 0;
  const key = LimiterClaim.keyKept.get(memory, claim) === 0 ? source : memory;
  const keyAt = LimiterClaim.keyAt.get(memory, claim);
  const keyBytes = LimiterClaim.keyBytes.get(memory, claim);
  const kind = LimiterClaim.kind.get(memory, claim);
  const rate = LimiterClaim.rate.get(memory, claim);
  const burst = LimiterClaim.burst.get(memory, claim);
  const slot = limiterMake(heap, limits, balancer, LimiterClaim.number.get(memory, claim), key, keyAt, keyBytes, kind, rate, burst, tick);
  if (slot < 0) return slot;
  LimiterClaim.slot.set(memory, claim, slot);
  Limiter.claimed.set(memory, limiterAt(memory, balancer, slot), 1);
  return 0;
}

/** Charges the claim's limiter, or ends the claim without a trace. */
function conclude(heap: Heap, balancer: BalancerAddress, claim: ClaimAddress, status: number, tick: number): void {
  const memory = heap.memory;
  const slot = LimiterClaim.slot.get(memory, claim);
  if (slot < 0) return;
  if (status === 0) limiterCharge(memory, balancer, slot, tick);
  else if (status === LbErrno.rateLimitExceeded) Limiter.claimed.set(memory, limiterAt(memory, balancer, slot), 0);
  else limiterRelease(heap, balancer, slot, tick);
}
