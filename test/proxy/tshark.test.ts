/**
 * Goal: what the machine sends, a reader that is not ours finds sound. Method: tshark reads the transmitted frames of a
 * proxied run over a clean and over a bad link. Frames are recorded as they leave: what the link then loses is in the record.
 *
 * Where it puts streams together tshark 4.0 notes "New fragment overlaps old data (retransmission?)" at whatever comes for a
 * message that it has whole, without a look at the bytes. So the bytes are compared here, by a reader of our own.
 */

import { describe, expect, test } from "vitest";
import { readCapture } from "../../sim/capture/pcap.ts";
import type { LinkPlan } from "../../sim/inhabitants/link.ts";
import { cleanLink } from "../../sim/inhabitants/link.ts";
import { finishRun, startRun } from "../../sim/run.ts";
import { TransmitRecorder } from "../../sim/transmitted.ts";
import { backendNumbers, badLink, bulkSetup, clientNumbers, once } from "./bulk/run.ts";
import { streamsIn } from "./resent.ts";
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

const LINKS = ["clean", "bad"] as const;
const plays = { clean: once(() => play(cleanLink)), bad: once(() => play(badLink)) };

describe.each(LINKS)("the bytes of a proxied run over a %s link", (name) => {
  test("are sent without a gap; what is sent again is what was sent before", () => {
    const { resent, gaps, bytes } = streamsIn(plays[name]().file);
    expect(bytes).toBeGreaterThan(2_000_000);
    expect(gaps).toEqual([]);
    expect(resent.filter(({ otherBytes }) => otherBytes > 0)).toEqual([]);
    if (name === "clean") expect(resent).toEqual([]);
    else expect(resent.filter(({ cutAlike }) => !cutAlike).length).toBeGreaterThan(10);
  });
});

test("a byte that is another one when it is sent again is found, and so is one that is missing", () => {
  const { file } = plays.bad();
  const { capture } = readCapture(file);
  const { resent } = streamsIn(file);
  const damaged = file.slice();
  const last = resent.at(-1)!.frame;
  damaged[capture!.frameAt(last) + capture!.capturedBytes(last) - 1]! ^= 1;
  expect(streamsIn(damaged).resent.filter(({ otherBytes }) => otherBytes > 0)).toEqual([{ ...resent.at(-1), otherBytes: 1 }]);
  const first = Array.from({ length: capture!.count }, (_, i) => i + 1).find((frame) => capture!.capturedBytes(frame) > 1000)!;
  // Not TCP any more: as if it had not been sent.
  damaged[capture!.frameAt(first) + 12] = 0xff;
  expect(streamsIn(damaged).gaps.length).toBeGreaterThan(0);
});

describe.skipIf(missing !== "").each(LINKS)(`a proxied run over a %s link${missing === "" ? "" : ` (skipped: ${missing})`}`, (name) => {
  const played = plays[name];

  test("where it puts streams together, the only notes of damage are of what was sent before, and cut otherwise then", () => {
    const noted = tshark(played().file, "_ws.malformed || tcp.segment.overlap.conflict || tcp.segment.error", ["frame.number"]).map(([frame]) => Number(frame));
    const cutOtherwise = streamsIn(played().file).resent.filter(({ cutAlike }) => !cutAlike).map(({ frame }) => frame);
    expect(noted.filter((frame) => !cutOtherwise.includes(frame))).toEqual([]);
    if (name === "clean") expect(noted).toEqual([]);
  });

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
