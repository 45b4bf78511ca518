/**
 * Made-up frames against a machine with tiny limits: whatever comes, tables and lists stay sound, no buffer is lost, every
 * frame that waited is accounted for, and the machine says no more than its bounds allow.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { neighbourFind } from "../../../../services/net/host/cache.ts";
import { hostTiny } from "../../../../services/net/host/limits.ts";
import { askedList } from "../../../../services/net/host/neighbour-list.ts";
import { ASKED_LISTS, HostLink, HostList, HostNeighbour, HostState, NeighbourState, WaitingFrame } from "../../../../services/net/host/records.ts";
import { frame } from "../../../frames.ts";
import { HostBench } from "./bench.ts";
import { EVERYBODY, MACHINE_MAC, advertisement, arp, arpAnswer, discovery, echo, ip } from "./link.ts";

const ADDRESSES = ["10.20.0.1", "10.20.0.2", "10.20.0.9", "10.20.0.10", "10.20.0.11", "10.20.0.12", "10.20.0.13", "10.20.0.77", "10.21.0.9", "255.255.255.255"];
const ADDRESSES_6 = ["fd00::1", "fd00::2", "fd00::9", "fd00::a", "fd00::b", "fe80::9", "ff02::1", "fd01::9"];
const MACS = ["02:00:00:00:00:09", "02:00:00:00:00:0a", MACHINE_MAC, EVERYBODY, "00:00:00:00:00:00"];

const address = fc.constantFrom(...ADDRESSES);
const address6 = fc.constantFrom(...ADDRESSES_6);
const macs = fc.constantFrom(...MACS);
const groups = fc.constantFrom(MACHINE_MAC, EVERYBODY, "33:33:ff:00:00:02");

const sound = fc.oneof(
  fc.record({ source: address, sport: fc.integer({ min: 1, max: 9 }), flags: fc.constantFrom("S", "A", "SA", "R", "F") }).map((options) => frame({ ...options, destination: "10.20.0.2" })),
  fc.record({ source: address6, sport: fc.integer({ min: 1, max: 9 }), flags: fc.constantFrom("S", "A") }).map((options) => frame({ ...options, destination: "fd00::2" })),
  fc.record({ sender: address, senderMac: macs }).map(({ sender, senderMac }) => arpAnswer(sender, senderMac)),
  fc.record({ sender: address, senderMac: macs, target: address, to: groups }).map(arp),
  fc.record({ target: address6, from: macs, flags: fc.constantFrom(0, 0x20000000, 0x40000000, 0x60000000) }).map(({ target, from, flags }) => advertisement(target, from, { flags })),
  fc.record({ source: address6, target: address6, to: groups, from: macs }).map(discovery),
  fc.record({ source: fc.oneof(address, address6), from: macs, to: groups }).map(echo),
);

/** A sound frame, cut short or with some bytes changed. */
const broken = fc.tuple(sound, fc.integer({ min: 15, max: 120 }), fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 4 })).map(([whole, length, changes]) => {
  const bytes = whole.slice(0, length);
  for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
  return bytes;
});

const step = fc.oneof({ weight: 5, arbitrary: sound }, { weight: 3, arbitrary: broken }, { weight: 2, arbitrary: fc.integer({ min: 1, max: 60 }) });

/** Entries of a list, both ways; throws if they differ. */
function members(bench: HostBench, list: Address<"HostList">, offset: number): number[] {
  const { memory } = bench;
  const forward: number[] = [];
  for (let entry = HostList.first.get(memory, list); entry !== 0 && forward.length < 100; entry = HostLink.next.get(memory, (entry + offset) as Address<"HostLink">)) forward.push(entry);
  const back: number[] = [];
  for (let entry = HostList.last.get(memory, list); entry !== 0 && back.length < 100; entry = HostLink.previous.get(memory, (entry + offset) as Address<"HostLink">)) back.unshift(entry);
  expect(back).toEqual(forward);
  expect(HostList.count.get(memory, list)).toBe(forward.length);
  return forward;
}

