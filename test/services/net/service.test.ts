import { describe, expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { Outcome, OUTCOMES } from "../../../services/lb/api.ts";
import { netTiny } from "../../../services/limits.ts";
import { IGNORED_REASONS } from "../../../services/net/api.ts";
import { NetState } from "../../../services/net/state.ts";
import { Client } from "../../frames.ts";
import { NetBench } from "./bench.ts";

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
const client = (sport: number): Client => new Client({ sport });

describe("net's state", () => {
  test("has a counter for each reason and each outcome, under the name that reports use", () => {
    const names = NetState.fields.map((field) => field.name);
    for (const { reason, field } of IGNORED_REASONS) if (reason !== "none") expect(names).toContain(field);
    for (const { name } of OUTCOMES) expect(names).toContain(name[0].toLowerCase() + name.slice(1));
  });

  test("counts each outcome in its own field, and the sum in total", () => {
    const bench = new NetBench();
    for (const [sport, outcome] of [Outcome.routed, Outcome.noRouteMatch, Outcome.rateLimitExceeded, Outcome.backendGroupNotFound, Outcome.noHealthyBackend].entries()) {
      bench.policy.outcome = outcome;
      bench.offer(client(sport).syn(), client(sport).at(0, get(`/${sport}`)));
    }
    const heads: [number, string][] = [
      [11, "GET / HTTP/1.1\r\n\r\n"],
      [12, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"],
      [13, `GET /${"x".repeat(8192)} HTTP/1.1\r\nHost: h\r\n\r\n`],
      [14, `GET / HTTP/1.1\r\nHost: h\r\n${"A: b\r\n".repeat(512)}\r\n`],
    ];
    for (const [sport, head] of heads) {
      bench.offer(client(sport).syn());
      for (let at = 0; at < head.length; at += 1400) bench.offer(client(sport).at(at, head.slice(at, at + 1400)));
    }
    const one = ["routed", "noRouteMatch", "rateLimitExceeded", "backendGroupNotFound", "noHealthyBackend", "malformed", "unsupportedCoding", "uriTooLong", "headTooLarge"];
    expect(bench.counts(...one, "overloaded", "serviceRestarted", "lost", "total")).toEqual({ ...Object.fromEntries(one.map((name) => [name, 1])), overloaded: 0, serviceRestarted: 0, lost: 0, total: 9 });
    expect(bench.seen.map((request) => request.outcome)).toEqual(["routed", "NoRouteMatch", "RateLimitExceeded", "BackendGroupNotFound", "NoHealthyBackend", "Malformed", "UnsupportedCoding", "UriTooLong", "HeadTooLarge"]);
    expect(bench.used("requests")).toBe(new NetBench().used("requests"));
  });

  test("counts a frame with receive errors and looks at nothing of it", () => {
    const bench = new NetBench();
    bench.world.errors = 1;
    bench.offer(client(1).syn());
    expect(bench.counts("frames", "ignoredReceiveError", "flowsOpened")).toEqual({ frames: 1, ignoredReceiveError: 1, flowsOpened: 0 });
    expect(bench.buffersInUse()).toBe(0);
  });
});

describe("when the balancer ends", () => {
  test("waiting requests are lost, later ones refused ServiceRestarted, everything goes home", () => {
    const bench = new NetBench();
    bench.policy.hold = true;
    const one = client(1);
    bench.offer(one.syn(), one.send(get("/1")), one.send("POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nab"), one.send("cd"));
    bench.policy.die = true;
    bench.offer(client(2).syn(), client(2).at(0, get("/3")));
    expect(bench.counts("total", "lost", "routed", "serviceRestarted", "framesHeld")).toEqual({ total: 3, lost: 3, routed: 0, serviceRestarted: 0, framesHeld: 0 });
    bench.offer(one.send(`ef${get("/4")}`));
    expect(bench.counts("total", "lost", "serviceRestarted")).toEqual({ total: 4, lost: 3, serviceRestarted: 1 });
    expect(bench.seen.map(({ target, outcome }) => `${target} ${outcome}`)).toEqual(["/4 ServiceRestarted"]);
    expect([bench.buffersInUse(), bench.used("streams"), bench.used("requests")]).toEqual([0, 0, new NetBench().used("requests")]);
  });
});

describe("the cycles of one handler run suffice", () => {
  // 4,000 heads become whole in one segment: the most that a client can make net do at once.
  const head = "G / HTTP/1.0\r\n\r\n";
  const flood = (bench: NetBench): void => {
    const one = client(1);
    const stream = head.repeat(4000);
    const pieces: Uint8Array[] = [];
    for (let at = 1; at < stream.length; at += 1450) pieces.push(one.at(at, stream.slice(at, at + 1450)));
    bench.offer(one.syn(), ...pieces, one.at(0, stream[0]));
    expect(bench.machine.report().processes[2].fault).toBeNull();
  };

  test("when as many wait as the balancer's queue takes", () => {
    const bench = new NetBench({ limits: { requestsMax: 4096, requestsBytes: 1024 * 1024 }, arenaBytes: 560 * 1024 });
    flood(bench);
    expect(bench.count("total")).toBe(4000);
    expect(bench.count("routed")).toBeGreaterThanOrEqual(1024);
    expect(bench.count("overloaded")).toBe(4000 - bench.count("routed"));
  });

  test("when the balancer is gone", () => {
    const bench = new NetBench();
    bench.policy.die = true;
    bench.offer(client(2).syn(), client(2).at(0, head));
    flood(bench);
    expect(bench.counts("total", "serviceRestarted", "lost")).toEqual({ total: 4001, serviceRestarted: 4000, lost: 1 });
  });
});

describe("a decision", () => {
  test("for no waiting request is counted and changes nothing", () => {
    const bench = new NetBench();
    bench.policy.twice = true;
    bench.offer(client(1).syn(), client(1).at(0, get("/1")));
    expect(bench.counts("routed", "strayDecisions", "transmitted")).toEqual({ routed: 1, strayDecisions: 1, transmitted: 1 });
  });

  test("that names no outcome is counted, its request lost", () => {
    const bench = new NetBench();
    bench.policy.outcome = OUTCOMES.length;
    bench.offer(client(1).syn(), client(1).at(0, get("/1")));
    expect(bench.counts("total", "strayDecisions", "lost")).toEqual({ total: 1, strayDecisions: 1, lost: 1 });
    expect([bench.buffersInUse(), bench.seen.length]).toEqual([0, 0]);
  });
});

describe("shutdown", () => {
  test("closes flows, gives everything back, and answers 0", () => {
    const bench = new NetBench();
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(1).at(0, "GET /half"), client(2).syn(), client(3).syn(), client(3).at(100, "beyond"), client(4).syn(), client(4).at(0, get("/held")), client(5).syn(), client(5).reset());
    bench.shutdown();
    expect(bench.shutdownStatus).toBe(0);
    expect(bench.counts("unfinished", "total", "lost", "framesHeld")).toEqual({ unfinished: 1, total: 1, lost: 1, framesHeld: 0 });
    expect([bench.buffersInUse(), bench.used("streams"), bench.used("requests")]).toEqual([0, 0, new NetBench().used("requests")]);
    bench.offer(client(6).syn());
    expect(bench.counts("ignoredClosed", "flowsOpened")).toEqual({ ignoredClosed: 1, flowsOpened: 5 });
    const { handled } = bench.machine.report().processes[2];
    bench.wait(3000);
    expect(bench.machine.report().processes[2].handled).toBe(handled);
    expect(bench.buffersInUse()).toBe(0);
  });

  test("of an idle net is nothing special", () => {
    const bench = new NetBench().shutdown();
    expect([bench.shutdownStatus, bench.count("unfinished"), bench.buffersInUse()]).toEqual([0, 0, 0]);
  });
});

describe("what net does not understand", () => {
  test("is answered when it is a call, and else left alone", () => {
    const bench = new NetBench();
    expect(bench.nonsense().shutdownStatus).toBe(Errno.invalidMessage);
    bench.policy.opcode = 99;
    bench.offer(client(1).syn(), client(1).at(0, get("/1")));
    expect(bench.counts("total", "routed", "strayDecisions")).toEqual({ total: 1, routed: 0, strayDecisions: 0 });
    bench.world.opcode = 99;
    bench.offer(client(2).syn());
    // The request's own: what came with the strange message has been let go of.
    expect(bench.buffersInUse()).toBe(1);
    expect(bench.counts("frames", "flowsOpened")).toEqual({ frames: 2, flowsOpened: 1 });
  });
});

describe("a driver that ends", () => {
  test("takes home what it had queued: net leaves those frames aside, and keeps what it has", () => {
    const bench = new NetBench();
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(1).at(0, get("/held")));
    bench.world.frames.push(client(2).syn(), client(3).syn(), client(4).syn(), "die");
    bench.wait(2);
    expect(bench.machine.report().processes[0]).toMatchObject({ name: "driver", state: "zombie" });
    expect(bench.machine.report().processes[2]).toMatchObject({ name: "net", state: "blocked", fault: null });
    // The first went straight into net's registers; two were queued.
    expect(bench.counts("frames", "ignoredLostBuffer", "flowsOpened", "framesHeld")).toEqual({ frames: 5, ignoredLostBuffer: 2, flowsOpened: 2, framesHeld: 1 });
    expect([bench.buffersInUse(), bench.machine.report().buffers.takenHome]).toEqual([1, 2]);
    bench.release();
    expect([bench.buffersInUse(), bench.count("framesHeld")]).toEqual([0, 0]);
  });
});

