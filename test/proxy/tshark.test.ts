/**
 * Goal: what the machine sends, a reader that is not ours finds sound. Method: tshark reads the transmitted frames of a
 * proxied run over a clean and over a bad link. Frames are recorded as they leave: what the link then loses is in the record.
 */

import { describe, expect, test } from "vitest";
import type { LinkPlan } from "../../sim/inhabitants/link.ts";
import { cleanLink } from "../../sim/inhabitants/link.ts";
import { finishRun, startRun } from "../../sim/run.ts";
import { TransmitRecorder } from "../../sim/transmitted.ts";
import { backendNumbers, badLink, bulkSetup, clientNumbers, once } from "./bulk/run.ts";
import { tshark, tsharkMissing } from "./tshark.ts";

const REQUESTS = 150;
const missing = tsharkMissing();

interface Sent {
  readonly file: Uint8Array;
  readonly frames: number;
  readonly requests: number;
  readonly broken: number;
}

function play(link: LinkPlan): Sent {
  const recorder = new TransmitRecorder();
  const { setup, made } = bulkSetup({ requests: REQUESTS, clients: 16, link, hasty: true });
  const { world } = startRun(setup, [recorder]);
  finishRun(world, setup);
  const { requests, cut } = backendNumbers(world, made.backends!);
  return { file: recorder.file(), frames: recorder.count, requests: requests! + cut!, broken: clientNumbers(world, made.clients!).broken! };
}

/** What would be wrong with a frame, whatever the link does. */
const WRONG = ["_ws.malformed", "_ws.short", "ip.checksum.status == 0", "tcp.checksum.status == 0", "tcp.analysis.lost_segment", "tcp.segment.overlap.conflict", "tcp.segment.error"];

describe.skipIf(missing !== "").each([["clean", cleanLink], ["bad", badLink]] as const)(`a proxied run over a %s link${missing === "" ? "" : ` (skipped: ${missing})`}`, (name, link) => {
  const played = once(() => play(link));

  test("tshark finds TCP over IPv4 and IPv6 in all frames, and reads all of them", () => {
    const protocols = tshark(played().file, "frame", ["frame.protocols"]);
    expect(protocols.length).toBe(played().frames);
    expect(new Set(protocols.map(([text]) => text!.split(":").slice(0, 4).join(":")))).toEqual(new Set(["eth:ethertype:ip:tcp", "eth:ethertype:ipv6:tcp"]));
  });

  test("no frame is noted as malformed, short, with a bad checksum, behind a gap, or at odds with what was sent before", () => {
    expect(tshark(played().file, WRONG.join(" || "), ["frame.number", ...WRONG.map((name) => name.split(" ")[0]!), "_ws.col.Info"], name === "clean")).toEqual([]);
  });

  test("retransmissions are noted where the link loses, nowhere else", () => {
    const again = tshark(played().file, "tcp.analysis.retransmission || tcp.analysis.fast_retransmission", ["frame.number"]);
    if (name === "clean") expect(again).toEqual([]);
    else expect(again.length).toBeGreaterThan(20);
  });

  test("it reads as many requests and responses as there were", () => {
    const [requests, responses] = [tshark(played().file, "http.request", ["http.request.method"]), tshark(played().file, "http.response", ["http.response.code"])];
    expect(responses.every(([code]) => code === "200")).toBe(true);
    expect([requests.length, responses.length]).toEqual([played().requests, REQUESTS + played().broken]);
  });
});
