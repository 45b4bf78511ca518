/** Packets in parts: RFC 791, 3.2; RFC 815; RFC 1858; RFC 3128; RFC 5722; RFC 6946; RFC 7112; RFC 8200, 4.5. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FrameOptions } from "../../../frames.ts";
import { Client, frame } from "../../../frames.ts";
import { NetBench } from "../bench.ts";
import { books, expectSettled, get } from "./books.ts";
import { dataBytesOf, part, parts } from "./parts.ts";

const V4: FrameOptions = { source: "10.0.0.1" };
const V6: FrameOptions = { source: "fd00::1" };
const FAMILIES: readonly (readonly [string, FrameOptions])[] = [["IPv4", V4], ["IPv6", V6]];
for (const [family, options] of FAMILIES) describe(`${family}: a packet in parts`, () => {
  const client = new Client(options);
  const whole = client.at(0, get("/whole", 200));

  test.each([
    ["in order", [0, 1, 2, 3]],
    ["backwards", [3, 2, 1, 0]],
    ["in any order, some twice", [2, 0, 2, 3, 0, 1]],
  ])("%s is whole with the last of them, and that is the request's frame", (_how, order) => {
    const bench = new NetBench();
    const four = parts(whole, [32, 64, 120]);
    bench.offer(client.syn(), ...order.map((index) => four[index]));
    expect(bench.seen.map(({ target, ordinal, head }) => [target, ordinal, head])).toEqual([["/whole", order.length + 1, get("/whole", 200)]]);
    const repeated = order.length - 4;
    expect(books(bench)).toEqual({ fragments: order.length, fragmentedOpened: 1, fragmentedWhole: 1, ...(repeated === 0 ? {} : { repeatedFragments: repeated }) });
    expectSettled(bench);
  });

  test("the smallest that there can be: nothing is judged before all is there (RFC 1858, 2; RFC 3128)", () => {
    const bench = new NetBench();
    const first = options === V4 ? 8 : 24;
    const places = Array.from({ length: Math.ceil((dataBytesOf(whole) - first) / 8) }, (_, index) => first + 8 * index);
    bench.offer(client.syn(), ...parts(whole, places).reverse());
    expect(bench.targets()).toBe("/whole");
    expectSettled(bench);
  });

  test("whose parts hold a SYN, a FIN or a reset is as good as one in a piece", () => {
    const bench = new NetBench();
    bench.offer(...parts(client.syn({ tcpOptions: new Array<number>(12).fill(1) }), [24]), client.at(0, get("/1")), ...parts(client.at(get("/1").length, get("/2"), { flags: "FPA" }), [40]), client.at(0, get("/3")));
    expect(bench.targets()).toBe("/1 /2");
    expect(bench.count("ignoredEndedFlow")).toBe(1);
  });

  test("with a bad TCP checksum, another port, or another flow's number is judged when it is whole", () => {
    const bench = new NetBench();
    bench.offer(...parts(frame({ ...options, data: get("/bad"), badTcpChecksum: true }), [24]), ...parts(frame({ ...options, dport: 81, flags: "S", data: get("/81") }), [32], { id: 8 }), ...parts(client.at(0, "no request"), [24], { id: 9 }));
    expect(bench.counts("ignoredBadTcpChecksum", "ignoredOtherPort", "ignoredNoFlow", "total")).toEqual({ ignoredBadTcpChecksum: 1, ignoredOtherPort: 1, ignoredNoFlow: 1, total: 0 });
    expectSettled(bench);
  });

  test("is told from others by addresses and identification", () => {
    const bench = new NetBench();
    const others = [new Client({ ...options, source: options === V4 ? "10.0.0.2" : "fd00::2" }), new Client({ ...options, destination: options === V4 ? "10.0.0.81" : "fd00::81" }), new Client({ ...options, sport: 5 })];
    const frames = [client, ...others].map((who, index) => parts(who.at(0, get(`/${index}`)), [24], { id: index === 3 ? 8 : 7 }));
    bench.offer(...frames.map(([first]) => first), ...frames.map(([, last]) => last));
    expect(bench.targets()).toBe("/0 /1 /2 /3");
    expect(bench.count("midstream")).toBe(4);
  });

  test("is refused with all that still comes when a part overlaps another one (RFC 5722)", () => {
    const bytes = dataBytesOf(whole);
    const overlaps = [
      { from: 32, to: 72 },
      { from: 56, to: 96 },
      { from: 40, to: 48, data: new Array<number>(8).fill(0) },
      { from: 0, to: 256, more: true },
      { from: 24, to: 104 },
    ];
    for (const overlap of overlaps) {
      const bench = new NetBench();
      bench.offer(client.syn(), part(whole, { from: 0, to: 24 }), part(whole, { from: 40, to: 64 }), part(whole, overlap), part(whole, { from: 24, to: 40 }), part(whole, { from: 64, to: bytes }));
      expect([overlap, bench.count("total"), bench.count("ignoredOverlappingFragment"), bench.count("ignoredFragment"), bench.count("fragmentedRefused")]).toEqual([overlap, 0, 1, 2, 1]);
      bench.offer(...parts(whole, [64], { id: 8 }));
      expect(bench.targets()).toBe("/whole");
    }
  });

  test("a part within another one that says the same is a repetition", () => {
    const bench = new NetBench();
    bench.offer(client.syn(), part(whole, { from: 0, to: 64 }), part(whole, { from: 32, to: 48 }), part(whole, { from: 64, to: dataBytesOf(whole) }));
    expect(bench.targets()).toBe("/whole");
    expect(bench.count("repeatedFragments")).toBe(1);
  });

  test.each<[string, readonly (readonly [number, number, boolean?])[]]>([
    ["a last part before one that came", [[0, 24], [64, 96], [24, 40, false]]],
    ["a last part where one came that was not the last", [[0, 24], [24, 64], [24, 64, false]]],
    ["a part behind the last one", [[24, 64, false], [64, 96]]],
    ["a second last part behind the first", [[24, 64, false], [64, 96, false]]],
    ["a second last part before the first", [[24, 64, false], [8, 24, false]]],
    ["a part that ends where the last one did, and is not the last", [[24, 64, false], [0, 64]]],
  ])("is refused when parts contradict each other about its end: %s", (_what, list) => {
    const bench = new NetBench();
    bench.offer(client.syn(), ...list.map(([from, to, more]) => part(whole, { from, to, ...(more === undefined ? {} : { more }) })));
    expect(bench.counts("ignoredOverlappingFragment", "fragmentedRefused", "fragmentedWhole")).toEqual({ ignoredOverlappingFragment: 1, fragmentedRefused: 1, fragmentedWhole: 0 });
  });

  test("a part that no sender makes is left aside alone", () => {
    const bench = new NetBench();
    const bytes = dataBytesOf(whole);
    bench.offer(client.syn(), part(whole, { from: 0, to: 64 }));
    // Ends within a unit; empty; reaches beyond 65,535 bytes.
    bench.offer(part(whole, { from: 64, to: 77, more: true }), part(whole, { from: 64, to: 64, more: true }), part(whole, { from: 64, to: 64, more: false }), part(whole, { from: 65_528, to: 0, more: false, data: new Array<number>(8).fill(0) }));
    expect(books(bench)).toEqual({ fragments: 1, fragmentedOpened: 1, ignoredBadFragment: 4 });
    bench.offer(part(whole, { from: 64, to: bytes }));
    expect(bench.targets()).toBe("/whole");
  });

  test("is given up when its time is over, by the timer or by a part that comes too late", () => {
    const limits = { fragmentTimeoutTicks: 100, flowScanTicks: 10 };
    const [first, last] = parts(whole, [64]);
    const quick = new NetBench({ limits }).offer(client.syn(), first).wait(95).offer(last);
    expect(quick.targets()).toBe("/whole");
    const slow = new NetBench({ limits }).offer(client.syn(), first).wait(130);
    expect(books(slow)).toEqual({ fragments: 1, fragmentedOpened: 1, fragmentedTimedOut: 1 });
    expect(slow.fragmentRoom().used).toBe(new NetBench({ limits }).fragmentRoom().used);
    const late = new NetBench({ limits: { ...limits, flowScanTicks: 100_000 } }).offer(client.syn(), first).wait(101).offer(last);
    expect(books(late)).toEqual({ fragments: 2, fragmentedOpened: 2, fragmentedTimedOut: 1 });
    // The time of the second counts from its own first part; a refused packet's key is free again then too.
    late.wait(90).offer(first);
    expect(late.targets()).toBe("/whole");
    const refused = new NetBench({ limits }).offer(client.syn(), first, part(whole, { from: 56, to: 72 })).wait(130).offer(...parts(whole, [64]));
    expect([refused.targets(), refused.count("fragmentedTimedOut"), refused.count("fragmentedRefused")]).toEqual(["/whole", 0, 1]);
  });

  test("is closed with net, counted", () => {
    const bench = new NetBench();
    bench.offer(client.syn(), parts(whole, [64])[0]).shutdown();
    expect(bench.counts("fragmentedOpened", "fragmentedUnfinished")).toEqual({ fragmentedOpened: 1, fragmentedUnfinished: 1 });
    expectSettled(bench);
  });

  test("of another protocol takes no room", () => {
    const bench = new NetBench();
    const datagram = frame({ ...options, protocol: 17, data: "x".repeat(100) });
    bench.offer(...parts(datagram, [64]));
    expect(bench.counts("ignoredUdp", "fragments")).toEqual({ ignoredUdp: 2, fragments: 0 });
  });
});

test("in any parts, any order, among each other, some twice: each packet counts once, and nothing stays", () => {
  const aPacket = fc.record({ v6: fc.boolean(), fill: fc.integer({ min: 0, max: 3000 }), places: fc.uniqueArray(fc.integer({ min: 3, max: 200 }), { maxLength: 8 }), again: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(aPacket, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat()), fc.boolean(), (packets, draws, hold) => {
      const bench = new NetBench({ limits: { fragmentTimeoutTicks: 200, flowScanTicks: 50 } });
      bench.policy.hold = hold;
      const frames = packets.flatMap(({ v6, fill, places, again }, index) => {
        const whole = new Client({ ...(v6 ? V6 : V4), sport: 100 + index }).at(0, get(`/${index}`, Math.min(fill, 1900)));
        const bytes = dataBytesOf(whole);
        const made = parts(whole, places.map((place) => place * 8).filter((place) => place < bytes).sort((a, b) => a - b), { id: index });
        return made.length === 1 ? [whole] : [...made, ...made.slice(0, again)];
      });
      const order = frames.map((bytes) => ({ bytes, key: draws.next().value ?? 0 })).sort((a, b) => a.key - b.key);
      bench.offer(...order.map(({ bytes }) => bytes)).release();
      expect(bench.targets().split(" ").sort()).toEqual(packets.map((_, index) => `/${index}`).sort());
      bench.wait(260).shutdown();
      expectSettled(bench);
    }),
    { seed: 1, numRuns: 60 },
  );
});
