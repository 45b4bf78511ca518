/** The eleven test cases of the seed (VeridianOS, services/lb/l7.rs), each told to a running balancer by messages. */

import { beforeEach, expect, test } from "vitest";
import { boot } from "../../../kernel/boot.ts";
import { runOperation } from "../../../sim/conform/run-script.ts";
import type { Operation, Result, ScriptBackend, ScriptHeader } from "../../../sim/conform/script.ts";
import { standard } from "../../../sim/machines/index.ts";
import type { World } from "../../../sim/world.ts";
import { worldOf } from "../../../sim/world.ts";

let world: World;

beforeEach(() => {
  world = worldOf(boot(standard.manifest()), null, 0);
});

const run = (operation: Operation): Result => runOperation(world, operation);
const done = { ok: null };

const backend = (address: string, port: number): ScriptBackend => ({ address, port, weight: 1, healthy: true, active_connections: 0 });

function addGroup(name: string, ...backends: ScriptBackend[]): void {
  expect(run({ op: "add_group", name, algorithm: "RoundRobin", backends })).toEqual(done);
}

function addRule(pathPrefix: string, host: string, headers: readonly ScriptHeader[], group: string, fallback: string): void {
  const routes = [{ path_prefix: pathPrefix, host, headers, backend_group: group }];
  expect(run({ op: "add_rule", routes, default_backend: fallback })).toEqual(done);
}

const route = (path: string, host: string, headers: readonly ScriptHeader[] = []): Result => run({ op: "route", path, host, headers });
const rate = (client: string, tick: number): Result => run({ op: "rate", client, tick });
const ok = (result: Result): unknown[] => {
  expect(result).toHaveProperty("ok");
  return (result as { ok: unknown[] }).ok;
};

function makeBalancer(): void {
  addGroup("api-backends", backend("10.0.0.1", 8080), backend("10.0.0.2", 8080));
  addGroup("default-backends", backend("10.0.1.1", 80));
  addRule("/api/", "", [], "api-backends", "default-backends");
}

test("route_by_path", () => {
  makeBalancer();
  const [address, port] = ok(route("/api/v1/pods", "example.com"));
  expect(port).toBe(8080);
  expect(address).toMatch(/^10\.0\.0\./);
});

test("route_default_backend", () => {
  makeBalancer();
  expect(route("/other/page", "example.com")).toEqual({ ok: ["10.0.1.1", 80] });
});

test("route_with_host_match", () => {
  addGroup("host-group", backend("10.0.0.5", 443));
  addRule("/", "api.example.com", [], "host-group", "");
  expect(route("/", "other.example.com")).toHaveProperty("err");
  expect(route("/", "api.example.com")).toEqual({ ok: ["10.0.0.5", 443] });
});

test("rate_limit_allow", () => {
  makeBalancer();
  expect(rate("client-1", 100)).toEqual(done);
});

test("rate_limit_exceeded", () => {
  expect(run({ op: "set_defaults", rps: 1, burst: 1 })).toEqual(done);
  expect(rate("client-1", 100)).toEqual(done);
  expect(rate("client-1", 100)).toEqual({ err: "RateLimitExceeded" });
});

test("rate_limit_refill", () => {
  expect(run({ op: "set_defaults", rps: 1, burst: 2 })).toEqual(done);
  expect(rate("c1", 100)).toEqual(done);
  expect(rate("c1", 100)).toEqual(done);
  expect(rate("c1", 100)).toEqual({ err: "RateLimitExceeded" });
  expect(rate("c1", 101)).toEqual(done);
});

test("sticky_session", () => {
  makeBalancer();
  expect(run({ op: "sticky_set", session: "sess-123", index: 0 })).toEqual(done);
  expect(run({ op: "sticky_get", session: "sess-123" })).toEqual({ ok: 0 });
  expect(run({ op: "sticky_get", session: "sess-999" })).toEqual({ ok: null });
});

test("http_route_matching", () => {
  addGroup("test", backend("10.0.0.1", 80));
  addRule("/api/", "example.com", [], "test", "");
  expect(route("/api/v1", "example.com")).toEqual({ ok: ["10.0.0.1", 80] });
  expect(route("/web/", "example.com")).toEqual({ err: "NoRouteMatch" });
  expect(route("/api/v1", "other.com")).toEqual({ err: "NoRouteMatch" });
});

test("http_route_header_matching", () => {
  addGroup("test", backend("10.0.0.1", 80));
  addRule("/", "", [["x-version", "v2"]], "test", "");
  expect(route("/", "", [["x-version", "v2"]])).toEqual({ ok: ["10.0.0.1", 80] });
  expect(route("/", "")).toEqual({ err: "NoRouteMatch" });
});

test("backend_group_select", () => {
  addGroup("test", backend("10.0.0.1", 80));
  addRule("", "", [], "test", "");
  expect(route("/", "")).toEqual({ ok: ["10.0.0.1", 80] });
});

test("no_route_match", () => {
  expect(route("/", "")).toEqual({ err: "NoRouteMatch" });
});
