/**
 * The world that experiments are made of: three clients, three backends and a dozen requests around a `tiny-proxy`, in 512 KiB.
 * No time in it is long, so that a run is over after some hundred ticks, whatever is lost on the way.
 */

import { cleanLink } from "../inhabitants/link.ts";
import type { RunSetup } from "../run.ts";
import { MILLION } from "./bounds.ts";
import type { BackendPlan, ClientPlan, Distribution, RequestPlan, ScenarioPlan } from "./plan.ts";
import { quickHosts } from "./quick-hosts.ts";
import { configurationFor } from "./read-machine.ts";
import { scenarioSetup } from "./surroundings.ts";

const KIB = 1024;
const WORLD_BYTES = 512 * KIB;
const FRAMES_MAX = 64;

/** The proxy gives a request up sooner (proxy.responseTimeout). */
const PATIENCE_TICKS = 600;

/** Always this value, or any of a range alike. */
export function steady(from: number, to = from): Distribution {
  return Object.freeze({ steps: Object.freeze([Object.freeze({ parts: MILLION, from, to })]) });
}

export const smallRequest: RequestPlan = Object.freeze({ weight: 1, method: "GET", target: "/", host: "a.example", headers: Object.freeze([]), bodyBytes: steady(0), chunked: false });

/** Three clients; half of their sessions keep the connection for both requests. Each third request has a body in chunks. */
export const smallClient: ClientPlan = Object.freeze({
  firstAddress: "10.9.0.1",
  count: 3,
  serverAddress: "10.20.0.2",
  serverPort: 80,
  arrival: Object.freeze({ kind: "constant", everyTicks: 10 }),
  requestsPerSession: steady(2),
  thinkTicks: steady(3),
  keepAliveParts: MILLION / 2,
  pipelineMax: 1,
  timeoutTicks: 600,
  retriesMax: 1,
  slowBytesPerTick: 0,
  slowParts: 0,
  keepsCookies: true,
  requests: Object.freeze([{ ...smallRequest, weight: 2 }, { ...smallRequest, method: "POST", target: "/form", bodyBytes: steady(300, 700), chunked: true }]),
});

/** The one with this number, from 1 on: 10.30.0.1:8080 and those that follow. */
export function smallBackend(number: number): BackendPlan {
  return Object.freeze({
    address: `10.30.0.${number}`,
    port: 8080,
    serviceTicks: steady(2, 6),
    concurrency: 2,
    queueMax: 4,
    bodyBytes: steady(0, 1500),
    chunkedParts: MILLION / 4,
    failureParts: 0,
    resetParts: 0,
    closeParts: MILLION / 10,
    patienceTicks: PATIENCE_TICKS,
    events: Object.freeze([]),
  });
}

/** Six sessions of two requests each in 50 ticks, with what is to be otherwise. Without a configuration of its own all backends are one group. */
export function smallWorld(changes: Omit<Partial<ScenarioPlan>, "machine"> & { readonly machine?: Partial<ScenarioPlan["machine"]> } = {}): ScenarioPlan {
  const backends = changes.backends ?? Object.freeze([smallBackend(1), smallBackend(2), smallBackend(3)]);
  return Object.freeze<ScenarioPlan>({
    schema: 1,
    name: "small",
    summary: "Three clients, three backends, a dozen requests.",
    link: Object.freeze({ ...cleanLink, framesMax: FRAMES_MAX }),
    clients: Object.freeze([smallClient]),
    ticks: 50,
    worldBytes: WORLD_BYTES,
    seed: 1,
    hosts: quickHosts,
    ...changes,
    backends,
    machine: Object.freeze({ model: "tiny-proxy", settings: Object.freeze({}), configuration: configurationFor(backends), ...changes.machine }),
  });
}

/** What an experiment takes as its surroundings. */
export function smallSurroundings(plan: ScenarioPlan): Omit<RunSetup, "choose" | "crashes" | "disturbance" | "onException" | "seed"> {
  const { seed: _, ...surroundings } = scenarioSetup(plan, plan.name);
  return surroundings;
}
