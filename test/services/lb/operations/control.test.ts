/** Operations that are not what they claim to be: refused, and nothing changed. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { ControlOperation, LbErrno } from "../../../../services/lb/control.ts";
import { lbTiny } from "../../../../services/limits.ts";
import { encodeOperation } from "../../../../sim/conform/encode.ts";
import type { Operation } from "../../../../sim/conform/script.ts";
import { OperandReader, OperandWriter } from "../../../../sim/operands.ts";
import { Desk } from "../desk.ts";

const backend = { address: "10.0.0.1", port: 80, weight: 1, healthy: true, active_connections: 0 };
const group = { op: "add_group", name: "g", algorithm: "RoundRobin", backends: [backend, backend] } as const satisfies Operation;
const rule = { op: "add_rule", routes: [{ path_prefix: "/", host: "h", headers: [["a", "b"]], backend_group: "g" }], default_backend: "g" } as const satisfies Operation;

const valid: readonly (readonly [string, Uint8Array])[] = [
  ...([
    { op: "new" },
    group,
    rule,
    { op: "route", path: "/", host: "h", headers: [["a", "b"], ["c", "d"]] },
    { op: "set_defaults", rps: 1, burst: 2 },
    { op: "rate", client: "c", tick: 7 },
    { op: "sticky_set", session: "s", index: 1 },
    { op: "sticky_get", session: "s" },
    { op: "counts" },
    { op: "dump_group", name: "g" },
    { op: "parse", text: "vip=a:1:rr" },
    { op: "add_vip", vip: "w", port: 65535, algorithm: "Random" },
    { op: "remove_vip", vip: "v", port: 80 },
    { op: "add_backend", vip: "v", port: 80, backend },
    { op: "remove_backend", vip: "v", port: 80, address: "10.0.0.1" },
    { op: "set_health", vip: "v", port: 80, address: "10.0.0.1", healthy: false },
    { op: "select", vip: "v", port: 80, client_ip: 7 },
    { op: "health_check" },
    { op: "get_vip", vip: "v", port: 80 },
    { op: "dump" },
    { op: "bucket_new", id: "q", rps: 1, burst: 2 },
    { op: "bucket_allow", id: "p", tick: 1 },
    { op: "bucket_get", id: "p" },
    { op: "session_new", id: "q", cookie_name: "c" },
    { op: "session_set", id: "p", session: "s", index: 1 },
    { op: "session_get", id: "p", session: "s" },
    { op: "session_remove", id: "p", session: "s" },
    { op: "session_count", id: "p" },
    { ...group, op: "group_new", id: "q" },
    { op: "group_push", id: "p", backend },
    { op: "group_patch", id: "p", index: 1, healthy: false, active_connections: 3 },
    { op: "group_set_algorithm", id: "p", algorithm: "Random" },
    { op: "group_select", id: "p" },
    { op: "group_dump", id: "p" },
    { op: "group_install", id: "p" },
    { op: "route_matches", route: rule.routes[0], path: "/", host: "h", headers: [["a", "b"]] },
  ] as const satisfies readonly Operation[]).map((operation) => [operation.op, encodeOperation(operation)] as const),
  ["configure", new OperandWriter().u8(ControlOperation.configure).text("group=a:rr").bytes()],
  ["listGroups", new OperandWriter().u8(ControlOperation.listGroups).bytes()],
];

const furniture = [
  { op: "add_vip", vip: "v", port: 80, algorithm: "RoundRobin" },
  { op: "add_backend", vip: "v", port: 80, backend },
  { op: "bucket_new", id: "p", rps: 1, burst: 2 },
  { op: "session_new", id: "p", cookie_name: "c" },
  { op: "session_set", id: "p", session: "s", index: 4 },
  { ...group, op: "group_new", id: "p" },
] as const satisfies readonly Operation[];

function furnished(limits = lbTiny): Desk {
  const desk = new Desk(limits);
  for (const operation of [group, rule, { op: "rate", client: "c", tick: 5 }, { op: "sticky_set", session: "s", index: 3 }] as const) expect(desk.run(operation)).toEqual({ ok: null });
  for (const operation of furniture) expect(desk.run(operation)).toEqual({ ok: null });
  return desk;
}

function expectRefused(desk: Desk, operands: Uint8Array, status: number = LbErrno.badOperation): void {
  const remembered = desk.remembered();
  const used = desk.usedBytes();
  expect(desk.operate(operands)).toEqual({ status, payload: new Uint8Array(0) });
  expect(desk.remembered()).toBe(remembered);
  expect(desk.usedBytes()).toBe(used);
}

describe.each(valid)("%s", (_name, operands) => {
  test("is taken as it is", () => {
    expect(furnished().operate(operands).status).toBe(0);
  });

  test("is refused when it is cut anywhere, or has a byte too many", () => {
    const desk = furnished();
    // What `fresh` says besides may be missing.
    for (let bytes = operands[0] === ControlOperation.fresh ? 2 : 1; bytes < operands.length; bytes++) expectRefused(desk, operands.slice(0, bytes));
    expectRefused(desk, Uint8Array.of(...operands, 0));
  });
});

describe("operands that make no sense", () => {
  const desk = furnished();

  test.each([0, 54, 100, 255])("there is no operation %i", (operation) => {
    expectRefused(desk, Uint8Array.of(operation));
    expectRefused(desk, new OperandWriter().u8(operation).text("x").bytes());
  });

  test("an algorithm that there is none of", () => {
    const operands = (algorithm: number): Uint8Array => new OperandWriter().u8(ControlOperation.addGroup).text("n").u8(algorithm).u16(0).bytes();
    expectRefused(desk, operands(5));
    expectRefused(desk, operands(255));
    expect(furnished().operate(operands(4)).status).toBe(0);
  });

  test("a backend that is neither healthy nor not", () => {
    expectRefused(desk, new OperandWriter().u8(ControlOperation.addGroup).text("n").u8(0).u16(1).text("a").u16(1).u32(1).u8(2).u32(0).bytes());
  });

  test("counts and lengths beyond the operation", () => {
    expectRefused(desk, new OperandWriter().u8(ControlOperation.addGroup).text("n").u8(0).u16(0xffff).bytes());
    expectRefused(desk, new OperandWriter().u8(ControlOperation.addRule).text("").u16(0xffff).text("/").text("").u16(0xffff).bytes());
    expectRefused(desk, new OperandWriter().u8(ControlOperation.dumpGroup).u32(0xffff_ffff).bytes());
    expectRefused(desk, new OperandWriter().u8(ControlOperation.rate).text("c").u32(0).u32(0x20_0000).bytes());
  });
});

test("whatever bytes come, the arena stays whole and a fresh balancer gives all memory back", () => {
  const operations = fc.array(fc.tuple(fc.integer({ min: 1, max: 38 }), fc.array(fc.oneof(fc.constantFrom(0, 0, 1, 2, 5), fc.nat(255)), { maxLength: 40 })), { maxLength: 30 });
  fc.assert(
    fc.property(operations, (list) => {
      const desk = furnished();
      for (const [operation, bytes] of list) {
        const { status } = desk.operate(Uint8Array.of(operation, ...bytes));
        expect(status <= 0).toBe(true);
      }
      desk.check();
      desk.operate(Uint8Array.of(ControlOperation.fresh));
      expect(desk.usedBytes()).toBe(0);
    }),
    { seed: 1, numRuns: 500 },
  );
});

describe("an answer for which there is no room", () => {
  test("is refused; a route is not even chosen", () => {
    const desk = furnished();
    const route = encodeOperation({ op: "route", path: "/", host: "h", headers: [["a", "b"]] });
    expect(desk.operate(route, lbTiny.textBytesMax + 5).status).toBe(Errno.messageTooLarge);
    const dump = encodeOperation({ op: "dump_group", name: "g" });
    const dumped = (): Uint8Array => desk.operate(dump).payload;
    expect(new OperandReader(dumped().slice(-8)).u64()).toBe(0);
    expect(desk.operate(dump, dumped().length - 1)).toEqual({ status: Errno.messageTooLarge, payload: new Uint8Array(0) });
    expect(desk.operate(dump, dumped().length).status).toBe(0);
    expect(desk.operate(route, lbTiny.textBytesMax + 6).status).toBe(0);
  });

  test("of a text that is parsed: nothing of it is given", () => {
    const desk = furnished();
    const parse = encodeOperation({ op: "parse", text: "vip=a:1:rr\nroute=/::g\n" });
    const { length } = desk.operate(parse).payload;
    for (let room = 0; room < length; room++) expect(desk.operate(parse, room)).toEqual({ status: Errno.messageTooLarge, payload: new Uint8Array(0) });
    expect(desk.operate(parse, length).status).toBe(0);
  });
});

test("groups are listed in order of creation", () => {
  const desk = new Desk();
  for (const name of ["b", "a", "", "c", "a"]) desk.run({ ...group, name });
  const reader = new OperandReader(desk.operate(new OperandWriter().u8(ControlOperation.listGroups).bytes()).payload);
  expect(Array.from({ length: reader.u16() }, () => reader.text())).toEqual(["b", "a", "", "c"]);
  expect(reader.done).toBe(true);
});
