/** Plays a capture of the tests on a machine, as `veridian run` does, and compares decisions with the truth. */

import { createHash } from "node:crypto";
import type { Account } from "../../sim/account.ts";
import { macText } from "../../sim/address-text.ts";
import { ownMac } from "../../sim/capture/own-mac.ts";
import type { Capture } from "../../sim/capture/pcap.ts";
import type { Decision } from "../../sim/decisions.ts";
import { DecisionRecorder } from "../../sim/decisions.ts";
import { BUILT_IN_CONFIGURATION, BUILT_IN_NEIGHBOURS } from "../../sim/machines/configuration.ts";
import type { MachineModel } from "../../sim/machines/model.ts";
import { standard } from "../../sim/machines/standard.ts";
import type { RunSetup } from "../../sim/run.ts";
import { finishRun, startRun } from "../../sim/run.ts";
import type { Truth, TrueRequest } from "./index.ts";
import { loadCapture } from "./index.ts";

/** A run that replays a capture. */
export interface ReplaySetup extends RunSetup {
  readonly capture: Capture;
}

export function setupFor(name: string, model: MachineModel = standard, settings: Readonly<Record<string, number>> = {}): ReplaySetup {
  const capture = loadCapture(name);
  const mac = ownMac(capture, [80, 8080]);
  return { manifest: model.manifest({ mac: macText(mac), neighbours: BUILT_IN_NEIGHBOURS, settings }), capture, captureName: name, mac, seed: 1, configuration: BUILT_IN_CONFIGURATION, configurationName: "built in" };
}

export function playCapture(name: string, model: MachineModel = standard): { decisions: readonly Decision[]; account: Account } {
  const setup = setupFor(name, model);
  const recorder = new DecisionRecorder();
  const { world } = startRun(setup, [recorder]);
  const { account, groups } = finishRun(world, setup);
  return { decisions: recorder.decisions((bytes) => createHash("sha1").update(bytes).digest("hex"), groups), account };
}

/** What is compared, of a decision and of a true request alike. */
const MEMBERS = ["frame", "tsUs", "src", "sport", "dst", "dport", "ipVersion", "method", "target", "version", "host", "headBytes", "headSha1", "nthInFlow"] as const;

type Compared = Readonly<Record<(typeof MEMBERS)[number], unknown>>;

/** The true requests that count here, in the order of decisions. */
export function trueRequests(truth: Truth, counts: (request: TrueRequest) => boolean = () => true): TrueRequest[] {
  return truth.requests.filter(counts).sort((a, b) => a.frame - b.frame || (a.headOffset ?? 0) - (b.headOffset ?? 0));
}

/** The first difference in words, "" if there is none. */
export function firstDifference(decisions: readonly Compared[], truth: readonly Compared[]): string {
  for (let i = 0; i < Math.max(decisions.length, truth.length); i++) {
    const [got, expected] = [decisions[i], truth[i]];
    if (got === undefined) return `request ${i + 1} of ${truth.length} is missing: ${brief(expected!)}`;
    if (expected === undefined) return `request ${i + 1} is one too many, ${truth.length} are true: ${brief(got)}`;
    const member = MEMBERS.find((name) => got[name] !== expected[name]);
    if (member !== undefined) return `request ${i + 1}: ${member} is ${JSON.stringify(got[member])}, in truth ${JSON.stringify(expected[member])}; decided ${brief(got)}, true ${brief(expected)}`;
  }
  return "";
}

function brief(request: Compared): string {
  return `frame ${request.frame}, ${request.src}:${request.sport}, ${request.method} ${request.target}`;
}
