/** Echo requests (RFC 792; RFC 1122, 3.2.2.6; RFC 4443, 4.1 and 4.2). */

import { describe, expect, test } from "vitest";
import { HostBench } from "./bench.ts";
import { EVERYBODY, echo, ip } from "./link.ts";

const NINE = "02:00:00:00:00:09";
const BACK = `icmp 0.0 [18,52,0,5,1,2,3] from 10.20.0.2 to 10.20.0.9 at ${NINE}`;
const BACK_6 = `icmp 129.0 [18,52,0,5,1,2,3] from fd00::2 to fd00::9 at ${NINE}`;

describe("an echo request to an own address", () => {
  test.each([
    ["IPv4", echo(), [BACK]],
    ["IPv6", echo({ source: "fd00::9" }), [BACK_6]],
    ["with IP options, which do not go back", echo({ ipOptions: [7, 3, 4, 0] }), [BACK]],
    ["behind an IPv6 extension header", echo({ source: "fd00::9", extensions: [[60, [0, 1, 4, 0, 0, 0, 0]]] }), [BACK_6]],
    ["without data", echo({ data: [] }), [BACK.replace(",1,2,3", "")]],
    ["of who is not on the link: to the router that has brought it", echo({ source: "192.0.2.1", from: "02:00:00:00:00:fe" }), ["icmp 0.0 [18,52,0,5,1,2,3] from 10.20.0.2 to 192.0.2.1 at 02:00:00:00:00:fe"]],
  ])("goes back: %s", (_, request, answer) => {
    const bench = new HostBench();
    expect(bench.says(request)).toEqual(answer);
    expect(bench.counts()).toEqual({ echoesAnswered: 1 });
    expect(bench.buffersInUse()).toBe(0);
  });

  test("of the largest size goes back, and a larger one does not", () => {
    const bench = new HostBench();
    const full = Array.from({ length: 1472 }, (_, index) => index & 255);
    expect(bench.says(echo({ data: full }))).toEqual([BACK.replace("1,2,3", full.join())]);
    expect(bench.says(echo({ data: [...full, 1] }))).toEqual([]);
    expect(bench.counts()).toEqual({ echoesAnswered: 1, echoesRefused: 1 });
  });

  test.each([
    ["a wrong checksum", echo({ badChecksum: true }), "echoesRefused"],
    ["a wrong checksum over IPv6", echo({ source: "fd00::9", badChecksum: true }), "echoesRefused"],
    ["a code", echo({ code: 1 }), "echoesRefused"],
    ["the first part of a packet", echo({ fragment: 0x2000, data: new Array<number>(8).fill(0) }), "echoesRefused"],
    ["a later part that looks like one", echo({ fragment: 5 }), "echoesRefused"],
    ["to everybody's MAC address", echo({ to: EVERYBODY }), "echoesRefused"],
    ["to another address", echo({ destination: "10.20.0.3" }), "packetsForOthers"],
    ["to everybody", echo({ to: EVERYBODY, destination: "255.255.255.255" }), "packetsForOthers"],
    ["to all nodes", echo({ source: "fd00::9", destination: "ff02::1", to: "33:33:00:00:00:01" }), "packetsForOthers"],
    ["of everybody", echo({ source: "255.255.255.255" }), "packetsFromNobody"],
    ["of a group", echo({ source: "224.0.0.1" }), "packetsFromNobody"],
    ["of nobody", echo({ source: "0.0.0.0" }), "packetsFromNobody"],
    ["of loopback", echo({ source: "::1" }), "packetsFromNobody"],
    ["in a frame of a group", echo({ from: "33:33:00:00:00:01" }), "packetsFromNobody"],
    ["in a frame of the machine's own", echo({ from: "02:00:00:00:00:01" }), "packetsFromNobody"],
    ["of itself", echo({ source: "10.20.0.2" }), "packetsFromNobody"],
  ] as const)("gets no answer: %s", (_, request, counter) => {
    const bench = new HostBench();
    expect(bench.says(request)).toEqual([]);
    expect(bench.counts()).toEqual({ [counter]: 1 });
    expect(bench.buffersInUse()).toBe(0);
  });

  test.each([
    ["a reply", echo({ type: 0 })],
    ["an unreachable", echo({ type: 3 })],
    ["an ICMPv6 packet too big", echo({ source: "fd00::9", type: 2 })],
    ["a router advertisement", echo({ source: "fe80::9", type: 134 })],
    ["in a frame for another machine", echo({ to: "02:00:00:00:00:02" })],
  ])("other messages are left aside: %s", (_, message) => {
    const bench = new HostBench();
    expect(bench.says(message)).toEqual([]);
    expect(bench.net("ignoredIcmp")).toBe(1);
    expect(bench.counts()).toEqual({});
  });

  test("at every length that a frame can be cut to", () => {
    const bench = new HostBench({ limits: { echoesMax: 1000 } });
    const whole = echo();
    for (let bytes = 1; bytes < whole.length; bytes++) expect(bench.says(whole.subarray(0, bytes))).toEqual([]);
    expect(ip("10.20.0.2")).toEqual([10, 20, 0, 2]);
    expect(bench.says(whole)).toEqual([BACK]);
  });
});

test("a flood of echoes is answered within bounds, and neighbours are still answered", () => {
  const bench = new HostBench();
  const said = bench.says(...Array.from({ length: 60 }, () => echo()));
  expect(said.length).toBeGreaterThanOrEqual(2);
  expect(said.length).toBeLessThanOrEqual(4);
  expect(bench.counts()).toEqual({ echoesAnswered: said.length, echoesLimited: 60 - said.length });
  expect(bench.buffersInUse()).toBe(0);
});
