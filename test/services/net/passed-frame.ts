/** Reads a frame that net sent on, as a receiver would: lengths and checksums judged, written apart from the code under test. */

import { expect } from "vitest";
import type { Sent } from "./reading.ts";
import { readSent } from "./reading.ts";

export interface Passed extends Sent {
  /** Letters of F S R P A U E C. */
  readonly flags: string;
  readonly options: readonly number[];
  readonly urgentPointer: number;
}

const LETTERS = "FSRPAUEC";

export function readPassed(bytes: Uint8Array): Passed {
  const frame = Buffer.from(bytes);
  const version6 = frame.readUInt16BE(12) === 0x86dd;
  const ip = frame.subarray(14);
  if (!version6) {
    expect([ip[0], ip.readUInt16BE(2)]).toEqual([0x45, ip.length]);
    expect(sumOf(ip.subarray(0, 20))).toBe(0xffff);
  } else expect([ip.readUInt32BE(0), ip.readUInt16BE(4), ip[6]]).toEqual([0x6000_0000, ip.length - 40, 6]);
  const tcp = ip.subarray(version6 ? 40 : 20);
  const addresses = version6 ? ip.subarray(8, 40) : ip.subarray(12, 20);
  expect(sumOf(Buffer.concat([addresses, Buffer.from([0, 6, tcp.length >> 8, tcp.length & 0xff]), tcp]))).toBe(0xffff);
  const flags = [...LETTERS].filter((_, bit) => ((tcp[13] >> bit) & 1) === 1).join("");
  return { ...readSent(bytes), flags, options: [...tcp.subarray(20, (tcp[12] >> 4) * 4)], urgentPointer: tcp.readUInt16BE(18) };
}

/** What net made of a frame that a NIC padded to the 60 bytes of Ethernet. */
export function withoutPadding(bytes: Uint8Array): Uint8Array {
  const frame = Buffer.from(bytes);
  const packetBytes = frame.readUInt16BE(12) === 0x86dd ? 40 + frame.readUInt16BE(18) : frame.readUInt16BE(16);
  return frame.length === 60 ? bytes.subarray(0, 14 + packetBytes) : bytes;
}

/** RFC 1071 over big-endian words. */
function sumOf(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i] * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}
