/**
 * The world of the bundled experiments of the upper layers: three clients and three backends around a proxy of 256 KiB. Health
 * is checked, failing backends are ejected, sessions have their backend, requests are retried within a budget, and there
 * are limits of rate and of connections.
 */

import type { Surroundings } from "../explore/experiment.ts";
import { smallSurroundings, smallWorld } from "../scenario/small-world.ts";
import type { ScenarioPlan } from "../scenario/plan.ts";

export const LIVING_CONFIGURATION = `semantics=strict
session=VERIDIAN_SESSION:200
rate_limit_rps=100
rate_limit_burst=20
group=app:wrr
member=app:10.30.0.1:8080:2
member=app:10.30.0.2:8080:1
member=app:10.30.0.3:8080:1
health=app:40:20:5:1:2
eject=app:3:60:50
retry_budget=app:50:2
group=forms:leastconn
member=forms:10.30.0.2:8080
member=forms:10.30.0.3:8080
backend_max_connections=forms:2
max_pending=forms:4:100
retry_budget=forms:50:1
route=/form::forms
default=app
`;

export function livingSurroundings(changes: Omit<Partial<ScenarioPlan>, "machine"> = {}, configuration = LIVING_CONFIGURATION): Surroundings {
  return smallSurroundings(smallWorld({ name: "the small world", ...changes, machine: { configuration } }));
}
