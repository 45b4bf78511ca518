/** A desk with sessions by the cookie "sid", and requests to it. */

import { Balancer } from "../../../../services/lb/balancer.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { Policy } from "../../../../services/lb/policy.ts";
import { sessionBind, sessionFind, sessionStoreCount } from "../../../../services/lb/session/session-store.ts";
import { textCreate } from "../../../../services/lb/text.ts";
import type { LbLimits } from "../../../../services/limits.ts";
import { lbStandard } from "../../../../services/limits.ts";
import { StrictDesk, put } from "../connection/strict-desk.ts";
import { ask } from "../requesting.ts";

export class SessionDesk extends StrictDesk {
  constructor(ticks = 0, limits: Partial<LbLimits> = {}, arenaBytes?: number) {
    super({ ...lbStandard, ...limits }, arenaBytes);
    const policy = Balancer.policy.at(this.balancer);
    Policy.sessionCookie.set(this.memory, policy, textCreate(this.heap, this.limits, this.shared, 0, put(this.shared, 0, "sid")));
    Policy.sessionTicks.set(this.memory, policy, ticks);
  }

  #ask(session: string | null, form?: number): void {
    ask(this, { headers: session === null ? [] : [["Cookie", `a=1; sid=${session}`]] }, form);
  }

  find(group: GroupAddress, session: string | null, tick = 0, form?: number): BackendAddress | 0 {
    this.#ask(session, form);
    return sessionFind(this.memory, this.balancer, group, this.shared, tick);
  }

  bind(group: GroupAddress, session: string | null, backend: BackendAddress, tick = 0): boolean {
    this.#ask(session);
    return sessionBind(this.heap, this.limits, this.balancer, group, this.shared, backend, tick);
  }

  get count(): number {
    return sessionStoreCount(this.memory, this.balancer);
  }

  get unbound(): number {
    return Balancer.sessionsUnbound.get(this.memory, this.balancer);
  }
}