describe("start", () => {
  test("fits the tiny limits in 5.5 KiB", () => {
    const bench = new NetBench({ limits: netTiny, arenaBytes: 5.5 * 1024 });
    expect(bench.count("startStatus")).toBe(0);
    bench.offer(client(1).syn(), client(1).at(0, get("/1")), client(1).at(get("/1").length, "GET /2 HTTP"), client(1).at(get("/1").length + 11, get("/2").slice(11)));
    expect(bench.targets()).toBe("/1 /2");
  });

  test.each([
    ["the arena is too small for the flows", { arenaBytes: 8192 }, Errno.outOfMemory],
    ["the region of requests is too small for one request", { limits: { requestsBytes: 1024 } }, Errno.outOfMemory],
    ["a region is too small for an arena", { limits: { streamsBytes: 64 } }, Errno.outOfMemory],
    ["more requests may wait than ids can name", { limits: { requestsMax: 5000 } }, Errno.invalidArgument],
    ["the timer has no period", { limits: { flowScanTicks: 0 } }, Errno.invalidArgument],
  ])("says why it cannot when %s, and ends", (_what, options, status) => {
    const bench = new NetBench(options);
    expect(bench.count("startStatus")).toBe(status);
    expect(bench.machine.report().processes[2]).toMatchObject({ name: "net", fault: null });
    expect(bench.machine.report().processes[2].state).not.toBe("blocked");
  });
});
