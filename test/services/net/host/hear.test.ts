/** What the machine believes of what others say of addresses: malformed, spoofed and contradicting messages, row by row. */

import { describe, expect, test } from "vitest";
import { HostBench } from "./bench.ts";
import { EVERYBODY, MACHINE_MAC, advertisement, arp, arpAnswer, discovery } from "./link.ts";

const NINE = "02:00:00:00:00:09";
const EVIL = "02:00:00:00:66:66";
const ASKS = `10.20.0.2 asks where 10.20.0.9 is, to ${EVERYBODY}`;
const SENT = (mac: string): string => `SA from 10.20.0.2 to 10.20.0.9 at ${mac}`;

function asking(): HostBench {
  const bench = new HostBench({ limits: { askedForStrangersMax: 2, askTicks: 2000 } });
  bench.syn("10.20.0.9");
  bench.syn("fd00::9", { sport: 1 });
  return bench;
}

function known(): HostBench {
  const bench = new HostBench();
  bench.syn("10.20.0.9");
  bench.says(arpAnswer("10.20.0.9", NINE));
  return bench;
}

describe("a malformed message", () => {
  test.each([
    ["ARP, cut short", arpAnswer("10.20.0.9", NINE).subarray(0, 41)],
    ["ARP, nothing but a type", arpAnswer("10.20.0.9", NINE).subarray(0, 14)],
    ["ARP of other hardware", arpAnswer("10.20.0.9", NINE, { form: [6, 0x0800, 6, 4] })],
    ["ARP of another protocol", arpAnswer("10.20.0.9", NINE, { form: [1, 0x0806, 6, 4] })],
    ["ARP with longer hardware addresses", arpAnswer("10.20.0.9", NINE, { form: [1, 0x0800, 8, 4] })],
    ["ARP with longer addresses", arpAnswer("10.20.0.9", NINE, { form: [1, 0x0800, 6, 16] })],
    ["ARP, no operation", arpAnswer("10.20.0.9", NINE, { operation: 0 })],
    ["RARP", arpAnswer("10.20.0.9", NINE, { operation: 3 })],
    ["an advertisement that has crossed a router (7.1.2)", advertisement("fd00::9", NINE, { hopLimit: 254 })],
    ["with a wrong checksum", advertisement("fd00::9", NINE, { badChecksum: true })],
    ["with a code", advertisement("fd00::9", NINE, { code: 1 })],
    ["of a group", advertisement("ff02::9", NINE, { source: "fd00::9" })],
    ["to a group, though it says it was solicited", advertisement("fd00::9", NINE, { to: "33:33:00:00:00:01", destination: "ff02::1" })],
    ["with an option of length 0", advertisement("fd00::9", NINE, { options: [2, 0, 2, 0, 0, 0, 0, 9] })],
    ["with an option that is longer than the message", advertisement("fd00::9", NINE, { options: [2, 2, 2, 0, 0, 0, 0, 9] })],
    ["with half an option", advertisement("fd00::9", NINE, { options: [2, 1, 2, 0] })],
    ["a solicitation of nobody to the address itself (7.1.1)", discovery({ source: "::0", destination: "fd00::2", to: MACHINE_MAC, options: [] })],
    ["a solicitation of nobody with a MAC address", discovery({ source: "::0" })],
  ])("%s", (_, message) => {
    const bench = asking();
    expect(bench.says(message)).toEqual([]);
    expect(bench.counts()).toMatchObject({ neighbourMessages: 1, malformedMessages: 1, framesWaited: 2 });
    expect(bench.count("neighboursFound")).toBe(0);
    expect(bench.buffersInUse()).toBe(2);
  });

  test("an advertisement that is cut short is no ICMPv6 packet at all, or malformed", () => {
    const bench = asking();
    const whole = advertisement("fd00::9", NINE);
    for (let bytes = 54; bytes < whole.length; bytes++) {
      const cut = whole.slice(0, bytes);
      cut[19] = bytes - 54;
      expect(bench.says(cut)).toEqual([]);
    }
    expect(bench.count("neighboursFound")).toBe(0);
    expect(bench.says(whole)).toEqual([`SA from fd00::2 to fd00::9 at ${NINE}`]);
  });
});

describe("what no neighbour may say", () => {
  test.each([
    ["a group's MAC address", arpAnswer("10.20.0.9", "01:00:5e:00:00:09", { from: NINE })],
    ["everybody's", arpAnswer("10.20.0.9", EVERYBODY, { from: NINE })],
    ["nobody's", arpAnswer("10.20.0.9", "00:00:00:00:00:00", { from: NINE })],
    ["the machine's own", arpAnswer("10.20.0.9", MACHINE_MAC, { from: NINE })],
    ["an address that is not on the link", arpAnswer("10.21.0.9", NINE)],
    ["a group's address", arpAnswer("224.0.0.1", NINE)],
    ["loopback", arpAnswer("127.0.0.1", NINE)],
    ["a group's MAC address, over IPv6", advertisement("fd00::9", "33:33:00:00:00:09")],
    ["an address that is not on the link, over IPv6", advertisement("fd01::9", NINE)],
  ])("%s", (_, message) => {
    const bench = asking();
    expect(bench.says(message)).toEqual([]);
    expect(bench.counts()).toMatchObject({ neighbourMessages: 1, spoofedMessages: 1 });
    expect(bench.count("neighboursFound")).toBe(0);
  });
});

