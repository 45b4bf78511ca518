/** The record of a routing: what routing.ts and the parts it is made of share. */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u16, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { HostText } from "./host.ts";
import { RequestTarget } from "./request-target.ts";

export const Routing = layout("Routing", 80, {
  /** List of Rule. */
  rules: i32,
  /** Of all rules together. */
  routeCount: i32,
  /** Map from name to GroupEntry. */
  groupsByName: i32,
  groupCount: i32,
  /** The groups in order of creation, chained by `next`. */
  firstGroup: i32,
  lastGroup: i32,
  /** RouteTable: texts, conditions and the index; 0 while there is no text. */
  table: i32,
  /** Number of the first rule with a default, plus 1; 0 while there is none. */
  defaultRule: i32,
  /** One of Semantics (policy.ts): how routes are compared. Set before the first text of a rule is kept. */
  semantics: u8,
  reserved0: u8,
  reserved1: u16,
  /** The Route that the last request matched; 0: none, or it went to a default. */
  matched: i32("scratch"),
  /** A host that is being read; `hostPatternJudge(memory, Routing.host.at(routing), ...)` judges a route's. */
  host: nested(HostText)("scratch"),
  /** What a request under semantics=strict asks for. */
  target: nested(RequestTarget)("scratch"),
});
export type RoutingAddress = Address<"Routing">;
