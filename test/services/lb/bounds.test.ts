/** The edge of every table, with limits so small that it is a few steps away: refused there, and nothing changed. */

import { describe, expect, test } from "vitest";
import { LbErrno } from "../../../services/lb/control.ts";
import { lbTiny } from "../../../services/limits.ts";
import type { Operation, Result, ScriptHeader } from "../../../sim/conform/script.ts";
import { Desk } from "./desk.ts";

const OK: Result = { ok: null };
const FULL: Result = { err: `service error ${LbErrno.tableFull}` };
const LIMITER_FULL: Result = { err: `service error ${LbErrno.limiterFull}` };
const TOO_LONG: Result = { err: "messageTooLarge" };

const backends = (count: number, address = "10.0.0.1") => Array.from({ length: count }, () => ({ address, port: 80, weight: 1, healthy: true, active_connections: 0 }));
const group = (name: string, count: number): Operation => ({ op: "add_group", name, algorithm: "RoundRobin", backends: backends(count) });
const route = (prefix: string, headers: readonly ScriptHeader[] = []) => ({ path_prefix: prefix, host: "", headers, backend_group: "g" });
const rule = (...routes: ReturnType<typeof route>[]): Operation => ({ op: "add_rule", routes, default_backend: "" });

/** Runs operations that must succeed, then one that must be refused and change nothing. */
function refused(before: readonly Operation[], last: Operation, expected: Result): Desk {
  const desk = new Desk(lbTiny);
  for (const operation of before) expect(desk.run(operation)).toEqual(OK);
  const remembered = desk.remembered();
  const used = desk.usedBytes();
  expect(desk.run(last)).toEqual(expected);
  expect(desk.remembered()).toBe(remembered);
  expect(desk.usedBytes()).toBe(used);
  desk.check();
  return desk;
}

describe("at its bound", () => {
  test("the table of groups refuses one more, and still replaces one that is there", () => {
    const desk = refused([group("a", 1), group("b", 1)], group("c", 1), FULL);
    expect(desk.run(group("a", 2))).toEqual(OK);
    expect(desk.run({ op: "counts" })).toEqual({ ok: { backend_groups: 2, rules: 0 } });
  });

  test("a group refuses one backend more", () => {
    refused([group("a", 3)], group("b", 4), FULL);
    const desk = refused([group("a", 3)], group("a", 4), FULL);
    expect((desk.run({ op: "dump_group", name: "a" }) as { ok: { backends: unknown[] } }).ok.backends.length).toBe(3);
  });

  test("the list of rules refuses one more", () => {
    refused([rule(), rule()], rule(), FULL);
  });

  test("all rules together have no more routes than that", () => {
    refused([rule(route("/a"), route("/b"))], rule(route("/c"), route("/d")), FULL);
    refused([], rule(route("/a"), route("/b"), route("/c"), route("/d")), FULL);
    const desk = refused([rule(route("/a"), route("/b"), route("/c"))], rule(route("/d")), FULL);
    expect(desk.run(rule())).toEqual(OK);
  });

  test("a route requires no more headers, names counted once", () => {
    refused([], rule(route("/", [["a", "1"], ["b", "1"], ["c", "1"]])), FULL);
    const desk = new Desk(lbTiny);
    expect(desk.run(rule(route("/", [["a", "1"], ["b", "1"], ["a", "2"]])))).toEqual(OK);
    desk.run(group("g", 1));
    expect(desk.run({ op: "route", path: "/", host: "", headers: [["b", "1"], ["a", "2"]] })).toHaveProperty("ok");
    expect(desk.run({ op: "route", path: "/", host: "", headers: [["b", "1"], ["a", "1"]] })).toEqual({ err: "NoRouteMatch" });
    expect(desk.run({ op: "route", path: "/", host: "", headers: [["a", "1"], ["b", "1"], ["a", "2"]] })).toHaveProperty("ok");
  });

  test("the table of sessions refuses one more, and still rebinds one that is there", () => {
    const set = (session: string, index: number): Operation => ({ op: "sticky_set", session, index });
    const desk = refused([set("a", 1), set("b", 2)], set("c", 3), FULL);
    expect(desk.run(set("b", Number.MAX_SAFE_INTEGER))).toEqual(OK);
    expect(desk.run({ op: "sticky_get", session: "b" })).toEqual({ ok: Number.MAX_SAFE_INTEGER });
    expect(desk.run({ op: "sticky_get", session: "c" })).toEqual({ ok: null });
  });

  test("the table of clients refuses one more", () => {
    const rate = (client: string): Operation => ({ op: "rate", client, tick: 1 });
    refused([rate("a"), rate("b"), rate("c")], rate("d"), LIMITER_FULL);
  });
});

describe("a text longer than is kept", () => {
  const longest = "x".repeat(lbTiny.textBytesMax);
  const cases: readonly (readonly [string, (text: string) => Operation])[] = [
    ["group's name", (text) => group(text, 1)],
    ["backend's address", (text) => ({ op: "add_group", name: "g", algorithm: "RoundRobin", backends: [...backends(1), ...backends(1, text)] })],
    ["prefix", (text) => rule(route("/"), route(text))],
    ["host", (text) => rule(route("/"), { ...route("/"), host: text })],
    ["header's name", (text) => rule(route("/", [["a", "b"], [text, "v"]]))],
    ["header's value", (text) => rule(route("/", [["a", "b"], ["a", text]]))],
    ["route's group", (text) => rule(route("/"), { ...route("/"), backend_group: text })],
    ["default", (text) => ({ op: "add_rule", routes: [route("/")], default_backend: text })],
    ["session", (text) => ({ op: "sticky_set", session: text, index: 1 })],
    ["client", (text) => ({ op: "rate", client: text, tick: 1 })],
  ];

  test.each(cases)("%s: refused, and one byte less is not", (_name, operation) => {
    refused([], operation(`${longest}x`), TOO_LONG);
    expect(new Desk(lbTiny).run(operation(longest))).toEqual(OK);
  });

  test("may be asked for, and is not there", () => {
    const desk = new Desk(lbTiny);
    expect(desk.run({ op: "dump_group", name: `${longest}x` })).toEqual({ ok: null });
    expect(desk.run({ op: "sticky_get", session: `${longest}x` })).toEqual({ ok: null });
    expect(desk.run({ op: "route", path: longest.repeat(20), host: longest.repeat(20), headers: [[longest.repeat(20), ""]] })).toEqual({ err: "NoRouteMatch" });
  });
});
