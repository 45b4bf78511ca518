/** Flows to virtual IPs: one question at the SYN, then every segment goes on to the backend as it came. */

import { describe, expect, test } from "vitest";
import { Outcome, OUTCOMES } from "../../../services/lb/api.ts";
import { netTiny } from "../../../services/limits.ts";
import type { FrameOptions } from "../../frames.ts";
import { Client, frame } from "../../frames.ts";
import type { BenchOptions } from "./bench.ts";
import { NetBench, VIPS_MAX } from "./bench.ts";
import type { Passed } from "./passed-frame.ts";
import { readPassed } from "./passed-frame.ts";

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
/** The tests' frames go to 10.0.0.80. */
const VIP = "10.0.0.80:80";
const client = (sport: number, initial = 1000, more: FrameOptions = {}): Client => new Client({ sport, ...more }, initial);
const withVip = (options: BenchOptions = {}, vip = VIP): NetBench => new NetBench(options).vips(vip);
const passed = (bench: NetBench): Passed[] => bench.transmitted.map(readPassed);
const brief = (bench: NetBench): string[] => passed(bench).map(({ sport, flags, sequence, data }) => `${sport} ${flags} ${sequence} ${data}`.trim());
const flows = (bench: NetBench): Record<string, number> => bench.counts("vipFlows", "vipRouted", "vipNoHealthyBackend", "vipGone", "vipOverloaded", "vipServiceRestarted", "vipRefused", "vipLost");
const none = { vipFlows: 0, vipRouted: 0, vipNoHealthyBackend: 0, vipGone: 0, vipOverloaded: 0, vipServiceRestarted: 0, vipRefused: 0, vipLost: 0 };

/** What must hold whatever came: each flow has its end, each segment too, and nothing stays behind. */
function expectBalanced(bench: NetBench): void {
  const { vipFlows, ...ends } = flows(bench);
  expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBe(vipFlows);
  expect(bench.count("vipSent") + bench.count("vipNotSent")).toBe(bench.count("vipSegments"));
  expect([bench.used("streams"), bench.used("requests"), bench.buffersInUse()]).toEqual([0, new NetBench().used("requests"), 0]);
}

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

describe("while the decision is awaited", () => {
  test("segments wait, and go in their order once it comes", () => {
    const bench = withVip();
    bench.policy.hold = true;
    const one = client(1);
    bench.world.queue = 2;
    bench.offer(one.syn({ tcpOptions: [2, 4, 5, 180] }), one.at(3, "def"), one.syn(), one.at(0, "abc"));
    expect(bench.transmitted).toEqual([]);
    bench.release();
    bench.offer(one.at(6, "ghi"));
    expect(brief(bench)).toEqual(["1 S 1000", "1 PA 1004 def", "1 S 1000", "1 PA 1001 abc", "1 PA 1007 ghi"]);
    expect(passed(bench)[0].options).toEqual([2, 4, 5, 180]);
    expect(bench.world.transmitQueues).toEqual([2, 2, 2, 2, 2]);
    expectBalanced(bench);
  });

  test("it may end, be replaced or be evicted: what it had is passed all the same", () => {
    const bench = withVip({ limits: { ...netTiny, requestsMax: 8, streamsBytes: 8192, flowTimeoutTicks: 60_000 } });
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(1).at(0, "a"), client(1).at(1, "", { flags: "R" }), client(2).syn(), client(2, 9).syn(), client(3).syn(), client(4).syn(), client(5).syn(), client(6).syn());
    bench.release();
    expect(brief(bench)).toEqual(["1 S 1000", "1 PA 1001 a", "1 R 1002", "2 S 1000", "2 S 9", "3 S 1000", "4 S 1000", "5 S 1000", "6 S 1000"]);
    expect(bench.counts("vipFlows", "vipRouted", "evictedEnded", "evictedSilent")).toEqual({ vipFlows: 7, vipRouted: 7, evictedEnded: 1, evictedSilent: 1 });
    expectBalanced(bench);
  });

  test("no more waits than a request's body may; the rest is counted", () => {
    // The key, and each segment with its header and 8 bytes before it: 40 + 28 + 88 + 32.
    for (const [waitingBytesMax, fits] of [[188, 1], [187, 0]] as const) {
      const bench = withVip({ limits: { waitingBytesMax } });
      bench.policy.hold = true;
      const one = client(1);
      bench.offer(one.syn(), one.send("x".repeat(60)), one.send("y"), one.send("z"));
      bench.release();
      expect(brief(bench)).toEqual(["1 S 1000", `1 PA 1001 ${"x".repeat(60)}`, "1 PA 1061 y"].slice(0, 2 + fits));
      expect(bench.counts("vipSegments", "vipSent", "vipNotSent")).toEqual({ vipSegments: 4, vipSent: 2 + fits, vipNotSent: 2 - fits });
      expectBalanced(bench);
    }
  });

  test("memory may be at its end, the SYN lost: the flow goes on without it", () => {
    const bench = withVip({ limits: { streamsBytes: 1024, reclaimsMax: 1 } });
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(2).syn(), client(2).at(0, "x"));
    bench.release();
    bench.offer(client(2).at(1, "y"));
    expect(brief(bench)).toEqual(["1 S 1000", "2 PA 1002 y"]);
    expect(bench.counts("vipRouted", "vipNotSent")).toEqual({ vipRouted: 2, vipNotSent: 2 });
    expectBalanced(bench);
  });

  test("the balancer may die, and net be shut down: the flows are lost and deaf", () => {
    const dying = withVip();
    dying.policy.hold = true;
    dying.offer(client(1).syn(), client(1).at(0, "x"));
    dying.policy.die = true;
    dying.offer(client(2).syn(), client(3).syn(), client(1).at(1, "y"));
    expect(flows(dying)).toEqual({ ...none, vipFlows: 3, vipLost: 2, vipServiceRestarted: 1 });
    expect(dying.counts("ignoredEndedFlow", "vipNotSent")).toEqual({ ignoredEndedFlow: 1, vipNotSent: 3 });
    expectBalanced(dying);
    const closing = withVip();
    closing.policy.hold = true;
    closing.offer(client(1).syn()).shutdown();
    expect(flows(closing)).toEqual({ ...none, vipFlows: 1, vipLost: 1 });
    closing.release();
    expect(closing.counts("strayDecisions", "vipSent")).toEqual({ strayDecisions: 1, vipSent: 0 });
    expectBalanced(closing);
  });

  test("flows that have a backend outlive the balancer", () => {
    const bench = withVip();
    bench.offer(client(1).syn());
    bench.policy.die = true;
    bench.offer(client(2).syn(), client(1).at(0, "still"));
    expect(brief(bench)).toEqual(["1 S 1000", "1 PA 1001 still"]);
  });
});

