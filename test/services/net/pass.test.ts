/** Flows to virtual IPs: one question at the SYN, then every segment goes on to the backend as it came. */

import { describe, expect, test } from "vitest";
import { Outcome, OUTCOMES } from "../../../services/lb/api.ts";
import { netTiny } from "../../../services/limits.ts";
import { Client } from "../../frames.ts";
import { NetBench } from "./bench.ts";
import { brief, client, expectBalanced, flows, get, none, passed, VIP, withVip } from "./passing.ts";

describe("a flow to a virtual IP", () => {
  test("goes to its backend whole: SYN and options, data, urgent data, FIN; nothing of it is HTTP", () => {
    const bench = withVip();
    const one = client(7, 1000, { tcpOptions: [2, 4, 5, 180, 1, 3, 3, 7] });
    bench.offer(one.syn(), one.at(0, get("/1"), { window: 99, acknowledgement: 5 }), one.at(0, "", { flags: "A", tcpOptions: [] }), one.at(get("/1").length, "!", { flags: "PAU" }), one.at(get("/1").length + 1, "", { flags: "FA" }));
    const common = { macs: "020000000099 020000000001", source: "10.0.0.1", destination: "10.9.9.9", sport: 7, dport: 8000, urgentPointer: 0 };
    const options = [2, 4, 5, 180, 1, 3, 3, 7];
    expect(passed(bench)).toEqual([
      { ...common, flags: "S", sequence: 1000, acknowledgement: 777, window: 502, options, data: "" },
      { ...common, flags: "PA", sequence: 1001, acknowledgement: 5, window: 99, options, data: get("/1") },
      { ...common, flags: "A", sequence: 1001, acknowledgement: 777, window: 502, options: [], data: "" },
      { ...common, flags: "PAU", sequence: 1001 + get("/1").length, acknowledgement: 777, window: 502, options, data: "!" },
      { ...common, flags: "FA", sequence: 1002 + get("/1").length, acknowledgement: 777, window: 502, options, data: "" },
    ]);
    expect(bench.counts("total", "midstream", "badRequestLine", "flowsOpened", "unfinished")).toEqual({ total: 0, midstream: 0, badRequestLine: 0, flowsOpened: 1, unfinished: 0 });
    expect(flows(bench)).toEqual({ ...none, vipFlows: 1, vipRouted: 1 });
    expect(bench.world.questions).toMatchObject([{ vip: 0, family: 4, version: 1, sourcePort: 7, source: [10, 0, 0, 1] }]);
    expectBalanced(bench);
  });

  test("is known on any port, in both families, and only there", () => {
    const address = [0xfd, ...new Array<number>(14).fill(0), 0x80];
    const bench = new NetBench().vips("10.0.0.80:443", "10.0.0.81:80", { address, port: 25 }, "10.0.0.0:80");
    bench.policy.backend = address;
    bench.offer(client(1, 5, { dport: 443 }).syn(), client(2, 5, { source: "fd00::7", dport: 25 }).syn());
    expect(bench.world.questions).toMatchObject([{ family: 4 }, { family: 6, sourcePort: 2, source: [0xfd, ...new Array<number>(14).fill(0), 7] }]);
    bench.offer(client(3).syn(), client(4, 5, { dport: 25 }).syn(), client(5, 5, { source: "fd00::7", dport: 443 }).syn(), client(6, 5, { dport: 81 }).syn());
    expect(bench.counts("vipFlows", "flowsOpened", "ignoredOtherPort", "vipUnroutable")).toEqual({ vipFlows: 2, flowsOpened: 3, ignoredOtherPort: 3, vipUnroutable: 1 });
    expect(passed(bench)).toMatchObject([{ sport: 2, destination: `fd${"00".repeat(14)}80`, flags: "S" }]);
  });

  test("is one of many: families and backends do not mix", () => {
    const six = [0xfd, ...new Array<number>(14).fill(0), 0x80];
    const bench = new NetBench().vips(VIP, { address: six, port: 80 });
    const [four, other, third] = [client(1), client(2, 5, { source: "fd00::7" }), client(3)];
    bench.offer(four.syn());
    bench.policy.backend = six;
    bench.offer(other.syn());
    bench.policy.backend = [10, 9, 9, 8];
    bench.policy.port = 81;
    bench.offer(third.syn());
    for (const one of [four, other, third, other, four]) bench.offer(one.send("x"));
    const v6 = `fd${"00".repeat(14)}80`;
    expect(passed(bench).slice(3).map(({ sport, destination, dport }) => [sport, destination, dport])).toEqual([[1, "10.9.9.9", 8000], [2, v6, 8000], [3, "10.9.9.8", 81], [2, v6, 8000], [1, "10.9.9.9", 8000]]);
    expectBalanced(bench);
  });

  test("is decided once, however often its SYN comes; the SYN is passed each time", () => {
    const bench = withVip();
    bench.offer(client(1).syn(), client(1).syn(), client(1).at(0, "x"), client(1).syn());
    expect(brief(bench)).toEqual(["1 S 1000", "1 S 1000", "1 PA 1001 x", "1 S 1000"]);
    expect(bench.count("vipFlows")).toBe(1);
    bench.offer(client(1, 50).syn());
    expect(bench.counts("vipFlows", "flowsReplaced")).toEqual({ vipFlows: 2, flowsReplaced: 1 });
    expectBalanced(bench);
  });

  test("passes data of a SYN, and what is longer than the MTU in parts", () => {
    const bench = withVip();
    const long = "abcdefgh".repeat(240);
    bench.offer(client(1).syn({ data: "fast" }), client(1).at(4, long, { flags: "FPAU" }));
    expect(brief(bench)).toEqual(["1 S 1000 fast", `1 AU 1005 ${long.slice(0, 1460)}`, `1 FPA 2465 ${long.slice(1460)}`]);
    bench.offer(client(2).syn({ data: long, tcpOptions: [2, 4, 5, 180] }));
    expect(brief(bench).slice(3)).toEqual([`2 S 1000 ${long.slice(0, 1456)}`, `2  2457 ${long.slice(1456)}`]);
    expect(bench.counts("vipSegments", "vipSent")).toEqual({ vipSegments: 3, vipSent: 3 });
  });

  test("loses what finds no buffer, counted, and goes on", () => {
    for (const [buffers, parts] of [[1, 0], [2, 1]] as const) {
      const bench = withVip({ buffers });
      bench.offer(client(1).syn(), client(1).at(0, "z".repeat(1900)), client(1).at(1900, "", { flags: "A" }));
      expect(bench.transmitted.length).toBe(1 + parts + parts);
      expect(bench.counts("vipSegments", "vipSent", "vipNotSent")).toEqual({ vipSegments: 3, vipSent: 1 + parts, vipNotSent: 2 - parts });
      expectBalanced(bench);
    }
  });

  test("without its SYN is none, on a served port and on another, request line or not", () => {
    const bench = new NetBench().vips(VIP, "10.0.0.80:443");
    bench.offer(client(1).at(0, get("/x")), client(2, 5, { dport: 443 }).at(0, "x"), client(3).at(0, "", { flags: "R" }), client(4, 5, { dport: 444 }).at(0, "x"));
    expect(bench.counts("ignoredNoFlow", "ignoredOtherPort", "midstream", "flowsOpened")).toEqual({ ignoredNoFlow: 3, ignoredOtherPort: 1, midstream: 0, flowsOpened: 0 });
  });

  test("leaves others alone: HTTP on the same port goes its own way", () => {
    const bench = withVip();
    const other = new Client({ sport: 1, destination: "10.0.0.81" });
    bench.offer(other.syn(), client(1).syn(), other.send(get("/http")), client(1).send(get("/raw")));
    expect(bench.targets()).toBe("/http");
    expect(passed(bench).map(({ flags, data }) => `${flags} ${data}`)).toEqual(["S ", `PA ${get("/http")}`, `PA ${get("/raw")}`]);
  });
});

