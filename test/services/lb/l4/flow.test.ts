/** Questions about flows to virtual IPs, as net asks them, and the decisions that come back. */

import { beforeEach, describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { MessageFlag, MessageHeader } from "../../../../kernel/message.ts";
import { ConnectionEnd, FlowMessage, LbOpcode, Outcome, VipEntry, VipTableHeader } from "../../../../services/lb/api.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import type { BalancerAddress } from "../../../../services/lb/balancer.ts";
import { ConnectionTable } from "../../../../services/lb/connection/records.ts";
import { clientNumber } from "../../../../services/lb/l4/flow.ts";
import { vipEntryAt, vipTableRoom } from "../../../../services/lb/vips-api.ts";
import { runOperation } from "../../../../sim/conform/run-script.ts";
import type { Operation } from "../../../../sim/conform/script.ts";
import { Desk } from "../desk.ts";
import type { Decision, NetContext } from "../stand-in-net.ts";
import { Stage } from "../stand-in-net.ts";

const NONE = 0xffff;
const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const done = { ok: null };

const addVip = (vip: string, algorithm: string, port = 80): Operation => ({ op: "add_vip", vip, port, algorithm });
const addBackend = (vip: string, address: string, weight = 1): Operation => ({ op: "add_backend", vip, port: 80, backend: { address, port: 8080, weight, healthy: true, active_connections: 0 } });
const VIP = "10.20.0.2";
const SIX = "fd00::80";

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});

const operate = (...operations: readonly Operation[]): void => operations.forEach((operation) => expect(runOperation(stage.world, operation)).toEqual(done));

/** The table of virtual IPs as net sees it. */
function table(): { at: Address<"VipTableHeader">; version: number; count: number } {
  const at = stage.machine.parts.find((part) => part.name === "region.vips")!.base as Address<"VipTableHeader">;
  const { version, count } = VipTableHeader.view(stage.machine.ram, at);
  return { at, version, count };
}

type Question = { source?: readonly number[] } & Readonly<Record<"vip" | "vipsVersion" | "family" | "requestId", number>>;

const question = (source: readonly number[], more: Partial<Question> = {}): Question => ({ source, requestId: 7, vip: 0, vipsVersion: table().version, family: source.length === 4 ? 4 : 6, ...more });

function ask(...questions: readonly Question[]): Decision[] {
  return stage.play((context: NetContext) => {
    for (const { source = [], ...fields } of questions) {
      const at = context.outgoing as number as Address<"FlowMessage">;
      context.memory.fill(at, FlowMessage.size, 0);
      MessageHeader.opcode.set(context.memory, FlowMessage.header.at(at), LbOpcode.flow);
      Object.assign(FlowMessage.view(context.memory, at), fields);
      context.memory.u8.set(source, FlowMessage.source.at(at));
      context.sendMessage(context.needs.balancer, context.outgoing);
    }
  });
}

const address = (decisions: readonly Decision[]): string[] => decisions.map((decision) => decision.address.slice(0, 4).join("."));

describe("a decision", () => {
  test("names the backend, and the position of the virtual IP among all", () => {
    operate(addVip("a.example", "RoundRobin"), addVip(VIP, "RoundRobin"), addVip(SIX, "RoundRobin"), addBackend(VIP, "10.30.0.1"), addBackend(SIX, "fd00::9"), addBackend(VIP, "name"));
    expect(table()).toMatchObject({ count: 2 });
    const six = [0xfd, ...zeros(14), 1];
    const common = { requestId: 7, outcome: Outcome.routed, opcode: LbOpcode.flow, flags: MessageFlag.urgent };
    const four = VipEntry.view(stage.machine.ram, vipEntryAt(table().at, 0)).family === 4 ? 0 : 1;
    expect(ask(question([1, 2, 3, 4], { vip: four }), question(six, { vip: 1 - four, requestId: 9 }), question([1, 2, 3, 4], { vip: four }))).toEqual([
      { ...common, group: 0, backend: 0, family: 4, port: 8080, address: [10, 30, 0, 1, ...zeros(12)] },
      { ...common, requestId: 9, group: 2, backend: 0, family: 6, port: 8080, address: [0xfd, ...zeros(14), 9] },
      { ...common, group: 0, backend: 0, family: 4, port: 8080, address: [10, 30, 0, 1, ...zeros(12)] },
    ]);
    expect(stage.inspect()).toMatchObject({ flowsRouted: 3, flowsRefused: 0, routed: 0 });
  });

  test("of a refusal names no backend", () => {
    operate(addVip(VIP, "RoundRobin"));
    expect(ask(question([1, 2, 3, 4]))).toMatchObject([{ outcome: Outcome.noHealthyBackend, group: 0, backend: NONE, family: 0, port: 0, address: zeros(16) }]);
    expect(stage.inspect()).toMatchObject({ flowsRouted: 0, flowsRefused: 1, noHealthyBackend: 0 });
  });
});

