/** Whether a rate rule applies to a request, and by which key it counts it (semantics=strict). */

import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../../kernel/collections/byte-string.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { headerLinesOpen, requestHeaderNext } from "../header-lines.ts";
import { Policy } from "../policy.ts";
import { RequestView } from "../request-view.ts";
import { RequestTarget, pathFallsUnder } from "../routing/request-target.ts";
import { cookieValue } from "../session/cookie.ts";
import type { TextAddress } from "../text.ts";
import { LimiterClaim } from "./claim.ts";
import type { ClaimAddress } from "./claim.ts";
import { NETWORK_KEY_BYTES, RateKey, RateRule } from "./rate-rule.ts";
import type { RateRuleAddress } from "./rate-rule.ts";

const VERSION_4 = 4;

/** Fills in the rule's claim for the request that the balancer's RequestView and rateTarget describe: whether it applies, and its key. */
export function rateRuleAsk(memory: Memory, balancer: BalancerAddress, rule: RateRuleAddress, source: Memory): void {
  const applies = prefixCovers(memory, balancer, rule, source) && takeKey(memory, balancer, rule, source);
  LimiterClaim.applies.set(memory, RateRule.claim.at(rule), applies ? 1 : 0);
}

/** The claim's key is the client's address as text. */
export function claimByClient(memory: Memory, balancer: BalancerAddress, claim: ClaimAddress): void {
  const request = Balancer.request.at(balancer);
  const kept = RequestView.clientKept.get(memory, request);
  setKey(memory, claim, RequestView.clientAt.get(memory, request), RequestView.clientBytes.get(memory, request), kept);
}

function setKey(memory: Memory, claim: ClaimAddress, at: number, bytes: number, kept: number): void {
  LimiterClaim.keyAt.set(memory, claim, at);
  LimiterClaim.keyBytes.set(memory, claim, bytes);
  LimiterClaim.keyKept.set(memory, claim, kept);
}

/** Whether the request's path falls under the rule's prefix, on the boundary of a segment. */
function prefixCovers(memory: Memory, balancer: BalancerAddress, rule: RateRuleAddress, source: Memory): boolean {
  const target = Balancer.rateTarget.at(balancer);
  const prefix = RateRule.prefix.get(memory, rule) as TextAddress;
  const at = RequestTarget.pathAt.get(memory, target);
  return pathFallsUnder(memory, byteStringBytes(memory, prefix), byteStringLength(memory, prefix), source, at, RequestTarget.pathBytes.get(memory, target));
}

/** Sets the claim's key. False if the request has none. */
function takeKey(memory: Memory, balancer: BalancerAddress, rule: RateRuleAddress, source: Memory): boolean {
  const claim = RateRule.claim.at(rule);
  switch (RateRule.key.get(memory, rule)) {
    case RateKey.network:
      return takeNetwork(memory, balancer, rule);
    case RateKey.header:
      return takeHeader(memory, balancer, rule, source);
    case RateKey.session:
      return takeSession(memory, balancer, claim, source);
    case RateKey.path:
      setKey(memory, claim, 0, 0, 1);
      return true;
    default:
      claimByClient(memory, balancer, claim);
      return true;
  }
}

/** Family and address, its bits behind the first ones zeroed. */
function takeNetwork(memory: Memory, balancer: BalancerAddress, rule: RateRuleAddress): boolean {
  const request = Balancer.request.at(balancer);
  const family = RequestView.family.get(memory, request);
  if (family === 0) return false;
  const from = RequestView.client.at(request);
  const to = RateRule.network.at(rule);
  let bits = family === VERSION_4 ? RateRule.bitsOfVersion4.get(memory, rule) : RateRule.bitsOfVersion6.get(memory, rule);
  memory.u8[to] = family;
  for (let i = 0; i < NETWORK_KEY_BYTES - 1; i++) {
    const mask = bits >= 8 ? 0xff : (0xff00 >> Math.max(0, bits)) & 0xff;
    memory.u8[to + 1 + i] = memory.u8[from + i] & mask;
    bits -= 8;
  }
  setKey(memory, RateRule.claim.at(rule), to, NETWORK_KEY_BYTES, 1);
  return true;
}

function takeHeader(memory: Memory, balancer: BalancerAddress, rule: RateRuleAddress, source: Memory): boolean {
  const request = Balancer.request.at(balancer);
  headerLinesOpen(memory, request);
  if (!requestHeaderNext(memory, request, source, RateRule.headerName.get(memory, rule) as TextAddress)) return false;
  setKey(memory, RateRule.claim.at(rule), RequestView.valueAt.get(memory, request), RequestView.valueBytes.get(memory, request), 0);
  return true;
}

function takeSession(memory: Memory, balancer: BalancerAddress, claim: ClaimAddress, source: Memory): boolean {
  const request = Balancer.request.at(balancer);
  const name = Policy.sessionCookie.get(memory, Balancer.policy.at(balancer)) as TextAddress;
  if (name === 0 || !cookieValue(memory, request, source, name)) return false;
  setKey(memory, claim, RequestView.valueAt.get(memory, request), RequestView.valueBytes.get(memory, request), 0);
  return RequestView.valueBytes.get(memory, request) > 0;
}
