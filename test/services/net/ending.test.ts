/** Connections that the balancer counts: net says of each, once, that it is over. */

import { describe, expect, test } from "vitest";
import { Outcome, OUTCOMES } from "../../../services/lb/api.ts";
import { netTiny } from "../../../services/limits.ts";
import { Client } from "../../frames.ts";
import type { BenchOptions } from "./bench.ts";
import { NetBench } from "./bench.ts";

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
const client = (sport: number, initial = 1000): Client => new Client({ sport }, initial);
const VIP = "10.0.0.80:8080";
const toVip = (sport: number): Client => new Client({ sport, dport: 8080 });

function counting(options: BenchOptions = {}): NetBench {
  const bench = new NetBench(options).vips(VIP);
  bench.policy.connections = true;
  return bench;
}

/** Each name was told once, as finished. */
function expectAllTold(bench: NetBench): void {
  expect([...bench.world.ended].sort()).toEqual(bench.world.connections.map((name) => `${name}.0`).sort());
  expect(bench.count("connectionsNamed")).toBe(bench.world.connections.length);
  expect(bench.count("connectionsEnded")).toBe(bench.world.connections.length);
}

test("nothing is said of connections that have no name", () => {
  const bench = new NetBench();
  bench.offer(client(1).syn(), client(1).send(get("/1")), client(1).reset()).shutdown();
  expect(bench.world.ended).toEqual([]);
  expect(bench.counts("connectionsNamed", "connectionsEnded", "endsDelayed", "endsUnheard")).toEqual({ connectionsNamed: 0, connectionsEnded: 0, endsDelayed: 0, endsUnheard: 0 });
});

describe("a request's connection is over", () => {
  test.each([
    ["when its flow's next request has come", (one: Client) => [one.send(get("/2"))]],
    ["at a reset", (one: Client) => [one.reset()]],
    ["at the FIN", (one: Client) => [one.fin()]],
    ["at a bad request line", (one: Client) => [one.send("no\r\n")]],
    ["when another SYN replaces the flow", () => [client(1, 5).syn()]],
  ])("%s", (_what, end) => {
    const bench = counting();
    const one = client(1);
    bench.offer(one.syn(), one.send(get("/1")));
    expect(bench.world.ended).toEqual([]);
    bench.offer(...end(one));
    expect(bench.world.ended).toEqual(["1.1.0"]);
    expectAllTold(bench.shutdown());
  });

  test("when its flow's next request has come, before that one is decided, and even if it is refused", () => {
    const bench = counting();
    const one = client(1);
    bench.offer(one.syn(), one.send(get("/1")));
    bench.policy.hold = true;
    bench.offer(one.send(get("/2").slice(0, 9)));
    expect(bench.world.ended).toEqual([]);
    bench.offer(one.send(get("/2").slice(9)));
    expect([bench.world.ended, bench.world.connections]).toEqual([["1.1.0"], ["1.1"]]);
    expectAllTold(bench.release().shutdown());
  });

  test("at once when the client has sent more without waiting: the last one counts", () => {
    const bench = counting();
    const one = client(1);
    bench.policy.hold = true;
    bench.offer(one.syn(), one.send(get("/1") + get("/2") + get("/3")));
    bench.world.releases = 1;
    expect([bench.wait(2).world.ended, bench.world.connections]).toEqual([["1.1.0"], ["1.1"]]);
    bench.release();
    expect([bench.world.ended, bench.world.connections.length]).toEqual([["1.1.0", "2.2.0"], 3]);
    bench.offer(one.fin());
    expectAllTold(bench);
  });

  test("when the next request is refused too", () => {
    const bench = counting();
    const one = client(1);
    bench.offer(one.syn(), one.send(get("/1")));
    bench.policy.outcome = Outcome.noRouteMatch;
    bench.policy.connections = false;
    bench.offer(one.send(get("/2")));
    expect(bench.world.ended).toEqual(["1.1.0"]);
  });

  test("after a silence, and when the flow makes room", () => {
    const bench = counting({ limits: { ...netTiny, flowTimeoutTicks: 200 } });
    bench.offer(client(1).syn(), client(1).send(get("/1")));
    bench.wait(300);
    expect(bench.world.ended).toEqual(["1.1.0"]);
    for (const sport of [2, 3, 4, 5, 6]) bench.offer(client(sport).syn(), client(sport).send(get("/")));
    expect(bench.world.ended).toEqual(["1.1.0", "2.2.0"]);
    expectAllTold(bench.shutdown());
  });

  test("at once when its flow has ended before the decision, or its record is another's", () => {
    const bench = counting({ limits: { ...netTiny, requestsMax: 4 } });
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(1).send(get("/1")), client(1).reset(), client(2).syn(), client(2).send(get("/2")), client(2, 5).syn());
    bench.release();
    expect(bench.world.ended).toEqual(["1.1.0", "2.2.0"]);
    bench.offer(client(2, 5).send(get("/3")));
    expect(bench.world.ended).toHaveLength(2);
    expectAllTold(bench.shutdown());
  });

  test("at once when nobody waits for the decision, or it says nothing", () => {
    const bench = counting();
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(1).send(get("/1"))).shutdown();
    bench.release();
    expect(bench.world.ended).toEqual(["1.1.0"]);
    const other = counting();
    other.policy.outcome = OUTCOMES.length;
    other.offer(client(1).syn(), client(1).send(get("/1")));
    expectAllTold(other);
    expect(other.count("lost")).toBe(1);
  });
});

