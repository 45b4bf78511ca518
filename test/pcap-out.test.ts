/**
 * Goal: what the machine sends on is what any receiver would take: whole frames with good checksums, within the MTU, and
 * exactly the bytes of the routed requests. Method: read `--pcap-out` with a reader of our own and put the heads together
 * by sequence numbers.
 */

import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ipv4Text, macNumber, macText } from "../sim/address-text.ts";
import { readCapture } from "../sim/capture/pcap.ts";
import type { Decision } from "../sim/decisions.ts";
import { DecisionRecorder } from "../sim/decisions.ts";
import { BUILT_IN_NEIGHBOURS } from "../sim/machines/configuration.ts";
import type { RunSetup } from "../sim/run.ts";
import { finishRun, startRun } from "../sim/run.ts";
import { TransmitRecorder } from "../sim/transmitted.ts";
import { setupFor } from "./captures/playing.ts";

const ETHERNET_BYTES = 14;
const MTU = 1500;

interface Sent {
  readonly destinationMac: string;
  readonly sourceMac: string;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly data: Buffer;
}

function play(setup: RunSetup): { sent: Sent[]; times: number[]; decisions: Decision[] } {
  const [decisions, transmitted] = [new DecisionRecorder(), new TransmitRecorder()];
  const { world } = startRun(setup, [decisions, transmitted]);
  const { groups } = finishRun(world, setup);
  const { capture } = readCapture(transmitted.file());
  const numbers = Array.from({ length: capture!.count }, (_, i) => i + 1);
  return {
    sent: numbers.map((number) => readFrame(Buffer.from(capture!.frame(number)))),
    times: numbers.map((number) => capture!.timeMicros(number)),
    decisions: decisions.decisions(sha1, groups),
  };
}

function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

/** RFC 1071: a run of bytes with a good checksum in it sums up to all ones. */
function onesSum(...runs: readonly Buffer[]): number {
  const bytes = Buffer.concat([...runs, Buffer.alloc(1)]);
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** An IPv4 frame, judged as a receiver would. */
function readFrame(frame: Buffer): Sent {
  expect(frame.readUInt16BE(12)).toBe(0x0800);
  const packetBytes = frame.readUInt16BE(ETHERNET_BYTES + 2);
  const packet = frame.subarray(ETHERNET_BYTES, ETHERNET_BYTES + packetBytes);
  expect(packet.length).toBe(packetBytes);
  expect(packetBytes).toBeLessThanOrEqual(MTU);
  const headerBytes = (packet[0]! & 0xf) * 4;
  expect(onesSum(packet.subarray(0, headerBytes))).toBe(0xffff);
  const segment = packet.subarray(headerBytes);
  const pseudo = Buffer.concat([packet.subarray(12, 20), Buffer.of(0, 6, segment.length >> 8, segment.length & 0xff)]);
  expect(onesSum(pseudo, segment)).toBe(0xffff);
  return {
    destinationMac: macText(macNumber(frame, 0)),
    sourceMac: macText(macNumber(frame, 6)),
    source: ipv4Text(packet, 12),
    destination: ipv4Text(packet, 16),
    sourcePort: segment.readUInt16BE(0),
    destinationPort: segment.readUInt16BE(2),
    sequence: segment.readUInt32BE(4),
    data: segment.subarray((segment[12]! >> 4) * 4),
  };
}

test.each(["01-curl-gets", "03-pipelined", "04-post", "06-large-headers", "10-net-heavy", "12b-vlan"])("%s: each routed head arrives whole at its backend", (name) => {
  const setup = setupFor(name);
  const { sent, times, decisions } = play(setup);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const routed = decisions.filter(({ outcome, ipVersion }) => outcome === "routed" && ipVersion === 4);
  expect(routed.length).toBeGreaterThan(5);
  for (const { src, sport, backend, headBytes, headSha1, target } of routed) {
    const towards = sent.filter((one) => one.source === src && one.sourcePort === sport && `${one.destination}:${one.destinationPort}` === backend);
    expect(headsOf(towards, headBytes), `${src}:${sport} ${target}`).toContain(headSha1);
  }
  for (const one of sent) {
    expect(one.sourceMac).toBe(macText(setup.mac));
    expect(one.destinationMac).toBe(BUILT_IN_NEIGHBOURS[one.destination]);
  }
});

/** Digests of what could be a head of so many bytes: from the start of each frame on, by sequence numbers. */
function headsOf(sent: readonly Sent[], headBytes: number): string[] {
  return sent.map((first) => {
    const head = Buffer.alloc(headBytes);
    for (const { sequence, data } of sent) {
      const at = (sequence - first.sequence) | 0;
      if (at >= 0 && at < headBytes) data.copy(head, at);
    }
    return sha1(head);
  });
}
