/** Bounds of the proxy, in two sets. */

import type { TcpLimits } from "../tcp/limits.ts";
import { tcpStandard, tcpTiny } from "../tcp/limits.ts";

export interface ProxyLimits {
  readonly tcp: TcpLimits;
  /** Client connections at once. */
  readonly clientsMax: number;
  /** Connections to backends at once, and of these such that wait for a request. */
  readonly upstreamsMax: number;
  readonly idleUpstreamsMax: number;
  /** Times that one request is given to a backend. */
  readonly triesMax: number;
  /** How long a connection to a backend may take to open. */
  readonly connectTicks: number;
  /**
   * How long a request's head may take from its first byte on; how long a client is silent between requests; how long
   * nothing moves of a request or its response; how long a closing client reads nothing.
   */
  readonly headTicks: number;
  readonly idleTicks: number;
  readonly responseTicks: number;
  readonly closingTicks: number;
  /** How long a connection to a backend is kept without a request. */
  readonly upstreamIdleTicks: number;
  /** Probes of health at once. */
  readonly probesMax: number;
  /** Interim responses to one request, at most 255. */
  readonly interimsMax: number;
}

export const proxyStandard: ProxyLimits = Object.freeze({
  tcp: Object.freeze({
    ...tcpStandard,
    /** A head of 65,536 bytes lies in one piece, an empty line in front of it. */
    receiveBytesMax: 68 * 1024,
    /** The longest head with what the proxy adds. */
    sendBytesMax: 128 * 1024,
  }),
  /** As many as net knows flows. */
  clientsMax: 1024,
  upstreamsMax: 512,
  idleUpstreamsMax: 128,
  /** Once, and once more. */
  triesMax: 2,
  /** SYNs go out after 0, 1, 3 and 7 s (RFC 6298, 2.1 and 5.5): the fourth has time for its answer. */
  connectTicks: 10_000,
  headTicks: 10_000,
  idleTicks: 60_000,
  responseTicks: 60_000,
  closingTicks: 5000,
  upstreamIdleTicks: 30_000,
  /** Those of four of the balancer's turns (services/lb/health/probe-clock.ts). */
  probesMax: 64,
  /** An hour of progress reports, one a minute. */
  interimsMax: 60,
});

export const proxyTiny: ProxyLimits = Object.freeze({
  tcp: tcpTiny,
  clientsMax: 2,
  upstreamsMax: 2,
  idleUpstreamsMax: 1,
  triesMax: 2,
  connectTicks: 50,
  headTicks: 100,
  idleTicks: 200,
  responseTicks: 200,
  closingTicks: 50,
  upstreamIdleTicks: 100,
  probesMax: 1,
  interimsMax: 2,
});
