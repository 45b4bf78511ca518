import { describe, expect, test } from "vitest";
import { errnoName } from "../../../kernel/errno.ts";
import { runOperation } from "../../../sim/conform/run-script.ts";
import type { BalancerMetrics } from "../../../sim/metrics/query.ts";
import { queryMetrics } from "../../../sim/metrics/query.ts";
import { Stage, get } from "../../services/lb/stand-in-net.ts";

describe("asking a running balancer", () => {
  test("page by page, through a region that holds a part of the routes and backends", () => {
    const ask = (controlBytes: number, prefix = ""): BalancerMetrics => {
      const stage = new Stage({ controlBytes });
      expect(stage.configure(`group=a:rr\n${"member=a:10.0.0.1:80\n".repeat(55)}`)).toBe(0);
      const routes = Array.from({ length: 40 }, (_, i) => ({ path_prefix: `/${prefix}${"x".repeat(i)}`, host: "", headers: [], backend_group: "a" }));
      for (let rule = 0; rule < 3; rule++) expect(runOperation(stage.world, { op: "add_rule", routes, default_backend: "" })).toEqual({ ok: null });
      stage.send({ head: get("/xxx") }, { head: get("/") });
      return queryMetrics(stage.world, ["a"]);
    };
    const [small, large] = [ask(4096), ask(64 * 1024)];
    expect([small.routes, small.groups]).toEqual([large.routes, large.groups]);
    expect([small.routes.length, small.groups[0]!.backends.length]).toEqual([120, 55]);
    expect(small.routes.map(({ rule }) => rule)).toEqual([0, 1, 2].flatMap((rule) => new Array<number>(40).fill(rule)));
    expect([small.routes[0]!.requests, small.groups[0]!.routed]).toEqual([2, 2]);
    // The region holds them all in one page, the mailbox does not.
    const crowded = ask(512 * 1024, "y".repeat(1000));
    expect([crowded.status, crowded.routes.map(({ prefix }) => prefix.length)]).toEqual([0, small.routes.map(({ prefix }) => prefix.length + 1000)]);
  });

  test("for a histogram: each bucket once, in order", () => {
    const stage = new Stage();
    expect(stage.configure("group=a:rr\nmember=a:10.0.0.1:80\ndefault=a")).toBe(0);
    stage.machine.runUntilTick(10);
    for (let i = 0; i < 40; i++) stage.send({ head: get("/x"), fields: { arrivalCycle: stage.machine.now() - 5_000 * i * i } });
    const { decision } = queryMetrics(stage.world, []);
    const buckets = decision!.buckets.map(([bucket]) => bucket);
    expect(buckets.length).toBeGreaterThan(15);
    expect(buckets).toEqual([...new Set(buckets)].sort((a, b) => a - b));
    expect(decision!.buckets.reduce((sum, [, values]) => sum + values, 0)).toBe(40);
  });

  test("that does not know a group, or cannot be asked about it: what there is, and why there is no more", () => {
    const stage = new Stage({ controlBytes: 4096 });
    const nothing = { routed: 0, refused: 0, overloaded: 0, retried: 0, retriesRefused: 0, waiting: 0, backends: [] };
    expect(queryMetrics(stage.world, ["nobody"])).toMatchObject({ status: 0, groups: [{ name: "nobody", ...nothing }] });
    const { status, metrics, groups, decision } = queryMetrics(stage.world, ["x".repeat(3000), "nobody"]);
    expect([errnoName(status), groups.length, decision]).toEqual(["messageTooLarge", 2, null]);
    expect(metrics.length).toBeGreaterThan(10);
  });
});