describe("a flow's connection is over", () => {
  test("when the flow is, in whatever way, and not before", () => {
    const bench = counting({ limits: { flowTimeoutTicks: 300, flowScanTicks: 10 } });
    for (const sport of [1, 2, 3, 4]) bench.offer(toVip(sport).syn(), toVip(sport).at(0, get("/")), toVip(sport).syn());
    expect(bench.world.connections).toHaveLength(4);
    expect(bench.world.ended).toEqual([]);
    bench.offer(toVip(1).at(get("/").length, "", { flags: "R" }), toVip(2).at(get("/").length, "", { flags: "FA" }));
    expect(bench.world.ended).toEqual(["1.1.0", "2.2.0"]);
    bench.wait(400);
    expectAllTold(bench);
  });

  test("at once when it cannot be reached, and when the flow ended before the decision", () => {
    const bench = counting();
    bench.policy.backend = [];
    bench.offer(toVip(1).syn());
    expect(bench.world.ended).toEqual(["1.1.0"]);
    bench.policy.hold = true;
    bench.policy.backend = [10, 9, 9, 9];
    bench.offer(toVip(2).syn(), toVip(2).reset());
    bench.release();
    expectAllTold(bench);
  });
});

describe("when the balancer does not listen", () => {
  test("a full queue delays ends and loses none, at shutdown too", () => {
    for (const [end, wakes] of [[(bench: NetBench) => bench.wait(400), 10], [(bench: NetBench) => bench.shutdown(), 0]] as const) {
      const bench = counting({ requestsQueue: 2, limits: { flowTimeoutTicks: 300, flowScanTicks: 100 } });
      for (let sport = 1; sport <= 50; sport++) bench.offer(toVip(sport).syn());
      end(bench);
      expect(bench.count("endsDelayed")).toBeGreaterThan(40);
      expectAllTold(bench);
      const { handled } = bench.machine.report().processes[2];
      bench.wait(1000);
      expect(bench.machine.report().processes[2].handled - handled).toBe(wakes);
    }
  });

  test("to one that is slower than net all is told in time: by the timer, if nothing else happens", () => {
    const bench = counting({ requestsQueue: 2, lateBalancer: true, limits: { flowTimeoutTicks: 300, flowScanTicks: 100 } });
    for (let sport = 1; sport <= 12; sport++) bench.offer(toVip(sport).syn());
    bench.wait(400);
    expect(bench.count("endsDelayed")).toBeGreaterThan(5);
    expect(bench.world.ended.length).toBeLessThan(12);
    bench.wait(600);
    expectAllTold(bench);
    const other = counting({ requestsQueue: 2, lateBalancer: true, limits: { flowScanTicks: 100 } });
    for (let sport = 1; sport <= 12; sport++) other.offer(toVip(sport).syn());
    expectAllTold(other.shutdown().wait(800));
    const { handled } = other.machine.report().processes[2];
    expect(other.wait(1000).machine.report().processes[2].handled).toBe(handled);
  });

  test("what waits for one that ends is given up at once", () => {
    const bench = counting({ requestsQueue: 2, lateBalancer: true, limits: { flowScanTicks: 50_000 } });
    for (let sport = 1; sport <= 8; sport++) bench.offer(toVip(sport).syn());
    bench.offer(...[1, 2, 3, 4, 5, 6, 7, 8].map((sport) => toVip(sport).reset()));
    expect(bench.counts("connectionsEnded", "endsUnheard")).toEqual({ connectionsEnded: 2, endsUnheard: 0 });
    bench.policy.die = true;
    bench.offer(toVip(9).syn());
    expect(bench.counts("connectionsEnded", "endsUnheard")).toEqual({ connectionsEnded: 2, endsUnheard: 6 });
  });

  test("no more wait than it counts connections; the rest is counted as unheard", () => {
    const bench = counting({ requestsQueue: 1, limits: { flowTimeoutTicks: 300, flowScanTicks: 100, connectionsMax: 5 } });
    for (let sport = 1; sport <= 20; sport++) bench.offer(toVip(sport).syn());
    bench.wait(400);
    const { endsDelayed, endsUnheard, connectionsEnded } = bench.counts("endsDelayed", "endsUnheard", "connectionsEnded");
    expect([endsDelayed, connectionsEnded + endsUnheard, bench.world.ended.length]).toEqual([5, 20, connectionsEnded]);
  });

  test("to one that is gone nothing is said, and nothing waits", () => {
    const bench = counting();
    bench.offer(toVip(1).syn(), client(2).syn(), client(2).send(get("/1")));
    bench.policy.die = true;
    bench.offer(toVip(3).syn(), toVip(1).reset(), client(2).reset());
    expect(bench.world.ended).toEqual([]);
    expect(bench.counts("connectionsNamed", "connectionsEnded", "endsUnheard", "endsDelayed")).toEqual({ connectionsNamed: 2, connectionsEnded: 0, endsUnheard: 2, endsDelayed: 0 });
  });
});
