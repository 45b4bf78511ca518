/**
 * Generated captures of further kinds of traffic, on the standard machine: what is read in them is what we say, and what an
 * independent reader reads (reader.ts), frame by frame.
 */

import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { brokenLaws } from "../../sim/account.ts";
import type { Capture } from "../../sim/capture/pcap.ts";
import { readCapture } from "../../sim/capture/pcap.ts";
import { DecisionRecorder } from "../../sim/decisions.ts";
import { BUILT_IN_CONFIGURATION } from "../../sim/machines/configuration.ts";
import { DEFAULT_MAC } from "../../sim/machines/model.ts";
import { standard } from "../../sim/machines/standard.ts";
import type { RunSetup } from "../../sim/run.ts";
import { finishRun, startRun } from "../../sim/run.ts";
import { captureFile } from "../sim/capture/building.ts";
import { KINDS } from "./kinds.ts";
import { offered } from "./offered.ts";
import { readTraffic } from "./reader.ts";

const MAC = 0x0200_0000_0001;

function captureOf(frames: readonly Uint8Array[]): Capture {
  const { capture } = readCapture(captureFile(frames.map((bytes, index) => ({ seconds: 1_700_000_000, fraction: 1000 * index, bytes }))));
  if (capture === null) throw new Error("the capture is faulty");
  return capture;
}

function play(capture: Capture) {
  const setup: RunSetup = { manifest: standard.manifest({ mac: DEFAULT_MAC }), capture, captureName: "generated", mac: MAC, seed: 1, configuration: BUILT_IN_CONFIGURATION, configurationName: "built in" };
  const recorder = new DecisionRecorder();
  const { world } = startRun(setup, [recorder]);
  const { account, groups } = finishRun(world, setup);
  return { decisions: recorder.decisions((bytes) => createHash("sha1").update(bytes).digest("hex"), groups), account };
}

test.each(KINDS.map((kind) => [kind.name, kind] as const))("%s", (_name, { frames, targets, dropped, ignored }) => {
  const capture = captureOf(frames);
  const { decisions, account } = play(capture);
  expect(decisions.map(({ target }) => target).join(" ")).toBe(targets);
  // What does not fit a buffer of 2,048 bytes, FCS included, never arrives.
  const arriving = [...offered(capture, MAC)].filter(({ bytes }) => bytes.length <= 2044);
  const { requests } = readTraffic(arriving);
  const compared = ({ frame, sport, dport, ipVersion, method, target, version, host, headBytes, headSha1, nthInFlow }: (typeof requests)[number]): unknown[] => [frame, sport, dport, ipVersion, method, target, version, host, headBytes, headSha1, nthInFlow];
  expect(decisions.map((decision) => compared(decision))).toEqual(requests.map(compared));
  expect(brokenLaws(account)).toEqual([]);
  if (dropped !== undefined) expect(account.frames.dropped).toEqual(dropped);
  for (const [reason, count] of Object.entries(ignored ?? {})) expect([reason, account.net.ignored[reason] ?? 0]).toEqual([reason, count]);
});
