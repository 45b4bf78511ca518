/** Goal: the table of system calls says of each call, and of no other, what the code says. A call added to the kernel fails here until it has its row. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EndpointRight, Right } from "../../kernel/capability.ts";
import { ProcessContext } from "../../kernel/context.ts";
import { Cost } from "../../kernel/costs.ts";
import { Errno } from "../../kernel/errno.ts";
import { FaultCode } from "../../kernel/fault.ts";
import type { ArgumentKind } from "../../kernel/system-calls.ts";
import { SYSTEM_CALLS, UPSTREAM_ELSEWHERE } from "../../kernel/system-calls.ts";
import { callsPage } from "../../sim/abi/calls-page.ts";
import { findUnfrozen } from "../house/frozen.ts";
import { UPDATE } from "../house/golden.ts";
import { extendedBy, hiddenMethods, methodNames, methodsOf } from "./declared-calls.ts";

const PAGE = new URL("../../kernel/SYSCALLS.md", import.meta.url);
/** Where the interfaces are declared that Context extends. */
const EXTENDED: Readonly<Record<string, string>> = { Heap: "kernel/heap.ts", CapabilityContext: "kernel/capability/service-calls.ts", MemoryContext: "kernel/memory/service-calls.ts", CollectionContext: "kernel/ipc/service-calls.ts" };
const declared = [...methodsOf("kernel/service.ts", "Context"), ...Object.entries(EXTENDED).flatMap(([name, path]) => methodsOf(path, name))];
const byName = new Map(SYSTEM_CALLS.map((call) => [call.name as string, call]));

/** What the types of the interface are called in the table. */
const KINDS: Readonly<Record<string, ArgumentKind>> = {
  number: "number",
  'Address<"SmallMessage">': "number",
  'Grant<"endpoint">': "endpoint",
  RegionGrant: "region",
  'Grant<"region:read">': "region",
  'Grant<"region:write">': "region:write",
  BufferGrant: "pool",
  'Grant<"buffers:write">': "pool:write",
  'Grant<"device">': "device",
  'Grant<"interrupt">': "interrupt",
  'Grant<"timer">': "timer",
  'Grant<"process">': "process",
  'Grant<"channel:send">': "channel:send",
  'Grant<"channel:receive">': "channel:receive",
  Grant: "any",
};

function kindOf(name: string, type: string): ArgumentKind | string {
  return type === "Grant" && name === "target" ? "target" : (KINDS[type] ?? `type ${type}`);
}

test("each interface of a context is looked into", () => {
  expect(extendedBy("kernel/service.ts", "Context")).toEqual(Object.keys(EXTENDED));
});

test("each call of service.ts has one row, in the same words", () => {
  expect(SYSTEM_CALLS.map(({ name }) => name as string).sort()).toEqual(declared.map(({ name }) => name).sort());
  const stated = SYSTEM_CALLS.map((call) => [call.name, call.arguments.map(({ name, kind, optional }) => ({ name, kind, optional }))]);
  const written = new Map(declared.map((call) => [call.name, call.arguments.map(({ name, type, optional }) => ({ name, kind: kindOf(name, type), optional }))]));
  expect(stated).toEqual(SYSTEM_CALLS.map(({ name }) => [name, written.get(name)]));
});

test("a process has these calls and no others", () => {
  const hidden = hiddenMethods("kernel/context");
  expect(hidden.size).toBeGreaterThan(0);
  expect(methodNames(ProcessContext.prototype).filter((name) => !hidden.has(name)).sort()).toEqual([...byName.keys()].sort());
});

