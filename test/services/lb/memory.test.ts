/** What happens when memory ends: at every allocation of every operation in turn, nothing has changed and nothing is lost. */

import { describe, expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { ControlOperation } from "../../../services/lb/control.ts";
import { encodeOperation } from "../../../sim/conform/encode.ts";
import type { Operation } from "../../../sim/conform/script.ts";
import { OperandWriter } from "../../../sim/operands.ts";
import { Desk } from "./desk.ts";

const backends = (count: number) => Array.from({ length: count }, (_, i) => ({ address: `backend ${i} with a long name`, port: i, weight: i, healthy: i % 3 > 0, active_connections: i }));
const routes = (count: number) => Array.from({ length: count }, (_, i) => ({ path_prefix: `/${i}/`, host: `host ${i}`, headers: [["a", `${i}`], ["b", "2"], ["a", "3"]] as const, backend_group: `group ${i % 3}` }));

const group = (name: string, count: number): Operation => ({ op: "add_group", name, algorithm: "RoundRobin", backends: backends(count) });
const furnish: readonly Operation[] = [
  group("group 0", 3),
  { op: "add_rule", routes: routes(2), default_backend: "group 1" },
  { op: "rate", client: "10.0.0.1", tick: 5 },
  { op: "sticky_set", session: "s", index: 5 },
];

const configuration = [
  "rate_limit_rps=7", "group=app:rr", "member=app:10.0.0.1:80", "member=app:[2001:db8::1]:80:3", "member=app:backend.example:80", "group=api:lc", "member=api:10.0.0.2:81",
  "route=/api/:api.example:api", "route=/::app", "default=app", "rule=", "route=/late::api", "rule=", "default=api", "vip=1.2.3.4:80:rr",
].join("\n");
const configure = (text: string): Uint8Array => new OperandWriter().u8(ControlOperation.configure).text(text).bytes();

const operations: readonly (readonly [string, Uint8Array])[] = [
  ["add_group", encodeOperation(group("group 1", 9))],
  ["add_group, replacing", encodeOperation(group("group 0", 9))],
  ["add_rule", encodeOperation({ op: "add_rule", routes: routes(9), default_backend: "group 0" })],
  ["rate, a new client", encodeOperation({ op: "rate", client: "10.0.0.2", tick: 5 })],
  ["rate, a client with a long key", encodeOperation({ op: "rate", client: "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1234", tick: 5 })],
  ["sticky_set, a new session", encodeOperation({ op: "sticky_set", session: "a session whose key lies in a block of its own", index: 6 })],
  ["bucket_new", encodeOperation({ op: "bucket_new", id: "an id that lies in a block of its own", rps: 1, burst: 2 })],
  ["session_new", encodeOperation({ op: "session_new", id: "p", cookie_name: "a cookie's name" })],
  ["group_new", encodeOperation({ ...group("group 1", 9), op: "group_new", id: "p" } as Operation)],
  ["route_matches", encodeOperation({ op: "route_matches", route: routes(1)[0], path: "/0/", host: "host 0", headers: [["a", "3"], ["b", "2"]] })],
  ["configure", configure(configuration)],
  ["configure, refused", configure(`${configuration}\nmember=nobody:10.0.0.1:80`)],
];

describe.each([
  ["an empty balancer", []],
  ["a furnished balancer", furnish],
] as const)("%s", (_name, before) => {
  test.each(operations)("%s: memory may end anywhere", (_operation, operands) => {
    const make = (): Desk => {
      const desk = new Desk();
      for (const operation of before) expect(desk.run(operation)).toHaveProperty("ok");
      return desk;
    };
    const whole = make().operate(operands);
    let steps = 0;
    for (;;) {
      const desk = make();
      const remembered = desk.remembered();
      const used = desk.usedBytes();
      desk.allocationsLeft = steps;
      const answer = desk.operate(operands);
      if (answer.status === whole.status && desk.allocationsLeft > 0) break;
      // A list or map that cannot double may still find room for one more: then the operation goes through.
      if (answer.status !== whole.status) {
        expect(answer.status).toBe(Errno.outOfMemory);
        expect(answer.payload.length).toBe(0);
        expect(desk.remembered()).toBe(remembered);
        expect(desk.usedBytes()).toBe(used);
      }
      desk.check();
      desk.allocationsLeft = Infinity;
      expect(desk.operate(operands)).toEqual(whole);
      expect(desk.operate(Uint8Array.of(ControlOperation.fresh)).status).toBe(0);
      expect(desk.usedBytes()).toBe(0);
      steps += 1;
    }
    // Finding a client that is there, or replacing nothing, takes no memory; all these take some.
    if (!(before.length > 0 && _operation === "rate, a new client")) expect(steps).toBeGreaterThan(0);
  });
});

test("fresh needs no memory, and gives all of it back", () => {
  const desk = new Desk();
  for (const operation of furnish) desk.run(operation);
  desk.operate(configure(configuration));
  desk.allocationsLeft = 0;
  expect(desk.run({ op: "new" })).toEqual({ ok: null });
  expect(desk.usedBytes()).toBe(0);
});

test("a real arena that is too small refuses, and works on within what it has", () => {
  const desk = new Desk(undefined, 4096);
  let added = 0;
  while (added < 1000 && "ok" in desk.run(group(`group ${added}`, 4))) added++;
  expect(added).toBeGreaterThan(0);
  expect(added).toBeLessThan(20);
  expect(desk.run({ op: "counts" })).toEqual({ ok: { backend_groups: added, rules: 0 } });
  for (let i = 0; i < added; i++) expect((desk.run({ op: "dump_group", name: `group ${i}` }) as { ok: { backends: unknown[] } }).ok.backends.length).toBe(4);
  desk.check();
  desk.run({ op: "new" });
  expect(desk.usedBytes()).toBe(0);
  expect(desk.run(group("again", 4))).toEqual({ ok: null });
});
