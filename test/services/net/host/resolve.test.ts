/** How the machine finds out where its neighbours are, and what it does until it knows: rows of events, and what is on the link after each. */

import { describe, expect, test } from "vitest";
import { HostBench, syn } from "./bench.ts";
import { EVERYBODY, advertisement, arpAnswer } from "./link.ts";

const NINE = "02:00:00:00:00:09";
const ASKS = `10.20.0.2 asks where 10.20.0.9 is, to ${EVERYBODY}`;
const ANSWER = `SA from 10.20.0.2 to 10.20.0.9 at ${NINE}`;
const ASKS_6 = "fd00::2 asks where fd00::9 is, to ff02::1:ff00:9 at 33:33:ff:00:00:09";
const ANSWER_6 = `SA from fd00::2 to fd00::9 at ${NINE}`;

describe("a neighbour that is not known", () => {
  test("is asked for, its frame waits for the answer (RFC 826; RFC 1122, 2.3.2.2)", () => {
    const bench = new HostBench();
    expect(bench.syn("10.20.0.9")).toEqual([ASKS]);
    expect(bench.buffersInUse()).toBe(1);
    expect(bench.says(arpAnswer("10.20.0.9", NINE))).toEqual([ANSWER]);
    expect(bench.counts()).toEqual({ neighboursAsked: 1, neighboursFound: 1, framesWaited: 1, framesResolved: 1, neighbourMessages: 1 });
    expect(bench.syn("10.20.0.9", { sport: 40001 })).toEqual([ANSWER]);
    expect(bench.buffersInUse()).toBe(0);
  });

  test("the same over IPv6 (RFC 4861, 7.2.2 and 7.2.5)", () => {
    const bench = new HostBench();
    expect(bench.syn("fd00::9")).toEqual([ASKS_6]);
    expect(bench.says(advertisement("fd00::9", NINE))).toEqual([ANSWER_6]);
    expect(bench.counts()).toEqual({ neighboursAsked: 1, neighboursFound: 1, framesWaited: 1, framesResolved: 1, neighbourMessages: 1 });
  });

  test("is asked three times, then given up: what waited is thrown away, and nothing is left", () => {
    const bench = new HostBench();
    expect(bench.syn("10.20.0.9")).toEqual([ASKS]);
    expect(bench.wait(14)).toEqual([]);
    expect(bench.wait(8)).toEqual([ASKS]);
    expect(bench.wait(20)).toEqual([ASKS]);
    expect(bench.wait(100)).toEqual([]);
    expect(bench.counts()).toEqual({ neighboursAsked: 3, neighboursUnanswered: 1, framesWaited: 1, framesUnresolved: 1 });
    expect(bench.buffersInUse()).toBe(0);
    expect(bench.syn("10.20.0.9", { sport: 40001 })).toEqual([ASKS]);
  });

  test("an answer to the second question is as good", () => {
    const bench = new HostBench();
    bench.syn("10.20.0.9");
    expect(bench.wait(25)).toEqual([ASKS]);
    expect(bench.says(arpAnswer("10.20.0.9", NINE))).toEqual([ANSWER]);
    expect(bench.wait(100)).toEqual([]);
  });

  test("is on the link by its link-local address, whatever the prefixes say", () => {
    const bench = new HostBench();
    expect(bench.syn("fe80::9")).toEqual(["fd00::2 asks where fe80::9 is, to ff02::1:ff00:9 at 33:33:ff:00:00:09"]);
  });
});

describe("frames that wait", () => {
  test("of one neighbour: the oldest gives way (RFC 4861, 7.2.2), the others go out in order", () => {
    const bench = new HostBench();
    bench.says(...[1, 2, 3].map((port) => syn("10.20.0.9", { sport: port })));
    expect(bench.counts()).toEqual({ neighboursAsked: 1, framesWaited: 3, framesDisplaced: 1 });
    bench.says(arpAnswer("10.20.0.9", NINE));
    expect(bench.world.transmitted.slice(1).map((frame) => (frame[36] << 8) | frame[37])).toEqual([2, 3]);
  });

  test("of all neighbours: a new one is not kept when there is no room", () => {
    const bench = new HostBench({ limits: { askedForStrangersMax: 2 } });
    bench.says(syn("10.20.0.9"), syn("10.20.0.9", { sport: 1 }), syn("10.20.0.8"), syn("10.20.0.8", { sport: 1 }));
    expect(bench.counts()).toEqual({ neighboursAsked: 2, framesWaited: 3, framesCrowded: 1 });
    expect(bench.buffersInUse()).toBe(3);
  });

  test("go home when net is shut down", () => {
    const bench = new HostBench();
    bench.syn("10.20.0.9");
    bench.world.frames.push("shutdown");
    expect(bench.wait(4)).toEqual([]);
    expect(bench.world.shutdownStatus).toBe(0);
    expect(bench.buffersInUse()).toBe(0);
    expect(bench.wait(100)).toEqual([]);
    // The reset of the connection has displaced nothing: both waited.
    expect(bench.counts()).toMatchObject({ framesUnfinished: bench.count("framesWaited"), neighboursAsked: 1 });
  });

  test("are lost for good when no buffer is free for the question: it is asked again later", () => {
    const bench = new HostBench({ buffers: 1 });
    // The SYN has the only buffer while it is answered.
    expect(bench.syn("10.20.0.9")).toEqual([]);
    expect(bench.wait(25)).toEqual([ASKS]);
  });
});