describe("it ends", () => {
  test.each([
    ["at a reset, which is passed", (one: Client) => [one.reset()], ["R"]],
    ["at its FIN", (one: Client) => [one.fin()], ["FA"]],
    ["at a FIN that came early, once all before it has come", (one: Client) => [one.at(20, "", { flags: "FA" }), one.at(10, "0123456789"), one.at(1, "123456789")], ["FA", "PA", "PA"]],
  ])("%s; what follows is ignored", (_what, end, flags) => {
    const bench = withVip();
    const one = client(1);
    bench.offer(one.syn(), one.send("0"));
    const before = bench.transmitted.length;
    bench.offer(...end(one));
    expect(passed(bench).slice(before).map((sent) => sent.flags)).toEqual(flags);
    expect(bench.count("ignoredEndedFlow")).toBe(0);
    bench.offer(one.send("more"), one.fin(), one.syn());
    expect(bench.counts("ignoredEndedFlow", "vipFlows", "unfinished")).toEqual({ ignoredEndedFlow: 3, vipFlows: 1, unfinished: 0 });
    expect(bench.transmitted.length).toBe(before + flags.length);
    expectBalanced(bench);
  });

  test("not at a stray reset, which is not passed; its bytes may come in any order", () => {
    const bench = withVip();
    const one = client(1);
    bench.offer(one.syn(), one.at(70_000, "", { flags: "R" }), one.at(5, "fgh"), one.at(2, "cd"), one.at(0, "abcde"), one.at(8, "", { flags: "FA" }), one.at(8, "late"));
    expect(brief(bench)).toEqual(["1 S 1000", "1 PA 1006 fgh", "1 PA 1003 cd", "1 PA 1001 abcde", "1 FA 1009"]);
    expect(bench.counts("ignoredStrayReset", "ignoredEndedFlow")).toEqual({ ignoredStrayReset: 1, ignoredEndedFlow: 1 });
    expectBalanced(bench);
  });

  test("at its FIN after any number of bytes: of those in order nothing is kept", () => {
    const bench = withVip({ limits: { streamsBytes: 2048 } });
    const one = client(1);
    bench.offer(one.syn(), one.at(0, "a".repeat(1400)), one.at(1400, "b".repeat(1400)), one.at(2810, "late"), one.at(2800, "0123456789"), one.at(2814, "", { flags: "FA" }), one.at(2814, "more"));
    expect(bench.counts("ignoredEndedFlow", "vipSent", "crowdedSegments")).toEqual({ ignoredEndedFlow: 1, vipSent: 6, crowdedSegments: 0 });
    expectBalanced(bench);
  });

  test("not for want of room: frames that others hold are no reason to keep its bytes", () => {
    const bench = withVip({ limits: { streamsBytes: 640, framesHeldMax: 1 } });
    const other = client(2, 5, { destination: "10.0.0.81" });
    bench.offer(client(1).syn(), other.syn());
    bench.policy.hold = true;
    bench.offer(other.send(get("/held")), client(1).at(0, "x"), client(1).at(1, "y"));
    expect(bench.counts("framesHeld", "crowdedFlows", "vipSent")).toEqual({ framesHeld: 1, crowdedFlows: 0, vipSent: 2 });
  });

  test("after a silence, and when it makes room for others", () => {
    const bench = withVip({ limits: { ...netTiny, flowTimeoutTicks: 200 } });
    bench.offer(client(1).syn());
    bench.wait(300);
    expect(bench.count("flowsTimedOut")).toBe(1);
    for (const sport of [2, 3, 4, 5, 6]) bench.offer(client(sport).syn());
    expect(bench.counts("evictedSilent", "vipFlows", "vipRouted")).toEqual({ evictedSilent: 1, vipFlows: 6, vipRouted: 6 });
    bench.offer(client(2).at(0, "x"), client(3).at(0, "x"));
    expect(bench.counts("ignoredNoFlow")).toEqual({ ignoredNoFlow: 1 });
    expectBalanced(bench.shutdown());
  });
});

