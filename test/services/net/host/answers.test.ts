/** Questions for the machine's own addresses, and how it defends them (RFC 826, RFC 5227, RFC 4861 7.2.3 and 7.2.4). */

import { describe, expect, test } from "vitest";
import { HostBench } from "./bench.ts";
import { EVERYBODY, MACHINE_MAC, arp, arpAnswer, discovery } from "./link.ts";

const NINE = "02:00:00:00:00:09";
const HERE = `10.20.0.2 is here, 10.20.0.9 at ${NINE}, to ${NINE}`;
const HERE_6 = `fd00::2 answers that fd00::2 is here, to fd00::9 at ${NINE}`;

describe("a question for an own address is answered", () => {
  test.each([
    ["to everybody", arp(), [HERE]],
    ["to the machine alone", arp({ to: MACHINE_MAC }), [HERE]],
    ["of somebody who has no address yet (RFC 5227, 2.1.1)", arp({ sender: "0.0.0.0" }), [`10.20.0.2 is here, 0.0.0.0 at ${NINE}, to ${NINE}`]],
    ["for another address", arp({ target: "10.20.0.3" }), []],
    ["for the other family's", arp({ target: "253.0.0.0" }), []],
    ["in a frame for another machine", arp({ to: "02:00:00:00:00:02" }), []],
    ["of who is not on the link", arp({ sender: "10.21.0.9" }), []],
    ["IPv6", discovery(), [HERE_6]],
    ["IPv6, to the machine alone", discovery({ to: MACHINE_MAC, destination: "fd00::2" }), [HERE_6]],
    ["IPv6, behind an extension header", discovery({ extensions: [[60, [0, 1, 4, 0, 0, 0, 0]]] }), [HERE_6]],
    ["IPv6, of a link-local address", discovery({ source: "fe80::9" }), [`fd00::2 answers that fd00::2 is here, to fe80::9 at ${NINE}`]],
    ["IPv6, without a MAC address in it", discovery({ options: [] }), [HERE_6]],
    ["IPv6, of somebody who has no address yet (RFC 4862, 5.4)", discovery({ source: "::0", options: [] }), ["fd00::2 tells that fd00::2 is here, to ff02::1 at 33:33:00:00:00:01"]],
    ["IPv6, for another address of the same group", discovery({ target: "fd00::1:0:2" }), []],
  ])("%s", (_, question, answer) => {
    const bench = new HostBench();
    expect(bench.says(question)).toEqual(answer);
    expect(bench.count("questionsAnswered")).toBe(answer.length);
    expect(bench.buffersInUse()).toBe(0);
  });
});

test("who asks is remembered, and asked himself when he is first used", () => {
  const bench = new HostBench();
  bench.says(arp());
  expect(bench.syn("10.20.0.9")).toEqual([`10.20.0.2 asks where 10.20.0.9 is, to ${NINE}`, `SA from 10.20.0.2 to 10.20.0.9 at ${NINE}`]);
  expect(bench.count("framesWaited")).toBe(0);
});

test("who asks takes nobody's place", () => {
  const bench = new HostBench({ limits: { answersMax: 100 } });
  bench.syn("10.20.0.9");
  bench.says(arpAnswer("10.20.0.9", NINE));
  for (let last = 20; last < 60; last++) bench.says(arp({ sender: `10.20.3.${last}`, senderMac: `02:00:00:00:03:${last}` }));
  expect(bench.count("neighboursEvicted")).toBe(0);
  expect(bench.syn("10.20.0.9", { sport: 1 })).toEqual([`SA from 10.20.0.2 to 10.20.0.9 at ${NINE}`]);
});

test("a flood of questions is answered within bounds", () => {
  const bench = new HostBench();
  const said = bench.says(...Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? arp() : discovery())));
  const windows = Math.ceil(50 / 8 / 20) + 1;
  expect(said.length).toBeGreaterThanOrEqual(2);
  expect(said.length).toBeLessThanOrEqual(2 * windows);
  expect(bench.count("questionsLimited")).toBe(50 - said.length);
  expect(bench.buffersInUse()).toBe(0);
  bench.wait(20);
  expect(bench.says(arp())).toEqual([HERE]);
});

describe("somebody else has an own address", () => {
  test("and the machine says that it is its own, not more often than the RFC has it (RFC 5227, 2.4)", () => {
    const bench = new HostBench();
    const conflict = arp({ sender: "10.20.0.2", target: "10.20.0.2" });
    expect(bench.says(conflict)).toEqual([`10.20.0.2 is here, to ${EVERYBODY}`]);
    expect(bench.says(conflict, conflict, conflict)).toEqual([]);
    bench.wait(100);
    expect(bench.says(conflict)).toEqual([`10.20.0.2 is here, to ${EVERYBODY}`]);
    expect(bench.counts()).toEqual({ neighbourMessages: 5, ownAddressConflicts: 5, ownAddressDefended: 2 });
  });

  test("over IPv6", () => {
    const bench = new HostBench();
    const conflict = discovery({ to: "33:33:00:00:00:01", type: 136, source: "fd00::2", destination: "ff02::1", flags: 0x20000000 });
    expect(bench.says(conflict)).toEqual(["fd00::2 tells that fd00::2 is here, to ff02::1 at 33:33:00:00:00:01"]);
    expect(bench.says(conflict)).toEqual([]);
  });

  test("a question in its name gets no answer", () => {
    const bench = new HostBench();
    bench.says(arp({ sender: "10.20.0.2" }));
    expect(bench.says(arp({ sender: "10.20.0.2" }))).toEqual([]);
    expect(bench.counts()).toEqual({ neighbourMessages: 2, ownAddressConflicts: 2, ownAddressDefended: 1 });
  });
});

test("what is not heard: other machines' frames, tagged ones, and a net that was shut down", () => {
  const bench = new HostBench();
  const tagged = Uint8Array.from([...arp().subarray(0, 12), 0x81, 0, 0, 5, ...arp().subarray(12)]);
  expect(bench.says(tagged, arp({ to: "02:00:00:00:00:02" }), discovery({ to: "02:00:00:00:00:02" }))).toEqual([]);
  expect(bench.net("ignoredArp")).toBe(2);
  expect(bench.net("ignoredIcmp")).toBe(1);
  bench.world.frames.push("shutdown");
  bench.wait(4);
  expect(bench.says(arp())).toEqual([]);
});