test("numbers are given once: VeridianOS's where it has the call, ours from 2048 on", () => {
  const numbers = [...SYSTEM_CALLS, ...UPSTREAM_ELSEWHERE].map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const call of SYSTEM_CALLS) if (call.number < 2048) expect(call.upstream, call.name).not.toBe("");
  // Facts of VeridianOS v0.25.2, syscall/mod.rs.
  const upstream = { ipc_send: 0, ipc_receive: 1, ipc_call: 2, ipc_reply: 3, ipc_create_endpoint: 4, ipc_bind_endpoint: 5, ipc_share_memory: 6, ipc_map_memory: 7, process_yield: 10, process_exit: 11, process_set_priority: 17, memory_map: 20, memory_unmap: 21, capability_grant: 30, capability_revoke: 31, time_get_uptime: 100, time_create_timer: 101, time_cancel_timer: 102 };
  const known = new Map(Object.entries(upstream));
  for (const { number, upstream: name } of [...SYSTEM_CALLS.filter((call) => call.number < 2048), ...UPSTREAM_ELSEWHERE]) expect(known.get(name), name).toBe(number);
  for (const { upstream: name } of SYSTEM_CALLS) if (name !== "") expect(known.has(name), name).toBe(true);
});

test("whoever takes a grant says which right it must carry; who takes none asks for none", () => {
  const names = new Set([...Object.keys(Right), ...Object.keys(EndpointRight), "any"]);
  for (const { name, arguments: list, right } of SYSTEM_CALLS) {
    const grants = list.filter(({ kind }) => kind !== "number" && kind !== "target").length;
    const rights = right === "" ? [] : right.split(", ");
    expect([name, rights.length], name).toEqual([name, grants]);
    for (const one of rights) expect(names.has(one), `${name}: ${one}`).toBe(true);
  }
});

/** Costs of the kernel's own work, which no call asks for, or which come on top. */
const NO_CALL = ["dispatch", "refused", "interrupt", "tick", "timerFired"];

test("each cost is some call's, or the kernel's own work", () => {
  const used = SYSTEM_CALLS.flatMap(({ cost, more }) => (more?.cost === undefined ? cost : [...cost, more.cost]));
  expect([...new Set([...used, ...NO_CALL])].sort()).toEqual(Object.keys(Cost).sort());
});

test("each error is some call's", () => {
  const used = SYSTEM_CALLS.flatMap(({ errors }) => errors);
  const missing = Object.keys(Errno).filter((name) => name !== "ok" && !used.includes(name as never));
  expect(missing).toEqual([]);
});

test("each fault is some call's, may be any call's, or comes of the service's own code", () => {
  const used = SYSTEM_CALLS.flatMap(({ faults }) => faults);
  expect(Object.keys(FaultCode).filter((name) => !["none", "cycleBudget", "crash", "exception", ...used].includes(name))).toEqual([]);
});

test("the table is fixed", () => {
  expect(findUnfrozen("SYSTEM_CALLS", SYSTEM_CALLS, false)).toEqual([]);
  expect(findUnfrozen("UPSTREAM_ELSEWHERE", UPSTREAM_ELSEWHERE, false)).toEqual([]);
});

test("kernel/SYSCALLS.md is what the table gives (UPDATE_GOLDEN=1 writes it anew)", () => {
  if (UPDATE) writeFileSync(PAGE, callsPage());
  expect(existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "").toBe(callsPage());
});

describe("reading the source", () => {
  test("finds methods with their arguments, and those that are hidden", () => {
    expect(byName.size).toBeGreaterThan(30);
    const send = declared.find(({ name }) => name === "send")!;
    expect(send.arguments.slice(0, 3)).toEqual([
      { name: "to", type: 'Grant<"endpoint">', optional: false },
      { name: "opcode", type: "number", optional: false },
      { name: "data0", type: "number", optional: true },
    ]);
    expect(hiddenMethods("kernel/context").has("cross")).toBe(true);
    expect(() => methodsOf("kernel/heap.ts", "Context")).toThrow("no interface Context");
  });

  test("a class's methods, inherited ones too", () => {
    class Base {
      one(): void {}
    }
    class Derived extends Base {
      two(): void {}
    }
    expect(methodNames(Derived.prototype).sort()).toEqual(["one", "two"]);
  });
});
