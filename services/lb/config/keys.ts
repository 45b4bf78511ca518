/**
 * All keys of a configuration: who judges their values and who builds from them, by position. The first ones are
 * upstream's, in the order of UpstreamKey.
 */

import type { Memory } from "../../../hal/memory.ts";
import { judgeUpstream } from "../config.ts";
import type { ConfigEntry } from "./entry.ts";
import { configEntry, nothing } from "./entry.ts";
import { boundedLoad, group, hash, member } from "./groups.ts";
import { eject, health, panic, slowStart } from "./health.ts";
import { backendMaxConnections, backendMaxPending, maxConnections, maxPending, retryBudget } from "./limits.ts";
import { ConfigLine } from "./line.ts";
import type { ConfigLineAddress } from "./line.ts";
import { limiterFull, rateLimit, rateLimitBurst, rateLimitRps } from "./rates.ts";
import { exact, fallback, header, method, route, rule } from "./routes.ts";
import { semantics } from "./semantics.ts";
import { session } from "./sessions.ts";
import { backend, vip } from "./transport.ts";
import { spanIs } from "./value.ts";

/** A key that nobody knows: the line is skipped, as upstream does. */
const unknown = configEntry({ name: "", judge: nothing, build: nothing });

/** Read and found correct; nobody acts on it. */
const healthCheckInterval = configEntry({ name: "health_check_interval", judge: judgeUpstream, build: nothing });

export const CONFIG_ENTRIES: readonly ConfigEntry[] = Object.freeze([
  unknown, healthCheckInterval, rateLimitRps, rateLimitBurst, vip, route,
  group, member, fallback, rule, backend, semantics,
  exact, method, header,
  hash, boundedLoad,
  maxConnections, backendMaxConnections, maxPending, backendMaxPending, retryBudget,
  panic, slowStart, health, eject,
  rateLimit, limiterFull, session,
]);

/** Positions of the keys that more is asked about than their entries say. */
export const ConfigKey = Object.freeze({
  unknown: CONFIG_ENTRIES.indexOf(unknown),
  healthCheckInterval: CONFIG_ENTRIES.indexOf(healthCheckInterval),
  vip: CONFIG_ENTRIES.indexOf(vip),
  route: CONFIG_ENTRIES.indexOf(route),
  exact: CONFIG_ENTRIES.indexOf(exact),
  group: CONFIG_ENTRIES.indexOf(group),
  default: CONFIG_ENTRIES.indexOf(fallback),
  rateLimit: CONFIG_ENTRIES.indexOf(rateLimit),
  hash: CONFIG_ENTRIES.indexOf(hash),
  boundedLoad: CONFIG_ENTRIES.indexOf(boundedLoad),
  slowStart: CONFIG_ENTRIES.indexOf(slowStart),
  backendMaxPending: CONFIG_ENTRIES.indexOf(backendMaxPending),
});

/** Finds out which key the present line has, into `keyNumber`: its position, 0 for one that nobody knows. */
export function identifyKey(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  let number = CONFIG_ENTRIES.length - 1;
  while (number > 0 && !spanIs(memory, ConfigLine.key.at(line), source, CONFIG_ENTRIES[number].name)) number--;
  ConfigLine.keyNumber.set(memory, line, number);
  return number;
}