describe("a neighbour that is known", () => {
  function known(): HostBench {
    const bench = new HostBench();
    bench.syn("10.20.0.9");
    bench.says(arpAnswer("10.20.0.9", NINE));
    return bench;
  }

  test("is used as it is while it is reachable", () => {
    const bench = known();
    bench.wait(190);
    expect(bench.syn("10.20.0.9", { sport: 1 })).toEqual([ANSWER]);
  });

  test("is asked whether it is still there when it is used later, and used meanwhile (RFC 4861, 7.3.3; RFC 1122, 2.3.2.1)", () => {
    const bench = known();
    bench.wait(200);
    expect(bench.syn("10.20.0.9", { sport: 1 })).toEqual([`10.20.0.2 asks where 10.20.0.9 is, to ${NINE}`, ANSWER]);
    expect(bench.syn("10.20.0.9", { sport: 2 })).toEqual([ANSWER]);
    expect(bench.says(arpAnswer("10.20.0.9", NINE))).toEqual([]);
    expect(bench.wait(100)).toEqual([]);
    expect(bench.counts()).toEqual({ neighboursAsked: 2, neighboursProbed: 1, neighboursFound: 2, framesWaited: 1, framesResolved: 1, neighbourMessages: 2 });
  });

  test("that is silent then is forgotten, and everybody is asked when it is needed", () => {
    const bench = known();
    bench.wait(200);
    bench.syn("10.20.0.9", { sport: 1 });
    expect(bench.wait(100)).toEqual([1, 2].map(() => `10.20.0.2 asks where 10.20.0.9 is, to ${NINE}`));
    expect(bench.counts()).toMatchObject({ neighboursGone: 1 });
    expect(bench.syn("10.20.0.9", { sport: 2 })).toEqual([ASKS]);
  });

  test("the same over IPv6: the question goes to it alone, an answer without its MAC address will do (RFC 4861, 4.4)", () => {
    const bench = new HostBench();
    bench.syn("fd00::9");
    bench.says(advertisement("fd00::9", NINE));
    bench.wait(200);
    expect(bench.syn("fd00::9", { sport: 1 })).toEqual([`fd00::2 asks where fd00::9 is, to fd00::9 at ${NINE}`, ANSWER_6]);
    bench.says(advertisement("fd00::9", NINE, { options: [] }));
    expect(bench.wait(100)).toEqual([]);
    expect(bench.counts()).toMatchObject({ neighboursProbed: 1, neighboursFound: 2 });
  });
});

describe("the table of neighbours", () => {
  test("when it is full, the one that was used longest ago is forgotten", () => {
    const bench = new HostBench();
    for (const last of [5, 6, 7, 8]) {
      bench.syn(`10.20.0.${last}`);
      bench.says(arpAnswer(`10.20.0.${last}`, NINE));
    }
    bench.syn("10.20.0.5", { sport: 1 });
    bench.syn("10.20.0.9");
    bench.says(arpAnswer("10.20.0.9", NINE));
    expect(bench.counts()).toMatchObject({ neighboursEvicted: 1, neighboursAsked: 5 });
    for (const last of [5, 7, 8, 9]) expect(bench.syn(`10.20.0.${last}`, { sport: 2 })).toEqual([`SA from 10.20.0.2 to 10.20.0.${last} at ${NINE}`]);
    expect(bench.syn("10.20.0.6", { sport: 2 })).toEqual([`10.20.0.2 asks where 10.20.0.6 is, to ${EVERYBODY}`]);
  });

  test("made-up addresses displace each other, not whom the machine wants to reach", () => {
    const bench = new HostBench({ limits: { waitingMax: 16 } });
    for (let last = 10; last < 60; last++) bench.syn(`10.20.1.${last}`);
    expect(bench.counts()).toEqual({ neighboursAsked: 50, askingGivenUp: 49, framesWaited: 50, framesUnresolved: 49 });
    expect(bench.buffersInUse()).toBe(1);
  });
});
