/** What tests of faults share: short times, and requests. */

import type { ProxyLimits } from "../../../../services/net/proxy/limits.ts";
import type { Peer } from "./peer.ts";
import type { StageOptions } from "./stage.ts";
import { Stage } from "./stage.ts";

export const GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
export const POST = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/** Times of a second or two: net looks for whoever is late once a second. */
export const SHORT: Partial<ProxyLimits> = Object.freeze({ connectTicks: 1500, headTicks: 2000, idleTicks: 3000, responseTicks: 2500, closingTicks: 1500, upstreamIdleTicks: 3000 });

export function shortStage(options: StageOptions = {}): Stage {
  return new Stage({ ...options, limits: { ...SHORT, ...options.limits } });
}

/** Status codes of the responses that the peer has, interim ones included. */
export function statuses(peer: Peer): string {
  return [...peer.received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status).join(" ");
}