describe("a flow that is refused", () => {
  test.each([
    [Outcome.noHealthyBackend, "vipNoHealthyBackend"],
    [Outcome.noRouteMatch, "vipGone"],
    [Outcome.overloaded, "vipOverloaded"],
    [Outcome.serviceRestarted, "vipServiceRestarted"],
    [Outcome.rateLimitExceeded, "vipRefused"],
  ])("with outcome %i is deaf and counted as %s", (outcome, counter) => {
    const bench = withVip();
    bench.policy.outcome = outcome;
    bench.offer(client(1).syn(), client(1).syn(), client(1).at(0, get("/x")), client(1).fin());
    expect(flows(bench)).toEqual({ ...none, vipFlows: 1, [counter]: 1 });
    expect(bench.counts("ignoredEndedFlow", "vipNotSent", "total")).toEqual({ ignoredEndedFlow: 3, vipNotSent: 1, total: 0 });
    expect([bench.transmitted.length, bench.flowsDecided]).toEqual([0, [outcome]]);
    bench.policy.outcome = Outcome.routed;
    bench.offer(client(1, 77).syn());
    expect(bench.counts("vipFlows", "vipRouted")).toEqual({ vipFlows: 2, vipRouted: 1 });
    expectBalanced(bench);
  });

  test("by an outcome that is none is lost", () => {
    const bench = withVip();
    bench.policy.outcome = OUTCOMES.length;
    bench.offer(client(1).syn(), client(1).at(0, "x"));
    expect(flows(bench)).toEqual({ ...none, vipFlows: 1, vipLost: 1 });
    expect(bench.counts("strayDecisions", "ignoredEndedFlow")).toEqual({ strayDecisions: 1, ignoredEndedFlow: 1 });
    expectBalanced(bench);
  });

  test("with a backend of the other family, or a name, is routed and deaf", () => {
    const bench = withVip();
    for (const backend of [[], new Array<number>(16).fill(1)]) {
      bench.policy.backend = backend;
      bench.offer(client(backend.length).syn(), client(backend.length).at(0, "x"));
    }
    expect(bench.counts("vipRouted", "vipUnroutable", "ignoredEndedFlow")).toEqual({ vipRouted: 2, vipUnroutable: 2, ignoredEndedFlow: 2 });
    expect(bench.transmitted).toEqual([]);
    expectBalanced(bench);
  });

  test("by net itself when the balancer's queue or the table of those that wait is full", () => {
    const bench = withVip({ limits: { requestsMax: 2 } });
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(2).syn(), client(3).syn());
    expect(bench.counts("vipFlows", "vipOverloaded")).toEqual({ vipFlows: 3, vipOverloaded: 1 });
    bench.release();
    expect(brief(bench)).toEqual(["1 S 1000", "2 S 1000"]);
    expectBalanced(bench);
  });
});
