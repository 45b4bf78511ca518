/** The strict operations: what each does once, and that whatever is not one of them is refused and changes nothing. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { ControlOperation, LbErrno } from "../../../../services/lb/control.ts";
import { lbStandard } from "../../../../services/limits.ts";
import type { Operation } from "../../../../sim/conform/script.ts";
import { OperandWriter } from "../../../../sim/operands.ts";
import type { Ask } from "../../../../sim/strict-balancer.ts";
import { admitted, advance, close, memberAdd, memberDrain, memberHealth, memberRemove, open, probeResult, probes, report } from "../../../../sim/strict-balancer.ts";
import { configure } from "../configuring.ts";
import { Desk } from "../desk.ts";

const TEXT = `semantics=strict
group=app:rr
member=app:10.0.0.1:80
member=app:10.0.0.2:80
backend_max_connections=app:1
max_pending=app:2:50
retry_budget=app:100:1
health=app:10:5:0
default=app
vip=10.9.9.9:443:lc
backend=10.9.9.9:443:10.0.1.1:443
`;

function furnished(limits = lbStandard): { desk: Desk; ask: Ask } {
  const desk = new Desk(limits);
  expect(configure(desk, TEXT).status).toBe(Errno.ok);
  return { desk, ask: (operands) => desk.operate(operands) };
}

const client = { client: "10.1.1.1", path: "/" };
const first = { group: "app", address: "10.0.0.1", port: 80 };

describe("requests", () => {
  test("open, wait in order, are told when they are let in, and end", () => {
    const { ask } = furnished();
    const one = open(ask, client, 1);
    const two = open(ask, client, 1);
    expect([one.routed?.address, two.routed?.address]).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect([open(ask, client, 2), open(ask, client, 2)].map(({ ticket }) => ticket)).toEqual([1, 2]);
    expect(open(ask, client, 2).status).toBe(LbErrno.overloaded);
    expect(admitted(ask, 10)).toEqual([]);
    expect(close(ask, one.routed?.connection ?? 0, "finished", 5000, 3)).toEqual({ status: Errno.ok, routed: null });
    expect(admitted(ask, 10)).toMatchObject([{ ticket: 1, outcome: "routed", routed: { address: "10.0.0.1", port: 80, group: "app" } }]);
    expect(advance(ask, 52)).toBe(Errno.ok);
    expect(admitted(ask, 10)).toEqual([{ ticket: 2, outcome: "Overloaded", routed: null }]);
  });

  test("that failed are tried elsewhere within the budget", () => {
    const { ask } = furnished();
    const one = open(ask, client, 1).routed?.connection ?? 0;
    const again = close(ask, one, "retry", 10, 2);
    expect(again.routed?.address).toBe("10.0.0.2");
    expect(close(ask, one, "finished", 10, 2).status).toBe(LbErrno.connectionNotFound);
    expect(report(ask, "app", 3)).toMatchObject({ retries: 1, retried: 1, connections: 1 });
  });
});

describe("members", () => {
  test("come, fall ill, drain and go, each alone", () => {
    const { ask } = furnished();
    expect(memberAdd(ask, { ...first, port: 81 }, 3, 1).status).toBe(Errno.ok);
    expect(memberAdd(ask, first, 1, 1).status).toBe(LbErrno.backendAlreadyExists);
    expect(memberHealth(ask, first, false, 1)).toBe(Errno.ok);
    expect(report(ask, "app", 1)?.members.map(({ port, available }) => [port, available])).toEqual([[80, false], [80, true], [81, true]]);
    const held = open(ask, client, 1);
    expect(held.routed?.address).toBe("10.0.0.2");
    expect(memberDrain(ask, { ...first, address: "10.0.0.2" }, 100, 1)).toBe(Errno.ok);
    expect(report(ask, "app", 1)?.members).toHaveLength(3);
    expect(close(ask, held.routed?.connection ?? 0, "finished", 1, 2).status).toBe(Errno.ok);
    expect(report(ask, "app", 2)?.members.map(({ address, port }) => `${address}:${port}`)).toEqual(["10.0.0.1:80", "10.0.0.1:81"]);
    expect(memberRemove(ask, first, 3)).toBe(Errno.ok);
    expect(memberRemove(ask, first, 3)).toBe(LbErrno.backendNotFound);
    expect(memberRemove(ask, { ...first, group: "nobody" }, 3)).toBe(LbErrno.backendGroupNotFound);
    expect(report(ask, "nobody", 3)).toBeNull();
  });

  test("of a virtual IP are reached by its key", () => {
    const { ask } = furnished();
    expect(report(ask, "10.9.9.9:443", 1)?.members.map(({ address }) => address)).toEqual(["10.0.1.1"]);
    expect(memberAdd(ask, { group: "10.9.9.9:443", address: "10.0.1.2", port: 443 }, 1, 1).status).toBe(Errno.ok);
    for (const key of ["10.9.9.9:0443", "10.9.9.9:", "10.9.9.9", ":443", "10.9.9.9:99999", "10.9.9.9:44x"]) expect(report(ask, key, 1)).toBeNull();
  });
});

test("probes are handed out once each, and their results counted", () => {
  const { ask } = furnished();
  const due = probes(ask, 10, 5);
  expect(due.map(({ group, address, port }) => `${group} ${address}:${port}`)).toEqual(["app 10.0.0.1:80", "app 10.0.0.2:80"]);
  expect(probes(ask, 10, 5)).toEqual([]);
  expect(probeResult(ask, due[0].handle, false, 6)).toBe(Errno.ok);
  expect(probeResult(ask, due[0].handle, false, 6)).toBe(LbErrno.backendNotFound);
  expect(probeResult(ask, 12345, true, 6)).toBe(LbErrno.backendNotFound);
});

describe("the two semantics keep to themselves", () => {
  const strict: readonly number[] = Array.from({ length: ControlOperation.report - ControlOperation.memberAdd + 1 }, (_, index) => ControlOperation.memberAdd + index);

  test.each(strict)("operation %i is refused under semantics=veridian", (operation) => {
    expect(new Desk().operate(Uint8Array.of(operation)).status).toBe(LbErrno.otherSemantics);
  });

  const backend = { address: "10.0.0.1", port: 80, weight: 1, healthy: true, active_connections: 0 };
  const seeds: readonly Operation[] = [
    { op: "add_group", name: "g", algorithm: "RoundRobin", backends: [] },
    { op: "add_rule", routes: [], default_backend: "g" },
    { op: "route", path: "/", host: "", headers: [] },
    { op: "add_vip", vip: "v", port: 1, algorithm: "Random" },
    { op: "remove_vip", vip: "10.9.9.9", port: 443 },
    { op: "add_backend", vip: "10.9.9.9", port: 443, backend },
    { op: "remove_backend", vip: "10.9.9.9", port: 443, address: "10.0.1.1" },
    { op: "set_health", vip: "10.9.9.9", port: 443, address: "10.0.1.1", healthy: false },
    { op: "select", vip: "10.9.9.9", port: 443, client_ip: 1 },
    { op: "health_check" },
  ];
  test.each(seeds.map((operation) => [operation.op, operation] as const))("%s is refused under semantics=strict, and nothing changes", (_, operation) => {
    const { desk } = furnished();
    const before = desk.remembered();
    expect(() => desk.run(operation)).not.toThrow();
    expect(desk.remembered()).toBe(before);
  });
});

describe("operands that make no sense", () => {
  const member = (operation: number): OperandWriter => new OperandWriter().u8(operation).text("app").text("10.0.0.1").u16(80);
  const valid: readonly (readonly [string, Uint8Array])[] = [
    ["memberAdd", new OperandWriter().u8(ControlOperation.memberAdd).text("app").text("10.0.0.9").u16(80).u32(1).u8(1).u32(0).u64(1).bytes()],
    ["memberRemove", member(ControlOperation.memberRemove).u64(1).bytes()],
    ["memberHealth", member(ControlOperation.memberHealth).u8(0).u64(1).bytes()],
    ["memberDrain", member(ControlOperation.memberDrain).u64(9).u64(1).bytes()],
    ["open", new OperandWriter().u8(ControlOperation.open).text("10.1.1.1").text("GET").text("/").text("h").u16(1).text("a").text("b").u64(1).bytes()],
    ["close", new OperandWriter().u8(ControlOperation.close).u32(1).u8(0).u64(1).u64(1).bytes()],
    ["advance", new OperandWriter().u8(ControlOperation.advance).u64(1).bytes()],
    ["admitted", new OperandWriter().u8(ControlOperation.admitted).u16(1).bytes()],
    ["probes", new OperandWriter().u8(ControlOperation.probes).u16(1).u64(1).bytes()],
    ["probeResult", new OperandWriter().u8(ControlOperation.probeResult).u32(1).u8(1).u64(1).bytes()],
    ["report", new OperandWriter().u8(ControlOperation.report).text("app").u64(1).bytes()],
  ];

  test.each(valid)("%s is refused when it is cut anywhere, or has a byte too many, and nothing changes", (_, operands) => {
    const { desk } = furnished();
    const before = desk.remembered();
    const used = desk.usedBytes();
    for (let bytes = 1; bytes < operands.length; bytes++) expect(desk.operate(operands.subarray(0, bytes)).status).toBe(LbErrno.badOperation);
    expect(desk.operate(Uint8Array.of(...operands, 0)).status).toBe(LbErrno.badOperation);
    expect(desk.remembered()).toBe(before);
    expect(desk.usedBytes()).toBe(used);
    desk.check();
  });

  test("ends, results and health that are none", () => {
    const { desk, ask } = furnished();
    const before = desk.remembered();
    expect(ask(new OperandWriter().u8(ControlOperation.close).u32(1).u8(3).u64(1).u64(1).bytes()).status).toBe(LbErrno.badOperation);
    expect(ask(new OperandWriter().u8(ControlOperation.probeResult).u32(1).u8(2).u64(1).bytes()).status).toBe(LbErrno.badOperation);
    expect(ask(member(ControlOperation.memberHealth).u8(2).u64(1).bytes()).status).toBe(LbErrno.badOperation);
    expect(desk.remembered()).toBe(before);
  });

  test("names longer than any that is kept", () => {
    const { desk, ask } = furnished();
    const long = "x".repeat(lbStandard.textBytesMax + 1);
    const used = desk.usedBytes();
    expect(memberAdd(ask, { ...first, address: long }, 1, 1).status).toBe(Errno.messageTooLarge);
    expect(memberAdd(ask, { ...first, group: long }, 1, 1).status).toBe(LbErrno.backendGroupNotFound);
    expect(memberAdd(ask, { ...first, port: 0 }, 1, 1).status).toBe(Errno.invalidArgument);
    expect(memberAdd(ask, { ...first, port: 1 }, 1001, 1).status).toBe(Errno.invalidArgument);
    expect(desk.usedBytes()).toBe(used);
  });

  test("whatever bytes come, the arena stays whole, and a fresh balancer gives all memory back", () => {
    const desk = new Desk();
    const empty = desk.usedBytes();
    const strict = fc.tuple(fc.integer({ min: ControlOperation.memberAdd, max: 60 }), fc.uint8Array({ maxLength: 80 })).map(([operation, rest]) => Uint8Array.of(operation, ...rest));
    const mutated = fc.tuple(fc.nat(valid.length - 1), fc.nat(200), fc.nat(255)).map(([index, at, byte]) => {
      const bytes = valid[index][1].slice();
      bytes[1 + (at % (bytes.length - 1))] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(strict, mutated), { maxLength: 30 }), (sequence) => {
        expect(configure(desk, TEXT).status).toBe(Errno.ok);
        for (const operands of sequence) desk.operate(operands);
        desk.check();
        desk.operate(Uint8Array.of(ControlOperation.fresh));
        expect(desk.usedBytes()).toBe(empty);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

test("an answer for which there is no room is refused before anything is chosen", () => {
  const { desk } = furnished();
  const operands = new OperandWriter().u8(ControlOperation.open).text("10.1.1.1").text("GET").text("/").text("").u16(0).u64(1).bytes();
  const before = desk.remembered();
  expect(desk.operate(operands, 64).status).toBe(Errno.messageTooLarge);
  expect(desk.remembered()).toBe(before);
});
