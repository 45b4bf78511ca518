/**
 * The requests of a capture: those that the standard machine finds in it, with the method, the target and the host that
 * they ask for, each at the time at which its head was complete.
 */

import { ownMac } from "../capture/own-mac.ts";
import type { Capture } from "../capture/pcap.ts";
import { macText } from "../address-text.ts";
import { DecisionRecorder } from "../decisions.ts";
import { BUILT_IN_CONFIGURATION } from "../machines/configuration.ts";
import { DEFAULT_SEED } from "../machines/model.ts";
import { standard } from "../machines/standard.ts";
import type { RunSetup } from "../run.ts";
import { finishRun, startRun } from "../run.ts";
import type { LoggedRequest } from "./access-log.ts";

const PORTS: readonly number[] = Object.freeze([80, 8080]);
const MICROS_PER_TICK = 1000;

/** At most `most` requests, by time; ticks begin with `firstTick`. */
export function captureRequests(capture: Capture, firstTick: number, most: number): LoggedRequest[] {
  const mac = ownMac(capture, PORTS);
  const setup: RunSetup = {
    manifest: standard.manifest({ mac: macText(mac), ports: PORTS }),
    capture,
    captureName: "capture",
    mac,
    seed: DEFAULT_SEED,
    configuration: BUILT_IN_CONFIGURATION,
    configurationName: "configuration",
  };
  const recorder = new DecisionRecorder();
  const { world, problems } = startRun(setup, [recorder]);
  if (problems.length > 0) return [];
  finishRun(world, setup);
  const decisions = recorder.decisions(() => "", []).slice(0, most);
  const began = decisions.reduce((least, { tsUs }) => Math.min(least, tsUs), decisions[0]?.tsUs ?? 0);
  const requests = decisions.map(({ tsUs, method, target, host }) => ({ tick: firstTick + Math.floor((tsUs - began) / MICROS_PER_TICK), method, target, host: host ?? "" }));
  return requests.sort((a, b) => a.tick - b.tick);
}