describe("who is not asked for", () => {
  test.each([
    ["an answer", arpAnswer("10.20.0.8", EVIL)],
    ["a claim", arp({ sender: "10.20.0.8", senderMac: EVIL, target: "10.20.0.8" })],
    ["an advertisement", advertisement("fd00::8", EVIL)],
    ["an advertisement without a MAC address", advertisement("fd00::8", EVIL, { options: [] })],
  ])("is not remembered: %s", (_, message) => {
    const bench = new HostBench();
    expect(bench.says(message)).toEqual([]);
    expect(bench.syn("10.20.0.8")).toEqual([`10.20.0.2 asks where 10.20.0.8 is, to ${EVERYBODY}`]);
    expect(bench.syn("fd00::8", { sport: 1 })).toContain("fd00::2 asks where fd00::8 is, to ff02::1:ff00:8 at 33:33:ff:00:00:08");
  });

  test("the manifest's neighbours are where they are, whatever is said", () => {
    const bench = new HostBench();
    bench.says(arpAnswer("10.20.0.77", EVIL), arp({ sender: "10.20.0.77", senderMac: EVIL, target: "10.20.0.77" }));
    expect(bench.counts()).toMatchObject({ fixedContradicted: 2 });
    expect(bench.syn("10.20.0.77")).toEqual(["SA from 10.20.0.2 to 10.20.0.77 at 02:00:00:00:00:77"]);
    expect(bench.count("neighboursAsked")).toBe(0);
  });
});

describe("a claim to the address of a known neighbour", () => {
  const claim = arp({ sender: "10.20.0.9", senderMac: EVIL, target: "10.20.0.9" });

  test("means nothing right after he has answered", () => {
    const bench = known();
    bench.says(claim, arpAnswer("10.20.0.9", EVIL));
    expect(bench.syn("10.20.0.9", { sport: 1 })).toEqual([SENT(NINE)]);
    expect(bench.count("contestedNeighbours")).toBe(0);
  });

  test.each([["a claim", claim], ["an answer that nobody asked for", arpAnswer("10.20.0.9", EVIL)]])("later has everybody asked at the next use; whoever answers first is he: %s", (_, message) => {
    for (const [answers, moved] of [[NINE, 0], [EVIL, 1]] as const) {
      const bench = known();
      bench.wait(30);
      expect(bench.says(message)).toEqual([]);
      expect(bench.syn("10.20.0.9", { sport: 1 })).toEqual([ASKS, SENT(NINE)]);
      bench.says(arpAnswer("10.20.0.9", answers), arpAnswer("10.20.0.9", answers === NINE ? EVIL : NINE));
      expect(bench.syn("10.20.0.9", { sport: 2 })).toEqual([SENT(answers)]);
      expect(bench.counts()).toMatchObject({ contestedNeighbours: 1 });
      expect(bench.count("neighboursMoved")).toBe(moved);
    }
  });

  test("while he alone is asked whether he is there, has everybody asked next", () => {
    const bench = known();
    bench.wait(200);
    expect(bench.syn("10.20.0.9", { sport: 1 })).toEqual([`10.20.0.2 asks where 10.20.0.9 is, to ${NINE}`, SENT(NINE)]);
    bench.says(arpAnswer("10.20.0.9", EVIL));
    expect(bench.wait(60)).toEqual([ASKS, ASKS, ASKS]);
    expect(bench.wait(60)).toEqual([]);
    expect(bench.counts()).toMatchObject({ contestedNeighbours: 1, neighboursGone: 1 });
  });

  test("an answer that is not to override another does not (RFC 4861, 7.2.5)", () => {
    const bench = new HostBench();
    bench.syn("fd00::9");
    bench.says(advertisement("fd00::9", NINE));
    bench.wait(30);
    bench.says(advertisement("fd00::9", EVIL, { flags: 0x20000000 }));
    expect(bench.syn("fd00::9", { sport: 1 })[0]).toBe("fd00::2 asks where fd00::9 is, to ff02::1:ff00:9 at 33:33:ff:00:00:09");
    bench.says(advertisement("fd00::9", EVIL, { flags: 0x40000000 }));
    expect(bench.syn("fd00::9", { sport: 2 })).toEqual([`SA from fd00::2 to fd00::9 at ${NINE}`]);
    bench.says(advertisement("fd00::9", EVIL));
    expect(bench.syn("fd00::9", { sport: 3 })).toEqual([`SA from fd00::2 to fd00::9 at ${EVIL}`]);
  });
});

describe("who says where he is while he is asked for", () => {
  test.each([
    ["a claim", arp({ sender: "10.20.0.9", senderMac: NINE, target: "10.20.0.9" })],
    ["a question for somebody else", arp({ sender: "10.20.0.9", senderMac: NINE, target: "10.20.0.5" })],
  ])("is believed, and asked again at the next use: %s", (_, message) => {
    const bench = new HostBench();
    bench.syn("10.20.0.9");
    expect(bench.says(message)).toEqual([SENT(NINE)]);
    expect(bench.syn("10.20.0.9", { sport: 1 })).toEqual([`10.20.0.2 asks where 10.20.0.9 is, to ${NINE}`, SENT(NINE)]);
  });
});
