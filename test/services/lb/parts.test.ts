/** Pieces held on their own, at the edges of their tables. */

import { expect, test } from "vitest";
import { ControlOperation, LbErrno } from "../../../services/lb/control.ts";
import { lbTiny } from "../../../services/limits.ts";
import type { Operation } from "../../../sim/conform/script.ts";
import { Desk } from "./desk.ts";

const makers: readonly (readonly [string, (id: string) => Operation])[] = [
  ["buckets", (id) => ({ op: "bucket_new", id, rps: 1, burst: 2 })],
  ["session tables", (id) => ({ op: "session_new", id, cookie_name: "a cookie's name" })],
  ["groups", (id) => ({ op: "group_new", id, name: id, algorithm: "RoundRobin", backends: [{ address: "b", port: 1, weight: 1, healthy: true, active_connections: 0 }] })],
];

test.each(makers)("%s: one too many is refused, one in the place of another is not, and all memory comes back", (_name, make) => {
  const desk = new Desk(lbTiny);
  for (let i = 0; i < lbTiny.partsMax; i++) expect(desk.run(make(`${i}`))).toEqual({ ok: null });
  const used = desk.usedBytes();
  expect(desk.run(make("more"))).toMatchObject({ err: `service error ${LbErrno.tableFull}` });
  expect(desk.usedBytes()).toBe(used);
  expect(desk.run(make("0"))).toEqual({ ok: null });
  expect(desk.usedBytes()).toBe(used);
  desk.check();
  expect(desk.operate(Uint8Array.of(ControlOperation.fresh)).status).toBe(0);
  expect(desk.usedBytes()).toBe(0);
});

test("pieces are not the balancer's: a new one leaves them as they were", () => {
  const desk = new Desk();
  for (const [, make] of makers) desk.run(make("p"));
  const used = desk.usedBytes();
  const ask = (): unknown => [{ op: "bucket_get", id: "p" } as const, { op: "session_count", id: "p" } as const, { op: "group_dump", id: "p" } as const].map((operation) => desk.run(operation));
  const before = ask();
  desk.run({ op: "sticky_set", session: "s", index: 1 });
  expect(desk.run({ op: "new" })).toEqual({ ok: null });
  expect([ask(), desk.run({ op: "sticky_get", session: "s" }), desk.usedBytes()]).toEqual([before, { ok: null }, used]);
  for (const operands of [[2], [1, 1], [0, 0]]) expect(desk.operate(Uint8Array.of(ControlOperation.fresh, ...operands)).status).toBe(LbErrno.badOperation);
  expect(desk.operate(Uint8Array.of(ControlOperation.fresh, 0)).status).toBe(0);
  expect(desk.usedBytes()).toBe(0);
});

test("ids that there are none of, and positions behind the last", () => {
  const desk = new Desk(lbTiny);
  desk.run(makers[2][1]("g"));
  const operations: readonly Operation[] = [
    { op: "bucket_get", id: "g" }, { op: "bucket_allow", id: "g", tick: 1 }, { op: "session_count", id: "g" }, { op: "session_get", id: "g", session: "s" },
    { op: "group_dump", id: "x" }, { op: "group_select", id: "x" }, { op: "group_install", id: "x" }, { op: "group_patch", id: "g", index: 1, healthy: true },
  ];
  const answers = operations.map((operation) => desk.run(operation));
  expect(answers).toEqual(operations.map(() => ({ err: "notFound" })));
});
