/** Keys that bound what a group and its backends take: connections, waiting requests, retries. */

import { GroupPolicy } from "../group/group-policy.ts";
import { GroupOption, numberOption } from "./group-option.ts";

/** No table holds more, and sums stay exact. */
const COUNT_MAX = 1_000_000;
export const TICKS_MAX = 1_000_000_000;

const connections = Object.freeze({ name: "number of connections", least: 1, most: COUNT_MAX });
const requests = Object.freeze({ name: "number of requests", least: 1, most: COUNT_MAX });
const ticks = Object.freeze({ name: "number of ticks", least: 1, most: TICKS_MAX });

export const maxConnections = numberOption({
  name: "max_connections",
  missing: "max_connections requires group:number",
  bit: GroupOption.maxConnections,
  numbers: Object.freeze([connections]),
  fields: Object.freeze([GroupPolicy.connectionsMax]),
});

export const backendMaxConnections = numberOption({
  name: "backend_max_connections",
  missing: "backend_max_connections requires group:number",
  bit: GroupOption.backendMaxConnections,
  numbers: Object.freeze([connections]),
  fields: Object.freeze([GroupPolicy.backendConnectionsMax]),
});

export const maxPending = numberOption({
  name: "max_pending",
  missing: "max_pending requires group:number:ticks",
  bit: GroupOption.maxPending,
  numbers: Object.freeze([requests, ticks]),
  fields: Object.freeze([GroupPolicy.pendingMax, GroupPolicy.pendingTicksMax]),
});

export const backendMaxPending = numberOption({
  name: "backend_max_pending",
  missing: "backend_max_pending requires group:number",
  bit: GroupOption.backendMaxPending,
  numbers: Object.freeze([requests]),
  fields: Object.freeze([GroupPolicy.backendPendingMax]),
});

/** LEAST retries may always be in flight, and PERCENT of the open connections. */
export const retryBudget = numberOption({
  name: "retry_budget",
  missing: "retry_budget requires group:percent:least",
  bit: GroupOption.retryBudget,
  numbers: Object.freeze([Object.freeze({ name: "percentage", least: 0, most: 100 }), Object.freeze({ name: "number of retries", least: 0, most: COUNT_MAX })]),
  fields: Object.freeze([GroupPolicy.retryPercent, GroupPolicy.retriesLeast]),
});