describe("the choice is the one that `select` makes", () => {
  test.each(["RoundRobin", "LeastConnections", "WeightedRoundRobin", "Random", "IpHash"])("%s", (algorithm) => {
    const operations = [addVip(VIP, algorithm), addVip("10.20.0.3", algorithm), ...[1, 2, 3, 4].map((i) => addBackend(VIP, `10.30.0.${i}`, i)), ...[5, 6].map((i) => addBackend("10.20.0.3", `10.30.0.${i}`, 7 - i))];
    operate(...operations);
    const desk = new Desk();
    for (const operation of operations) desk.run(operation);
    const vips = [VIP, "10.20.0.3"];
    for (let round = 0; round < 60; round++) {
      const source = [192, 168, round * 5, round * 31].map((byte) => byte & 255);
      const vip = round % 3 === 0 ? 1 : 0;
      const chosen = desk.run({ op: "select", vip: vips[vip], port: 80, client_ip: ((source[0] * 256 + source[1]) * 256 + source[2]) * 256 + source[3] }) as { ok: [string, number] };
      expect(address(ask(question(source, { vip })))).toEqual([chosen.ok[0]]);
    }
    const dump = (result: unknown) => result;
    expect(dump(runOperation(stage.world, { op: "dump" }))).toEqual(dump(desk.run({ op: "dump" })));
  });

  test("with the client's number: IPv4 as one big-endian number, of IPv6 the exclusive or of four", () => {
    const { memory } = new Desk();
    const number = (bytes: readonly number[]): number => {
      memory.u8.set(bytes, 64);
      return clientNumber(memory, 64, bytes.length === 4 ? 4 : 6);
    };
    expect(number([192, 168, 0, 1])).toBe(3_232_235_521);
    expect(number([255, 255, 255, 255])).toBe(0xffff_ffff);
    expect(number([0x20, 0x01, 0x0d, 0xb8, ...zeros(8), 0x80, 0, 0, 1])).toBe((0x2001_0db8 ^ 0x8000_0001) >>> 0);
    expect(number([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])).toBe((0x0102_0304 ^ 0x0506_0708 ^ 0x090a_0b0c ^ 0x0d0e_0f10) >>> 0);
  });
});

describe("the table changes", () => {
  test.each<readonly [string, Operation | string]>([
    ["a VIP is added", addVip("10.20.0.1", "RoundRobin")],
    ["a VIP is removed", { op: "remove_vip", vip: "10.20.0.9", port: 80 }],
    ["a fresh balancer", { op: "new" }],
    ["a configuration is loaded", "group=app:rr"],
  ])("when %s: a question with the table before is answered NoRouteMatch", (_what, change) => {
    operate(addVip(VIP, "RoundRobin"), addVip("10.20.0.9", "RoundRobin"), addBackend(VIP, "10.30.0.1"));
    const before = question([1, 2, 3, 4]);
    if (typeof change === "string") expect(stage.configure(change)).toBe(0);
    else operate(change);
    expect(table().version).toBe(before.vipsVersion + 1);
    expect(ask(before)).toMatchObject([{ outcome: Outcome.noRouteMatch, group: NONE, backend: NONE }]);
  });

  test("not when something else happens, or a change is refused", () => {
    operate(addVip(VIP, "RoundRobin"), addBackend(VIP, "10.30.0.1"));
    const { version } = table();
    expect(runOperation(stage.world, addVip(VIP, "RoundRobin"))).toMatchObject({ err: "VipAlreadyExists" });
    expect(stage.configure("nonsense=1\ngroup=")).toBeLessThan(0);
    operate(addBackend(VIP, "10.30.0.2"), { op: "set_health", vip: VIP, port: 80, address: "10.30.0.1", healthy: false });
    expect(table().version).toBe(version);
    expect(address(ask(question([1, 2, 3, 4])))).toEqual(["10.30.0.2"]);
  });
});

test("questions that make no sense reach nobody else's backend", () => {
  operate(addVip(VIP, "RoundRobin"), addBackend(VIP, "10.30.0.1"));
  const source = [1, 2, 3, 4];
  const nothing = { outcome: Outcome.noRouteMatch, group: NONE, backend: NONE };
  expect(ask(question(source, { vip: 1 }), question(source, { vip: 0xffff }), question(source, { vipsVersion: 0xffff_ffff }))).toMatchObject([nothing, nothing, nothing]);
  expect(ask(question(source, { family: 5 }), question(source, { family: 0 }))).toEqual([]);
  expect(stage.inspect()).toMatchObject({ badDescriptors: 2, flowsRouted: 0, flowsRefused: 3 });
});

