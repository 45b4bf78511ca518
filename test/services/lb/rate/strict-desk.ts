/** A balancer with strict semantics and rate limits of its own, on a desk; and questions to it. */

import { Balancer } from "../../../../services/lb/balancer.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { l7SetDefaults } from "../../../../services/lb/l7.ts";
import { LimiterFull, Policy, Semantics } from "../../../../services/lb/policy.ts";
import { BucketKind } from "../../../../services/lb/rate/bucket.ts";
import { rateAdmit } from "../../../../services/lb/rate/rate-admit.ts";
import type { RateRuleAddress } from "../../../../services/lb/rate/rate-rule.ts";
import { RateKey, rateRuleAdd, rateRuleBy, rateRuleByHeader, rateRuleByNetwork } from "../../../../services/lb/rate/rate-rule.ts";
import { textCreate } from "../../../../services/lb/text.ts";
import type { LbLimits } from "../../../../services/limits.ts";
import { lbStandard } from "../../../../services/limits.ts";
import { Desk } from "../desk.ts";
import type { AskedRequest } from "../requesting.ts";
import { ask, putText } from "../requesting.ts";

export interface Rule {
  readonly prefix?: string;
  readonly kind?: "token" | "leaky";
  readonly rate?: number;
  readonly burst?: number;
  readonly key?: "address" | "session" | "path" | { readonly header: string } | readonly [number, number];
}

export interface Setting {
  readonly limits?: Partial<LbLimits>;
  readonly arenaBytes?: number;
  readonly rate?: number;
  readonly burst?: number;
  readonly rules?: readonly Rule[];
  readonly cookie?: string;
  readonly evict?: boolean;
}

export const OK = 0;
export const EXCEEDED = LbErrno.rateLimitExceeded;
export const FULL = LbErrno.limiterFull;

export class StrictDesk extends Desk {
  constructor({ limits = {}, arenaBytes, rate = 1_000_000, burst = 1_000_000, rules = [], cookie, evict = false }: Setting) {
    super({ ...lbStandard, ...limits }, arenaBytes);
    const policy = Balancer.policy.at(this.balancer);
    Policy.semantics.set(this.memory, policy, Semantics.strict);
    Policy.limiterFull.set(this.memory, policy, evict ? LimiterFull.evict : LimiterFull.refuse);
    l7SetDefaults(this.memory, this.balancer, rate, burst);
    for (const rule of rules) this.addRule(rule);
    if (cookie === undefined) return;
    putText(this, 0, cookie);
    Policy.sessionCookie.set(this.memory, policy, textCreate(this.heap, this.limits, this.shared, 0, cookie.length));
  }

  /** The rule's address, or an errno. */
  addRule({ prefix = "", kind = "token", rate = 0, burst = 1, key = "address" }: Rule, policy = Balancer.policy.at(this.balancer)): number {
    const { heap, limits, shared, memory } = this;
    putText(this, 0, prefix);
    const added = rateRuleAdd(heap, limits, policy, shared, 0, prefix.length, kind === "token" ? BucketKind.perSecond : BucketKind.leaky, rate, burst);
    if (added < 0) return added;
    const rule = added as RateRuleAddress;
    if (typeof key === "string") rateRuleBy(memory, rule, RateKey[key]);
    else if ("header" in key) return this.#byHeader(rule, key.header);
    else rateRuleByNetwork(memory, rule, key[0], key[1]);
    return rule;
  }

  #byHeader(rule: RateRuleAddress, name: string): number {
    putText(this, 0, name);
    return rateRuleByHeader(this.heap, this.limits, rule, this.shared, 0, name.length);
  }

  admit(request: AskedRequest, tick: number, form?: number): number {
    ask(this, request, form);
    return rateAdmit(this.heap, this.limits, this.balancer, this.shared, tick);
  }
}
