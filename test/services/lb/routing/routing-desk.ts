/** A routing on its own: rules built from plain texts, requests asked, memory counted, allocations refused at will. */

import { Memory } from "../../../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../../../kernel/collections/byte-string.ts";
import { HeaderEntry } from "../../../../services/lb/api.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { Semantics } from "../../../../services/lb/policy.ts";
import { HeaderForm, RequestView } from "../../../../services/lb/request-view.ts";
import { ConditionKind, GroupReference, Route, referenceSet, routeAddHeader, routeAddMethod, routeRequireHeader, routeSetExact, routeSetHost, routeSetPrefix } from "../../../../services/lb/routing/route.ts";
import type { GroupReferenceAddress, RouteAddress } from "../../../../services/lb/routing/route.ts";
import { Routing, routingAddRule, routingTarget, routingTargetStrict } from "../../../../services/lb/routing/routing.ts";
import { Rule, ruleAddRoute, ruleClear } from "../../../../services/lb/routing/rule.ts";
import type { TextAddress } from "../../../../services/lb/text.ts";
import type { LbLimits } from "../../../../services/limits.ts";
import { lbStandard } from "../../../../services/limits.ts";
import { Desk } from "../desk.ts";
import type { PlainRequest, PlainRoute, PlainRule } from "./plain-scan.ts";

const SOURCE_BYTES = 64 * 1024;
const ARENA_BYTES = 256 * 1024;

export class RoutingDesk extends Desk {
  readonly source = new Memory(new ArrayBuffer(SOURCE_BYTES));
  readonly routing = Balancer.routing.at(this.balancer);
  readonly draft = Balancer.draft.at(this.balancer);
  readonly request = Balancer.request.at(this.balancer);
  readonly strict: boolean;
  #end = 0;

  constructor(strict: boolean, limits: LbLimits = lbStandard, arenaBytes = ARENA_BYTES) {
    super(limits, arenaBytes);
    this.strict = strict;
    Routing.semantics.set(this.memory, this.routing, strict ? Semantics.strict : Semantics.veridian);
  }

  /** Writes a text of bytes into the source, from its start if `rewind`; its address. */
  put(text: string, rewind = false): number {
    const at = rewind ? 0 : this.#end;
    for (let i = 0; i < text.length; i++) this.source.u8[at + i] = text.charCodeAt(i);
    this.#end = at + text.length;
    return at;
  }

  /** Adds a rule; 0 or the errno, after which the draft is given up. */
  add(rule: PlainRule): number {
    const { memory, heap, limits, routing, draft, source } = this;
    let status = referenceSet(heap, limits, routing, Rule.default.at(draft), source, this.put(rule.default, true), rule.default.length);
    for (const route of rule.routes) if (status === 0) status = this.#build(route);
    if (status === 0) status = routingAddRule(heap, limits, routing, draft);
    if (status < 0) ruleClear(heap, routing, draft);
    else if (Rule.firstRoute.get(memory, draft) !== 0) throw new Error("the draft was not moved");
    return status;
  }

  #build(plain: PlainRoute): number {
    const { heap, limits, routing, source } = this;
    const added = ruleAddRoute(heap, limits, this.draft);
    if (added < 0) return added;
    const route = added as RouteAddress;
    let status = routeSetPrefix(heap, limits, routing, route, source, this.put(plain.prefix, true), plain.prefix.length);
    if (status === 0) status = routeSetHost(heap, limits, routing, route, source, this.put(plain.host, true), plain.host.length);
    if (status === 0) status = referenceSet(heap, limits, routing, Route.target.at(route), source, this.put(plain.target, true), plain.target.length);
    if (plain.exact === true) routeSetExact(this.memory, route);
    for (const method of plain.methods ?? []) if (status === 0) status = routeAddMethod(heap, limits, routing, route, source, this.put(method, true), method.length);
    for (const { kind, name, value } of plain.conditions) {
      if (status !== 0) break;
      const nameAt = this.put(name, true);
      const valueAt = this.put(value);
      status = this.strict
        ? routeAddHeader(heap, limits, routing, route, source, nameAt, name.length, ConditionKind[kind], valueAt, value.length)
        : routeRequireHeader(heap, limits, routing, route, source, nameAt, name.length, valueAt, value.length);
    }
    return status;
  }

  /** Describes a request to the rules, its lines as entries behind a head or as operands. */
  describe(plain: PlainRequest, form: number = HeaderForm.operands): void {
    const { memory, request, source } = this;
    RequestView.pathAt.set(memory, request, this.put(plain.target, true));
    RequestView.pathBytes.set(memory, request, plain.target.length);
    RequestView.hostAt.set(memory, request, this.put(plain.host));
    RequestView.hostBytes.set(memory, request, plain.host.length);
    RequestView.methodAt.set(memory, request, this.put(plain.method));
    RequestView.methodBytes.set(memory, request, plain.method.length);
    RequestView.headerForm.set(memory, request, form);
    RequestView.headerCount.set(memory, request, plain.headers.length);
    if (form === HeaderForm.operands) {
      RequestView.headersAt.set(memory, request, this.put(plain.headers.map(([name, value]) => `${length(name)}${name}${length(value)}${value}`).join("")));
      return;
    }
    const headAt = this.put(plain.headers.map((pair) => pair.join("")).join(""));
    const headersAt = (this.#end + 7) & ~7;
    RequestView.headAt.set(memory, request, headAt);
    RequestView.headBytes.set(memory, request, this.#end - headAt);
    RequestView.headersAt.set(memory, request, headersAt);
    let offset = 0;
    plain.headers.forEach(([name, value], i) => {
      const entry = HeaderEntry.view(source, (headersAt + i * HeaderEntry.size) as never);
      Object.assign(entry, { nameOffset: offset, nameBytes: name.length, valueOffset: offset + name.length, valueBytes: value.length });
      offset += name.length + value.length;
    });
  }

  /** The target of the request that was described, or 0. */
  target(): GroupReferenceAddress | 0 {
    const { memory, routing, source, request } = this;
    return this.strict ? routingTargetStrict(memory, routing, source, request) : routingTarget(memory, routing, source, request);
  }

  /** The name that the request leads to, or null. */
  ask(plain: PlainRequest, form: number = HeaderForm.operands): string | null {
    this.describe(plain, form);
    const target = this.target();
    return target === 0 ? null : this.text(GroupReference.name.get(this.memory, target));
  }

  text(text: number): string {
    const at = byteStringBytes(this.memory, text as TextAddress);
    return String.fromCharCode(...this.memory.u8.subarray(at, at + byteStringLength(this.memory, text as TextAddress)));
  }
}

function length(text: string): string {
  return String.fromCharCode(text.length & 255, (text.length >> 8) & 255, (text.length >> 16) & 255, 0);
}

export const ask = (target: string, host = "", headers: PlainRequest["headers"] = [], method = "GET"): PlainRequest => ({ method, target, host, headers });
export const route = (prefix: string, host: string, target: string, more: Partial<PlainRoute> = {}): PlainRoute => ({ prefix, host, target, conditions: [], ...more });
export const rule = (routes: readonly PlainRoute[], fallback = ""): PlainRule => ({ routes, default: fallback });
