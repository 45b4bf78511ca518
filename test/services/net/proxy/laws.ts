/** What must hold of the proxy's counters whenever nothing is under way. */

import type { Stage } from "./stage.ts";

/** Outcomes of requests that the balancer or net refused. */
const REFUSED = ["noRouteMatch", "rateLimitExceeded", "backendGroupNotFound", "noHealthyBackend", "overloaded", "serviceRestarted", "malformed", "uriTooLong", "headTooLarge", "unsupportedCoding", "limiterFull"];
/** How routed requests end. */
const ENDS = ["responses", "badGateway", "gatewayTimeout", "noUpstream", "responsesBroken", "requestsFaulty", "clientsSlow", "abandoned", "answeredHere"];

/** The laws that are broken, in words. */
export function brokenProxyLaws(stage: Stage): string[] {
  const sum = (...names: readonly string[]): number => names.reduce((total, name) => total + stage.count(name), 0);
  const laws: readonly (readonly [words: string, one: number, other: number])[] = [
    ["every request has one outcome", sum("total"), sum("routed", "lost", ...REFUSED)],
    ["every routed request has one end", sum("routed"), sum(...ENDS)],
    ["every connection that the balancer counts ends", sum("connectionsNamed"), sum("connectionsEnded", "endsUnheard")],
    ["every client that came has gone", sum("clientsOpened"), sum("clientsClosed", "clientsBroken")],
    ["every connection to a backend has been closed", sum("upstreamsOpened"), sum("upstreamsClosed")],
    ["no buffer is held", sum("bufferBytes"), 0],
    ["nobody wants to be heard", sum("readyFirst", "readyLast"), 0],
  ];
  return laws.filter(([, one, other]) => one !== other).map(([words, one, other]) => `${words}: ${one} and ${other}`);
}