/** Proves that all that the host remembers hangs together, and that nothing is held beside it. */
function prove(bench: HostBench): void {
  const { memory, host } = bench;
  const used = members(bench, HostState.used.at(host), HostNeighbour.used.offset);
  const asked = Array.from({ length: ASKED_LISTS }, (_, index) => members(bench, askedList(host, index), HostNeighbour.asking.offset));
  let waiting = 0;
  for (const at of used) {
    const entry = at as Address<"HostNeighbour">;
    const state = HostNeighbour.state.get(memory, entry);
    expect(state).not.toBe(NeighbourState.free);
    expect(neighbourFind(memory, host, HostNeighbour.family.get(memory, entry), HostNeighbour.address.at(entry) as Address as Address<"IpAddress">)).toBe(entry);
    const lists = asked.map((list) => list.includes(at));
    expect(lists.filter(Boolean).length).toBe(state === NeighbourState.incomplete || state === NeighbourState.probe ? 1 : 0);
    expect(lists[2]).toBe(state === NeighbourState.probe);
    const frames = HostNeighbour.waitingCount.get(memory, entry);
    expect(frames).toBeLessThanOrEqual(state === NeighbourState.incomplete ? hostTiny.waitingPerNeighbourMax : 0);
    waiting += frames;
  }
  expect(used.length).toBeLessThanOrEqual(hostTiny.neighboursMax);
  expect(asked[0].length).toBeLessThanOrEqual(hostTiny.askedMax);
  expect(asked[1].length).toBeLessThanOrEqual(hostTiny.askedForStrangersMax);
  expect(HostState.waitingCount.get(memory, host)).toBe(waiting);
  let free = 0;
  for (let at = HostState.waitingFree.get(memory, host); at !== 0; at = WaitingFrame.next.get(memory, at as Address<"WaitingFrame">)) free++;
  expect(free + waiting).toBe(hostTiny.waitingMax);
  expect(bench.buffersInUse()).toBe(waiting);
  const ended = ["framesResolved", "framesUnresolved", "framesDisplaced", "framesNotSent", "framesUnfinished"] as const;
  expect(ended.reduce((sum, name) => sum + bench.count(name), waiting)).toBe(bench.count("framesWaited"));
}

describe("hostile frames", () => {
  test("leave nothing broken, and nothing behind", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const bench = new HostBench();
        for (const next of steps) {
          if (typeof next === "number") bench.wait(next);
          else bench.says(next);
          prove(bench);
        }
        // Nobody answers any more.
        bench.wait(400);
        prove(bench);
        expect(bench.buffersInUse()).toBe(0);
        expect(bench.world.transmitted.length).toBeLessThan(20 * steps.length);
        expect(bench.machine.report().processes.every(({ restarts }) => restarts === 0)).toBe(true);
      }),
      { numRuns: 40, seed: 6 },
    );
  });

  test.each([["asked for by nobody yet", false], ["asked for on a stranger's account before", true]])("made-up neighbours do not keep the machine from a backend that is %s", (_, before) => {
    const bench = new HostBench({ limits: { waitingMax: 16, askTicks: 2000 } });
    const client = { source: "10.20.0.77", destination: "10.20.0.2", sport: 5000 };
    bench.world.policy.backend = ip("10.20.0.9");
    bench.says(frame({ ...client, flags: "S", sequence: 100 }));
    const sequence = bench.world.transmitted[0].slice(38, 42).reduce((value, byte) => value * 256 + byte, 0);
    const flood = (): void => void bench.says(...Array.from({ length: 40 }, (_, index) => frame({ source: `10.20.${index + 1}.1`, destination: "10.20.0.2", flags: "S", sport: index + 1 })));
    const question = `10.20.0.2 asks where 10.20.0.9 is, to ${EVERYBODY}`;
    flood();
    if (before) expect(bench.syn("10.20.0.9")).toEqual([question]);
    const said = bench.says(frame({ ...client, flags: "PA", sequence: 101, acknowledgement: (sequence + 1) % 2 ** 32, data: "GET / HTTP/1.1\r\nHost: a\r\n\r\n" }));
    expect(said.includes(question)).toBe(!before);
    flood();
    const sent = bench.says(arpAnswer("10.20.0.9", "02:00:00:00:00:09"));
    expect(sent).toEqual([...(before ? ["SA"] : []), "S"].map((flags) => `${flags} from 10.20.0.2 to 10.20.0.9 at 02:00:00:00:00:09`));
  });
});
