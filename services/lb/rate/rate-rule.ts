/**
 * The rate limits that a configuration sets for parts of a site (semantics=strict), and how they are put together. They
 * lie in a list of the Policy, in the order of the configuration. A rule applies to requests whose path falls under its
 * prefix and that have its key; each value of the key has a bucket of its own, and no two rules share one.
 */

import type { Address } from "../../../hal/field.ts";
import { bytes, i32, nested, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringEquals, byteStringLength } from "../../../kernel/collections/byte-string.ts";
import { listAt, listCount, listCreate, listFree, listPush } from "../../../kernel/collections/list.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { LbErrno } from "../control.ts";
import { Policy } from "../policy.ts";
import type { PolicyAddress } from "../policy.ts";
import { textCreate, textFree } from "../text.ts";
import type { TextAddress } from "../text.ts";
import { LimiterClaim } from "./claim.ts";

/** What requests are told apart by. */
export const RateKey = Object.freeze({
  /** The client's address as text. The default. */
  address: 0,
  /** The first bits of the client's address; a client without one is not limited. */
  network: 1,
  /** Value of the first header line of that name; without one the rule does not apply. */
  header: 2,
  /** Value of the session cookie; without one, or with an empty one, the rule does not apply. */
  session: 3,
  /** Nothing: one bucket for all requests under the prefix. */
  path: 4,
});

/** A byte for the family, and the address. */
export const NETWORK_KEY_BYTES = 17;

export const RateRule = layout("RateRule", {
  claim: nested(LimiterClaim),
  /** ByteString. */
  prefix: i32,
  /** ByteString: the header of RateKey.header, 0 for none. */
  headerName: i32,
  /** One of RateKey. */
  key: u8,
  /** Of RateKey.network: 0 to 32, 0 to 128. */
  bitsOfVersion4: u8,
  bitsOfVersion6: u8,
  /** Of RateKey.network: family and masked address of the present client. */
  network: bytes(NETWORK_KEY_BYTES)("scratch"),
});
export type RateRuleAddress = Address<"RateRule">;

/**
 * Adds a rule keyed by the client's address; another key is set afterwards. `kind` is BucketKind.perSecond (token) or
 * BucketKind.leaky, `rate` is per second, both numbers from 0 to 2^32-1. Its address, good until the next rule is added;
 * or tableFull, messageTooLarge (the prefix), outOfMemory; then the policy is as before.
 */
export function rateRuleAdd(heap: Heap, limits: LbLimits, policy: PolicyAddress, source: Memory, prefixAt: number, prefixBytes: number, kind: number, rate: number, burst: number): number {
  const memory = heap.memory;
  const fresh = Policy.rateRules.get(memory, policy) === 0;
  if (!fresh && rateRuleCount(memory, policy) >= limits.rateRulesMax) return LbErrno.tableFull;
  const prefix = textCreate(heap, limits, source, prefixAt, prefixBytes);
  if (prefix < 0) return prefix;
  const rules = fresh ? listCreate(heap, RateRule.size, limits.rateRulesMax) : (Policy.rateRules.get(memory, policy) as Address<"List">);
  const rule = rules < 0 ? (rules as number as RateRuleAddress) : listPush<"RateRule">(heap, rules);
  if (rule < 0) {
    if (fresh && rules > 0) listFree(heap, rules);
    textFree(heap, prefix);
    return rule === Errno.resourceExhausted ? LbErrno.tableFull : rule;
  }
  Policy.rateRules.set(memory, policy, rules);
  RateRule.prefix.set(memory, rule, prefix);
  const claim = RateRule.claim.at(rule);
  LimiterClaim.number.set(memory, claim, listCount(memory, rules));
  LimiterClaim.kind.set(memory, claim, kind);
  LimiterClaim.rate.set(memory, claim, rate);
  LimiterClaim.burst.set(memory, claim, burst);
  return rule;
}

