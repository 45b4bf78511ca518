/**
 * The world of the bundled experiments of the lower layers: the tiny machine under strict semantics, looked at by the
 * small traffic. Two groups, one by weight and one by load; sessions; a limit that one busy client meets.
 */

import type { Surroundings } from "../explore/experiment.ts";
import { parseMac } from "../address-text.ts";
import { BUILT_IN_NEIGHBOURS } from "../machines/configuration.ts";
import { tiny } from "../machines/index.ts";
import { DEFAULT_MAC } from "../machines/model.ts";
import { smallTraffic } from "./traffic.ts";

/** Backends 3:1; the other group by load, with a limit of its own; five requests at once of one client, and 20 a second. */
export const SMALL_CONFIGURATION = `semantics=strict
session=VERIDIAN_SESSION:40
rate_limit_rps=20
rate_limit_burst=5
limiter_full=evict
group=app:wrr
member=app:10.30.0.1:8080:3
member=app:10.30.0.2:8080:1
group=api:leastconn
member=api:10.30.1.1:8080
member=api:10.30.1.2:8080
backend_max_connections=api:1
route=/api::api
default=app
`;

export function smallSurroundings(configuration = SMALL_CONFIGURATION, settings: Readonly<Record<string, number>> = {}): Surroundings {
  return Object.freeze({
    manifest: tiny.manifest({ settings, neighbours: BUILT_IN_NEIGHBOURS }),
    capture: smallTraffic(),
    captureName: "the small traffic",
    mac: parseMac(DEFAULT_MAC),
    configuration,
    configurationName: "the small configuration",
  });
}
