/** Flows to virtual IPs whose backend is not known yet, and the table that says which addresses are virtual IPs. */

import { describe, expect, test } from "vitest";
import { Outcome } from "../../../services/lb/api.ts";
import { netTiny } from "../../../services/limits.ts";
import { frame } from "../../frames.ts";
import { NetBench, VIPS_MAX } from "./bench.ts";
import { brief, client, expectBalanced, flows, none, passed, VIP, withVip } from "./passing.ts";

describe("while the decision is awaited", () => {
  test("segments wait, and go in their order once it comes", () => {
    const bench = withVip();
    bench.policy.hold = true;
    const one = client(1);
    bench.world.queue = 2;
    bench.offer(one.syn({ tcpOptions: [2, 4, 5, 180] }), one.at(3, "def"), one.syn(), one.at(0, "abc"));
    expect(bench.transmitted).toEqual([]);
    bench.release();
    bench.world.queue = 1;
    bench.offer(one.at(6, "ghi"));
    expect(brief(bench)).toEqual(["1 S 1000", "1 PA 1004 def", "1 S 1000", "1 PA 1001 abc", "1 PA 1007 ghi"]);
    expect(passed(bench)[0].options).toEqual([2, 4, 5, 180]);
    expect(bench.world.transmitQueues).toEqual([2, 2, 2, 2, 1]);
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

  test("whoever finds the balancer's queue full is refused, and holds no place", () => {
    const bench = withVip({ requestsQueue: 2, lateBalancer: true });
    bench.offer(...[1, 2, 3, 4, 5, 6, 7].map((sport) => client(sport).syn()));
    expect(flows(bench)).toEqual({ ...none, vipFlows: 7, vipRouted: 2, vipOverloaded: 5 });
    expect(bench.flowsDecided.filter((outcome) => outcome === Outcome.overloaded)).toHaveLength(5);
    expectBalanced(bench);
  });

  test("whoever is refused since nobody can be asked holds no place", () => {
    const bench = withVip({ limits: { requestsMax: 2 } });
    bench.policy.die = true;
    for (let sport = 1; sport <= 9; sport++) bench.offer(client(sport).syn());
    expect(flows(bench)).toEqual({ ...none, vipFlows: 9, vipLost: 1, vipServiceRestarted: 8 });
    expectBalanced(bench);
  });

  test("whoever is refused stays deaf for its time", () => {
    const bench = withVip({ limits: { flowTimeoutTicks: 100, flowScanTicks: 10 } });
    bench.policy.die = true;
    bench.offer(client(1).syn()).wait(300);
    bench.offer(client(2).syn()).wait(60).offer(client(2).at(0, "x"));
    expect(bench.counts("vipServiceRestarted", "ignoredEndedFlow", "flowsTimedOut")).toEqual({ vipServiceRestarted: 1, ignoredEndedFlow: 1, flowsTimedOut: 1 });
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