/** Keys the rule by network: the first bits of the address. `bitsOfVersion4` to 32, `bitsOfVersion6` to 128. */
export function rateRuleByNetwork(memory: Memory, rule: RateRuleAddress, bitsOfVersion4: number, bitsOfVersion6: number): void {
  RateRule.key.set(memory, rule, RateKey.network);
  RateRule.bitsOfVersion4.set(memory, rule, bitsOfVersion4);
  RateRule.bitsOfVersion6.set(memory, rule, bitsOfVersion6);
}

/** Keys a new rule by the header of that name. 0, or messageTooLarge, outOfMemory; then the rule is as before. */
export function rateRuleByHeader(heap: Heap, limits: LbLimits, rule: RateRuleAddress, source: Memory, nameAt: number, nameBytes: number): number {
  const name = textCreate(heap, limits, source, nameAt, nameBytes);
  if (name < 0) return name;
  RateRule.key.set(heap.memory, rule, RateKey.header);
  RateRule.headerName.set(heap.memory, rule, name);
  return 0;
}

/** Keys the rule by RateKey.address, session or path. */
export function rateRuleBy(memory: Memory, rule: RateRuleAddress, key: number): void {
  RateRule.key.set(memory, rule, key);
}

/** Frees all rules of a policy. */
export function rateRulesClear(heap: Heap, policy: PolicyAddress): void {
  const memory = heap.memory;
  const rules = Policy.rateRules.get(memory, policy) as Address<"List">;
  if (rules === 0) return;
  for (let i = listCount(memory, rules) - 1; i >= 0; i--) {
    const rule = listAt<"RateRule">(memory, rules, i);
    textFree(heap, RateRule.prefix.get(memory, rule));
    textFree(heap, RateRule.headerName.get(memory, rule));
  }
  listFree(heap, rules);
  Policy.rateRules.set(memory, policy, 0);
}

export function rateRuleCount(memory: Memory, policy: PolicyAddress): number {
  const rules = Policy.rateRules.get(memory, policy) as Address<"List">;
  return rules === 0 ? 0 : listCount(memory, rules);
}

/** Rule number `index`, from 0; there are more than that. */
export function rateRuleAt(memory: Memory, policy: PolicyAddress, index: number): RateRuleAddress {
  return listAt<"RateRule">(memory, Policy.rateRules.get(memory, policy) as Address<"List">, index);
}

/** Whether two policies limit the same by the same: then buckets that were filled under one are good under the other. */
export function rateRulesEqual(memory: Memory, policy: PolicyAddress, other: PolicyAddress): boolean {
  const count = rateRuleCount(memory, policy);
  if (count !== rateRuleCount(memory, other)) return false;
  for (let i = 0; i < count; i++) if (!rateRuleEquals(memory, rateRuleAt(memory, policy, i), rateRuleAt(memory, other, i))) return false;
  return true;
}

function rateRuleEquals(memory: Memory, rule: RateRuleAddress, other: RateRuleAddress): boolean {
  const claim = RateRule.claim.at(rule);
  const otherClaim = RateRule.claim.at(other);
  return (
    LimiterClaim.kind.get(memory, claim) === LimiterClaim.kind.get(memory, otherClaim) &&
    LimiterClaim.rate.get(memory, claim) === LimiterClaim.rate.get(memory, otherClaim) &&
    LimiterClaim.burst.get(memory, claim) === LimiterClaim.burst.get(memory, otherClaim) &&
    RateRule.key.get(memory, rule) === RateRule.key.get(memory, other) &&
    RateRule.bitsOfVersion4.get(memory, rule) === RateRule.bitsOfVersion4.get(memory, other) &&
    RateRule.bitsOfVersion6.get(memory, rule) === RateRule.bitsOfVersion6.get(memory, other) &&
    textEquals(memory, RateRule.prefix.get(memory, rule), RateRule.prefix.get(memory, other)) &&
    textEquals(memory, RateRule.headerName.get(memory, rule), RateRule.headerName.get(memory, other))
  );
}

/** Whether two texts, each 0 for none, are the same. */
function textEquals(memory: Memory, text: number, other: number): boolean {
  if (text === 0 || other === 0) return text === other;
  const kept = other as TextAddress;
  return byteStringEquals(memory, text as TextAddress, memory, byteStringBytes(memory, kept), byteStringLength(memory, kept));
}
