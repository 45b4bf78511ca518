import { expect, test } from "vitest";
import { macText } from "../../../sim/address-text.ts";
import { ownMac } from "../../../sim/capture/own-mac.ts";
import { readCapture } from "../../../sim/capture/pcap.ts";
import { ACK, captureFile, segment, SYN, SYN_ACK } from "./building.ts";

const A = "02:00:00:00:00:0a";
const B = "02:00:00:00:00:0b";
const C = "06:00:00:00:00:0c";

function own(...frames: Uint8Array[]): string {
  const { capture } = readCapture(captureFile(frames.map((bytes, i) => ({ seconds: i, fraction: 0, bytes, wireBytes: 2000 }))));
  if (capture === null) throw new Error("the test's capture is faulty");
  return macText(ownMac(capture, [80, 8080]));
}

test("the address to which most SYN frames go, whatever else it receives", () => {
  const syn = segment({ destinationMac: B, flags: SYN });
  const other = segment({ destinationMac: A, flags: SYN });
  const busy = segment({ destinationMac: C, flags: ACK });
  expect(own(other, syn, busy, busy, busy, syn)).toBe(B);
});

test("a tie takes the lowest, in either order", () => {
  const a = segment({ destinationMac: A, flags: SYN });
  const b = segment({ destinationMac: B, flags: SYN });
  const c = segment({ destinationMac: C, flags: SYN });
  expect([own(a, b, c), own(c, b, a), own(b, a, b, a, c)]).toEqual([A, A, A]);
});

test("SYN with ACK is no SYN, and a SYN may go to any port", () => {
  const answer = segment({ destinationMac: A, flags: SYN_ACK });
  expect(own(answer, answer, segment({ destinationMac: B, flags: SYN, destinationPort: 22 }))).toBe(B);
});

test("SYNs count inside VLAN tags, IPv6 and its extension headers", () => {
  const plain = segment({ destinationMac: A, flags: SYN });
  const tagged = segment({ destinationMac: B, flags: SYN, vlanTypes: [0x8100] });
  const doubly = segment({ destinationMac: B, flags: SYN, vlanTypes: [0x88a8, 0x8100] });
  const six = segment({ destinationMac: C, flags: SYN, version: 6 });
  const extended = segment({ destinationMac: C, flags: SYN, version: 6, extensions: [0, 60] });
  expect(own(plain, tagged, doubly)).toBe(B);
  expect(own(plain, six, extended)).toBe(C);
});

test("later fragments hold no TCP header", () => {
  const later = segment({ destinationMac: A, flags: SYN, fragmentOffset: 8 });
  const later6 = segment({ destinationMac: A, flags: SYN, version: 6, extensions: [44], fragmentOffset: 8 });
  const first6 = segment({ destinationMac: B, flags: SYN, version: 6, extensions: [44] });
  expect(own(later, later6, later, first6)).toBe(B);
});

test("without SYN, the address that receives most TCP frames to served ports", () => {
  const served = segment({ destinationMac: B, destinationPort: 8080 });
  const other = segment({ destinationMac: A, destinationPort: 443 });
  expect(own(other, other, served)).toBe(B);
});

test("else a fixed address: nothing, noise, group addresses, frames cut before the flags", () => {
  const fallback = "02:00:00:00:00:01";
  const cut = segment({ destinationMac: A, flags: SYN }).subarray(0, 14 + 20 + 13);
  const group = segment({ destinationMac: "ff:ff:ff:ff:ff:ff", flags: SYN });
  expect([own(), own(new Uint8Array(9)), own(group), own(cut)]).toEqual([fallback, fallback, fallback, fallback]);
});
