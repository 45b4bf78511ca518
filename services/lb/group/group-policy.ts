/**
 * What a configuration says about one group under semantics=strict. A zeroed policy is the default: no limits, no
 * probes, no ejection; 0 means "off" in every field.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, u16, u32, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";

/** What the hashing algorithms hash of a request; one that has none of it takes its turn by weight. */
export const HashKey = Object.freeze({
  /** The client's address: all its bytes. The default. */
  address: 0,
  /** The request target, query included. */
  path: 1,
  host: 2,
  /** Value of the header that `hashName` names (the first of that name). A request without one, or with an empty one, has no key: it takes turns. */
  header: 3,
  /** Value of the cookie that `hashName` names; likewise. */
  cookie: 4,
});

export const GroupPolicy = layout("GroupPolicy", {
  /** Connections open at once: of the whole group, and of each backend. */
  connectionsMax: u32,
  backendConnectionsMax: u32,
  /** Requests that wait: of the whole group (those for one backend included), and for each backend. */
  pendingMax: u32,
  backendPendingMax: u32,
  /** Ticks after which a waiting request is refused. */
  pendingTicksMax: u32,
  /** Retries in flight: at most this percentage of the open connections, but `retriesLeast` always. */
  retryPercent: u32,
  retriesLeast: u32,
  probeIntervalTicks: u32,
  probeTimeoutTicks: u32,
  /** Each interval is longer by a draw of 0 to this many ticks. */
  probeJitterTicks: u32,
  /** Failed requests in a row that eject a backend, for this many ticks times the number of ejections. */
  ejectFailures: u32,
  ejectTicks: u32,
  slowStartTicks: u32,
  /** Hashing algorithms: no backend takes more than this percentage (100 or more) of the mean load. */
  boundedPercent: u32,
  /** ByteString: the header or cookie of `hashKey`. */
  hashName: i32,
  /** Probes in a row that make a backend healthy, or unhealthy. */
  rise: u8,
  fall: u8,
  /** Share of a group that may be ejected at once. */
  ejectPercent: u8,
  /** Below this share of available backends health is ignored. */
  panicPercent: u8,
  /** One of HashKey. */
  hashKey: u8,
  reserved0: u8,
  /** While a configuration is read: which options a line has set. */
  given: u16("scratch"),
});
export type GroupPolicyAddress = Address<"GroupPolicy">;
