/** How often each route was taken: routes of all rules in order, in pages (metrics-api.ts). */

import type { Memory } from "../../../hal/memory.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { readU16, readU32, readerDone } from "../codec/operand-reader.ts";
import { patchU16, writeU16, writeU32, writeU64, writeU8, writerKeeps, writerMark } from "../codec/operand-writer.ts";
import type { WriterAddress } from "../codec/operand-writer.ts";
import { LbErrno } from "../control.ts";
import { GroupReference, Route } from "../routing/route.ts";
import type { RouteAddress } from "../routing/route.ts";
import { Routing, routingRule, routingRuleCount } from "../routing/routing.ts";
import type { RoutingAddress } from "../routing/routing.ts";
import { Rule, ruleRouteCount } from "../routing/rule.ts";
import { Share, Shares, shareAt } from "../routing/shares.ts";
import type { SharesAddress } from "../routing/shares.ts";
import { writeKeptText } from "../text.ts";

export function routeHits(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const routing = Balancer.routing.at(balancer);
  const first = readU32(memory, reader, shared);
  const most = readU16(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  writeU32(memory, writer, shared, Routing.routeCount.get(memory, routing));
  const countAt = writeU16(memory, writer, shared, 0);
  let route = routeNumbered(memory, routing, first);
  let count = 0;
  while (route !== 0 && count < most) {
    const mark = writerMark(memory, writer);
    writeRoute(memory, writer, shared, route);
    if (!writerKeeps(memory, writer, mark, count > 0)) break;
    count++;
    route = routeBehind(memory, routing, route);
  }
  patchU16(shared, countAt, count);
  return 0;
}

/** The route at that position over all rules, or 0. */
function routeNumbered(memory: Memory, routing: RoutingAddress, number: number): RouteAddress | 0 {
  const rules = routingRuleCount(memory, routing);
  let left = number;
  for (let i = 0; i < rules; i++) {
    const rule = routingRule(memory, routing, i);
    if (left < ruleRouteCount(memory, rule)) {
      let route = Rule.firstRoute.get(memory, rule) as RouteAddress;
      while (left-- > 0) route = Route.next.get(memory, route) as RouteAddress;
      return route;
    }
    left -= ruleRouteCount(memory, rule);
  }
  return 0;
}

/** The route behind this one, in its rule or the first of a later one; 0 behind the last. */
function routeBehind(memory: Memory, routing: RoutingAddress, route: RouteAddress): RouteAddress | 0 {
  const next = Route.next.get(memory, route) as RouteAddress;
  if (next !== 0) return next;
  const rules = routingRuleCount(memory, routing);
  for (let i = Route.rule.get(memory, route) + 1; i < rules; i++) {
    const first = Rule.firstRoute.get(memory, routingRule(memory, routing, i)) as RouteAddress;
    if (first !== 0) return first;
  }
  return 0;
}

function writeRoute(memory: Memory, writer: WriterAddress, shared: Memory, route: RouteAddress): void {
  writeU16(memory, writer, shared, Route.rule.get(memory, route));
  writeU8(memory, writer, shared, Route.exact.get(memory, route));
  writeTextOf(memory, writer, shared, Route.prefix.get(memory, route));
  writeTextOf(memory, writer, shared, Route.host.get(memory, route));
  writeU64(memory, writer, shared, Route.hits.get(memory, route));
  const shares = Route.shares.get(memory, route) as SharesAddress;
  const count = shares === 0 ? 1 : Shares.count.get(memory, shares);
  writeU8(memory, writer, shared, count);
  for (let i = 0; i < count; i++) {
    const reference = shares === 0 ? Route.target.at(route) : Share.reference.at(shareAt(shares, i));
    writeTextOf(memory, writer, shared, GroupReference.name.get(memory, reference));
    writeU64(memory, writer, shared, shares === 0 ? Route.hits.get(memory, route) : Share.hits.get(memory, shareAt(shares, i)));
  }
}

/** A kept text, or the empty one where none is. */
function writeTextOf(memory: Memory, writer: WriterAddress, shared: Memory, text: number): void {
  if (text === 0) writeU32(memory, writer, shared, 0);
  else writeKeptText(memory, writer, shared, text);
}