test("a table with more VIPs than the region holds leaves the last ones out, and nothing else", () => {
  for (let i = 0; i < 180; i++) operate(addVip(`10.20.0.${i}`, "RoundRobin"));
  const { at, count } = table();
  const room = vipTableRoom(stage.machine.parts.find((part) => part.name === "region.vips")!.bytes);
  expect(count).toBe(room);
  const numbers = Array.from({ length: count }, (_, position) => VipEntry.view(stage.machine.ram, vipEntryAt(at, position)).number);
  expect(numbers.sort((one, other) => one - other)).toEqual(Array.from({ length: room }, (_, i) => i));
});

test("a decision for which net's endpoint has no room waits until there is some", () => {
  stage = new Stage({ decisionsQueue: 1 });
  operate(addVip(VIP, "RoundRobin"), addBackend(VIP, "10.30.0.1"));
  const { length } = ask(question([1, 2, 3, 4]), question([1, 2, 3, 5]), question([1, 2, 3, 6]));
  expect(stage.inspect()).toMatchObject({ flowsRouted: 3, undelivered: 0 });
  expect(length).toBe(3);
});

describe("under semantics=strict", () => {
  const two = (semantics: string): string => [`semantics=${semantics}`, ...["10.20.0.2", "10.20.0.3"].flatMap((vip) => [`vip=${vip}:80:rr`, `backend=${vip}:80:10.31.0.1:8080`, `backend=${vip}:80:10.31.0.2:8080`])].join("\n");
  const open = (): number => ConnectionTable.count.get(stage.machine.ram, Balancer.connections.at(stage.machine.parts.find((part) => part.name === "state.lb")!.base as BalancerAddress));

  test.each([["veridian", [6, 0]], ["strict", [3, 3]]])("%s: two virtual IPs asked in turn", (semantics, spread) => {
    expect(stage.configure(two(semantics))).toBe(0);
    const decisions = Array.from({ length: 6 }, () => ask(question([1, 2, 3, 4], { vip: 0 }), question([1, 2, 3, 4], { vip: 1 }))).flat();
    for (const vip of [0, 1]) expect(["10.31.0.1", "10.31.0.2"].map((backend) => address(decisions.filter(({ group }) => group === vip)).filter((one) => one === backend).length).sort((a, b) => b - a)).toEqual(spread);
    expect(open()).toBe(semantics === "strict" ? 12 : 0);
  });

  test("a connection is counted until its end is told, also if its decision had to wait", () => {
    expect(stage.configure(two("strict"))).toBe(0);
    ask(question([1, 2, 3, 4]), question([1, 2, 3, 5]));
    expect(open()).toBe(2);
    const names = [...stage.connections];
    stage.play((context) => names.forEach((name) => context.send(context.needs.balancer, LbOpcode.finish, name, ConnectionEnd.finished)));
    expect([names.length, open()]).toEqual([2, 0]);
    stage = new Stage({ decisionsQueue: 1 });
    expect(stage.configure(two("strict"))).toBe(0);
    const { length } = ask(question([1, 2, 3, 4]), question([1, 2, 3, 5]), question([1, 2, 3, 6]));
    expect([length, open()]).toEqual([3, 3]);
  });

  test("a refusal that has to wait ends nobody's connection", () => {
    stage = new Stage({ decisionsQueue: 1 });
    expect(stage.configure(two("strict"))).toBe(0);
    const stale = question([1, 2, 3, 5], { vipsVersion: 0 });
    ask(question([1, 2, 3, 4]), stale, stale, stale, stale);
    expect(stage.inspect().undelivered).toBe(0);
    expect([stage.connections.length, open()]).toEqual([1, 1]);
  });

  test("hashing sees the client", () => {
    expect(stage.configure(`semantics=strict\nvip=10.20.0.2:80:rendezvous\n${[1, 2, 3, 4].map((i) => `backend=10.20.0.2:80:10.31.0.${i}:8080`).join("\n")}`)).toBe(0);
    const clients = Array.from({ length: 40 }, (_, i) => [10, 1, i * 3, i * 7]);
    const first = clients.map((client) => address(ask(question(client)))[0]);
    expect(clients.map((client) => address(ask(question(client)))[0])).toEqual(first);
    expect(new Set(first).size).toBe(4);
  });
});