describe("the table of virtual IPs", () => {
  test("may change on the way: net asks again if the address is still there, and gives up if not", () => {
    for (const [after, outcome, again] of [[[VIP, "10.0.0.1:80"], "vipRouted", 1], [["10.0.0.81:80"], "vipGone", 0]] as const) {
      const bench = withVip();
      bench.policy.hold = true;
      bench.offer(client(1).syn(), client(1).at(0, "x"));
      bench.vips(...after).release();
      expect(flows(bench)).toEqual({ ...none, vipFlows: 1, [outcome]: 1 });
      expect(bench.counts("vipAskedAgain", "vipSent", "vipNotSent")).toEqual({ vipAskedAgain: again, vipSent: again * 2, vipNotSent: 2 - again * 2 });
      expect(bench.world.questions.length).toBe(1 + again);
      expectBalanced(bench);
    }
  });

  test("is not asked about again for a flow that has ended", () => {
    const bench = withVip();
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(1).reset());
    bench.vips(VIP).release();
    expect(bench.counts("vipGone", "vipAskedAgain", "vipNotSent")).toEqual({ vipGone: 1, vipAskedAgain: 0, vipNotSent: 2 });
    expectBalanced(bench);
  });

  test("may lose an address: flows that have begun go on, new ones are none", () => {
    const bench = withVip({}, "10.0.0.80:443");
    const one = client(1, 5, { dport: 443 });
    bench.offer(one.syn());
    bench.vips();
    bench.offer(one.send("x"), client(1, 99, { dport: 443 }).syn(), one.send("y"));
    expect(brief(bench)).toEqual(["1 S 5", "1 PA 6 x"]);
    expect(bench.counts("ignoredOtherPort", "flowsReplaced")).toEqual({ ignoredOtherPort: 2, flowsReplaced: 1 });
  });

  test("is searched quickly, and never beyond the region, whatever it claims", () => {
    const bench = new NetBench();
    const many = Array.from({ length: VIPS_MAX }, (_, i) => ({ address: [(i * 37) & 255, i, 0, (i * 101) & 255], port: 80 + (i % 3) }));
    bench.vips(...many);
    const call = (sport: number, away: number): void => many.forEach(({ address, port }, i) => bench.offer(frame({ destination: address.join("."), dport: port + away, sport: sport + i, flags: "S" })));
    call(100, 0);
    call(200, 3);
    expect(bench.counts("vipFlows", "ignoredOtherPort")).toEqual({ vipFlows: VIPS_MAX, ignoredOtherPort: VIPS_MAX });
    expect(bench.world.questions.map(({ vip }) => vip).sort((a, b) => a - b)).toEqual(many.map((_, i) => i));
    bench.world.vipsClaimed = 0xffff;
    bench.vips(...many);
    call(300, 0);
    call(400, 3);
    expect(bench.counts("vipFlows", "ignoredOtherPort")).toEqual({ vipFlows: 2 * VIPS_MAX, ignoredOtherPort: 2 * VIPS_MAX });
  });
});
