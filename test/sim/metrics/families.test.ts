/** Each number that the balancer tells has its sample: told apart by numbers that are all different. */

import { describe, expect, test } from "vitest";
import type { Account } from "../../../sim/account.ts";
import { BUCKETS } from "../../../services/lb/metrics/histogram.ts";
import { expositionText } from "../../../sim/metrics/exposition.ts";
import { familiesOf } from "../../../sim/metrics/families.ts";
import type { BalancerMetrics } from "../../../sim/metrics/query.ts";
import { finishRun, startRun } from "../../../sim/run.ts";
import { setupFor } from "../../captures/playing.ts";
import { readOpenMetrics } from "./open-metrics.ts";

const METRICS: BalancerMetrics = {
  status: 0,
  metrics: [{ name: "routed", counter: true, value: 1 }, { name: "limitersEvicted", counter: true, value: 2 }, { name: "limiters", counter: false, value: 3 }, { name: "limiterFull", counter: true, value: 4 }],
  routes: [{ rule: 7, exact: true, prefix: "/p", host: "h", requests: 30, groups: [{ name: "a", requests: 10 }, { name: "b", requests: 5 }, { name: "a", requests: 15 }] }],
  groups: [
    {
      name: "a", routed: 11, refused: 12, overloaded: 13, retried: 14, retriesRefused: 15, waiting: 16,
      backends: [
        { address: "10.0.0.1", port: 80, available: true, activeConnections: 21, requests: 22, failed: 23, timesEjected: 24 },
        { address: "10.0.0.1", port: 80, available: false, activeConnections: 25, requests: 26, failed: 27, timesEjected: 28 },
      ],
    },
  ],
  decision: { count: 6, sumCycles: 1_000_000_007, leftOut: 41, buckets: [[0, 1], [7, 2], [BUCKETS - 1, 3]] },
  connection: { count: 0, sumCycles: 0, leftOut: 42, buckets: [] },
};

function accountOfARun(): Account {
  const setup = setupFor("05-slow-client");
  const { world } = startRun(setup);
  return finishRun(world, setup).account;
}

const account = accountOfARun();

/** Lines of the text that hold `part`, without the name's common beginning. */
function lines(part: string, balancer: BalancerMetrics = METRICS, of: Account = account): string[] {
  const text = expositionText(familiesOf(of, balancer));
  readOpenMetrics(new TextEncoder().encode(text));
  return text.split("\n").filter((line) => line.startsWith(`veridian_${part}`)).map((line) => line.slice("veridian_".length));
}

describe("what the balancer tells", () => {
  test("of itself: outcomes, events, tables, what it could not measure", () => {
    expect(lines("balancer_")).toEqual([
      'balancer_requests_total{outcome="routed"} 1',
      'balancer_requests_total{outcome="LimiterFull"} 4',
      'balancer_events_total{event="limitersEvicted"} 2',
      'balancer_entries{table="limiters"} 3',
      'balancer_unmeasured_total{measure="decision"} 41',
      'balancer_unmeasured_total{measure="connection"} 42',
    ]);
  });

  test("of routes: one sample for each group, also if the route names it twice", () => {
    const labels = 'rule="7",route="0",match="exact",path="/p",host="h"';
    expect(lines("route_")).toEqual([`route_requests_total{${labels},group="a"} 25`, `route_requests_total{${labels},group="b"} 5`]);
  });

  test("of groups and backends", () => {
    const backend = (position: number): string => `group="a",address="10.0.0.1",port="80",position="${position}"`;
    expect(lines("group_")).toEqual([
      'group_requests_total{group="a"} 11',
      'group_refusals_total{group="a",outcome="NoHealthyBackend"} 12',
      'group_refusals_total{group="a",outcome="Overloaded"} 13',
      'group_retries_total{group="a"} 14',
      'group_retries_refused_total{group="a"} 15',
      'group_waiting{group="a"} 16',
    ]);
    expect(lines("backend_")).toEqual(
      [["requests_total", 22, 26], ["failures_total", 23, 27], ["ejections_total", 24, 28], ["connections", 21, 25], ["available", 1, 0]].flatMap(([name, first, second]) => [`backend_${name}{${backend(0)}} ${first}`, `backend_${name}{${backend(1)}} ${second}`]),
    );
  });

  test("of times: all thresholds, cumulative; what lies beyond the last is in +Inf alone", () => {
    const decisions = lines("decision_seconds");
    expect(decisions).toHaveLength(BUCKETS + 2);
    expect([...decisions.slice(0, 2), ...decisions.slice(6, 9), ...decisions.slice(-4)]).toEqual([
      'decision_seconds_bucket{le="0.0"} 1', 'decision_seconds_bucket{le="1e-09"} 1', 'decision_seconds_bucket{le="6e-09"} 1', 'decision_seconds_bucket{le="7e-09"} 3', 'decision_seconds_bucket{le="8e-09"} 3',
      'decision_seconds_bucket{le="4.294967295"} 3', 'decision_seconds_bucket{le="+Inf"} 6', "decision_seconds_count 6", "decision_seconds_sum 1.000000007",
    ]);
    expect(lines("connection_seconds").at(-1)).toBe("connection_seconds_sum 0.0");
    expect(lines("decision_seconds", { ...METRICS, decision: null })).toEqual([]);
    expect(lines("balancer_unmeasured", { ...METRICS, decision: null })).toEqual(['balancer_unmeasured_total{measure="connection"} 42']);
  });
});

test("processes that run no more are not up", () => {
  const stopped = [{ process: "net", why: "it ended by itself" }];
  expect(lines("process_up", METRICS, { ...account, stopped })).toEqual(['process_up{process="driver"} 1', 'process_up{process="lb"} 1', 'process_up{process="net"} 0', 'process_up{process="operator"} 1', 'process_up{process="supervisor"} 1']);
});

test("flows to virtual IPs and their backends, each with its number", () => {
  const vips = [{ address: "10.9.9.9", port: 443, algorithm: "RoundRobin", backends: [{ address: "fd00::1", port: 81, flows: 5 }] }];
  const transport = { flows: 9, routed: 5, refused: { NoHealthyBackend: 3 }, lost: 1, unroutable: 2, segments: 70, packets: 60, packetsLost: 10, vips };
  const shown = lines("", METRICS, { ...account, transport });
  for (const line of [
    'flows_total{outcome="routed"} 5', 'flows_total{outcome="NoHealthyBackend"} 3', 'flows_total{outcome="lost"} 1', "flows_unroutable_total 2", "flow_segments_total 70",
    "flow_packets_total 60", "flow_packets_lost_total 10", 'vip_flows_total{vip_address="10.9.9.9",vip_port="443",address="fd00::1",port="81",position="0"} 5',
  ]) expect(shown).toContain(line);
});
