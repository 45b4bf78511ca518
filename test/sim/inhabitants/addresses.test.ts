/** What the world answers to whoever asks where its hosts are: only to sound questions, and so that the asker can believe it. */

import { describe, expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { ARP_FRAME_BYTES, NEIGHBOUR_FRAME_BYTES, isArpRequest, isSolicitation, writeAdvertisement, writeArpReply } from "../../../sim/inhabitants/addresses.ts";
import { advertisement, arp, arpAnswer, discovery, echo, mac } from "../../services/net/host/link.ts";

const ANSWER_AT = 256;
const MAC_AT = 512;

function memoryWith(frame: Uint8Array): Memory {
  const memory = new Memory(new ArrayBuffer(1024));
  memory.u8.set(frame);
  memory.u8.set(mac("02:00:00:00:00:01"), MAC_AT);
  return memory;
}

describe("a question", () => {
  test.each([
    ["ARP", arp(), true, false],
    ["ARP of who looks whether the address is free", arp({ sender: "0.0.0.0" }), false, false],
    ["ARP of who says that he has it", arp({ sender: "10.20.0.2" }), false, false],
    ["an ARP answer", arpAnswer("10.20.0.9", "02:00:00:00:00:09"), false, false],
    ["ARP, cut short", arp().subarray(0, 41), false, false],
    ["a solicitation", discovery(), false, true],
    ["a solicitation of who looks whether the address is free", discovery({ source: "::0", options: [] }), false, false],
    ["a solicitation from beyond a router", discovery({ hopLimit: 64 }), false, false],
    ["a solicitation with a wrong checksum", discovery({ badChecksum: true }), false, false],
    ["a solicitation, cut short", discovery().subarray(0, 85), false, false],
    ["an advertisement", advertisement("fd00::9", "02:00:00:00:00:09"), false, false],
    ["an echo request", echo({ source: "fd00::9" }), false, false],
  ])("%s", (_, frame, isArp, isNeighbour) => {
    const memory = memoryWith(frame);
    expect(isArpRequest(memory, 0, frame.length)).toBe(isArp);
    expect(isSolicitation(memory, 0, frame.length)).toBe(isNeighbour);
  });
});

test("an ARP request for any address is answered as that address, to who asked", () => {
  const memory = memoryWith(arp({ target: "10.3.0.1" }));
  writeArpReply(memory, ANSWER_AT, 0, MAC_AT);
  const wanted = arp({ operation: 2, to: "02:00:00:00:00:09", senderMac: "02:00:00:00:00:01", sender: "10.3.0.1", targetMac: "02:00:00:00:00:09", target: "10.20.0.9" });
  expect([...memory.u8.subarray(ANSWER_AT, ANSWER_AT + ARP_FRAME_BYTES)]).toEqual([...wanted.subarray(0, ARP_FRAME_BYTES)]);
});

test("a solicitation is answered the same way (RFC 4861, 7.2.4)", () => {
  const memory = memoryWith(discovery({ target: "fd00:3::1" }));
  writeAdvertisement(memory, ANSWER_AT, 0, MAC_AT);
  const wanted = discovery({ type: 136, to: "02:00:00:00:00:09", from: "02:00:00:00:00:01", source: "fd00:3::1", destination: "fd00::9", target: "fd00:3::1", flags: 0x60000000 });
  expect([...memory.u8.subarray(ANSWER_AT, ANSWER_AT + NEIGHBOUR_FRAME_BYTES)]).toEqual([...wanted]);
});
