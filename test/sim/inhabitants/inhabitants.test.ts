import { beforeEach, describe, expect, test } from "vitest";
import { Panic } from "../../../hal/assert.ts";
import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import { Memory } from "../../../hal/memory.ts";
import type { Machine } from "../../../kernel/machine.ts";
import { FlowKey } from "../../../services/net/segment.ts";
import { TcpEvent } from "../../../services/net/tcp/api.ts";
import { tcpTiny } from "../../../services/net/tcp/limits.ts";
import { Inhabitants, InhabitantsState } from "../../../sim/inhabitants/inhabitants.ts";
import type { LinkPlan } from "../../../sim/inhabitants/link.ts";
import { LinkState, cleanLink } from "../../../sim/inhabitants/link.ts";
import { frame } from "../../frames.ts";
import { Side, Wire } from "./stand-ins.ts";

const BYTES = 256 * 1024;
const MAC = [2, 0, 0, 0, 0, 1];
const DELAY = 1000;

let wire: Wire;
let around: Inhabitants;
let clients: Side;
let backends: Side;

function begin(plan: Partial<LinkPlan> = {}): void {
  wire = new Wire();
  around = new Inhabitants({
    machine: wire as unknown as Machine, nic: "nic7", machineMac: MAC, memory: new Memory(new ArrayBuffer(BYTES + 64)), at: 64, bytes: BYTES,
    link: { ...cleanLink, delayCycles: DELAY, framesMax: 64, ...plan }, clients: tcpTiny, backends: tcpTiny, seed: 1,
    isBackend: (memory, key) => FlowKey.destinationPort.get(memory, key) === 8001,
    makeClients: (hosts) => (clients = new Side(hosts)),
    makeBackends: (hosts) => (backends = new Side(hosts)),
  });
}

/** The machine sends a frame now. */
function send(bytes: Uint8Array): void {
  const ram = new Memory(new ArrayBuffer(2048));
  ram.u8.set(bytes, 40);
  around.sent(ram, 40, bytes.length);
  ram.u8.fill(0);
}

function passTo(cycle: number): void {
  wire.cycle = cycle;
  around.act(cycle);
}

beforeEach(() => begin());

function arp(change: { readonly operation?: number; readonly hardware?: number; readonly sender?: readonly number[] } = {}): Uint8Array {
  const { operation = 1, hardware = 1, sender = [10, 20, 0, 2] } = change;
  return Uint8Array.from([...new Array<number>(6).fill(0xff), ...MAC, 8, 6, 0, hardware, 8, 0, 6, 4, 0, operation, ...MAC, ...sender, 0, 0, 0, 0, 0, 0, 10, 3, 0, 1, ...new Array<number>(18).fill(0)]);
}

describe("who asks for an address by ARP", () => {
  test("is told one, after both ways through the link", () => {
    send(arp());
    passTo(1_000_000);
    expect(wire.frames.length).toBe(1);
    const { bytes, cycle } = wire.frames[0]!;
    expect(cycle).toBeGreaterThan(2 * DELAY);
    const mac = [...bytes.subarray(6, 12)];
    expect([...bytes.subarray(0, 6)]).toEqual(MAC);
    expect([...bytes.subarray(12)]).toEqual([8, 6, 0, 1, 8, 0, 6, 4, 0, 2, ...mac, 10, 3, 0, 1, ...MAC, 10, 20, 0, 2]);
    expect(around.quiet()).toBe(true);
  });

  test.each([["an answer", arp({ operation: 2 })], ["other hardware", arp({ hardware: 6 })], ["his own address", arp({ sender: [10, 3, 0, 1] })], ["whether he may have it", arp({ sender: [0, 0, 0, 0] })], ["too little", arp().subarray(0, 41)]])("but not for %s", (_name, bytes) => {
    send(bytes);
    passTo(1_000_000);
    expect([wire.frames.length, InhabitantsState.ignored.get(around.heap.memory, around.state)]).toEqual([0, 1]);
  });
});

describe("a segment goes", () => {
  test("to the side whose it is, which is asked whether it wants it", () => {
    for (const dport of [8001, 5000]) send(frame({ source: "10.20.0.2", destination: "10.3.0.1", sport: 4000, dport, flags: "S" }));
    passTo(1_000_000);
    expect([clients.asked, backends.asked]).toEqual([[5000], [8001]]);
    // Nobody wanted either.
    expect(wire.frames.map(({ bytes }) => [bytes.readUInt16BE(34), bytes[47]])).toEqual([[8001, 0x14], [5000, 0x14]]);
    const [backend, client] = wire.frames.map(({ bytes }) => bytes.subarray(6, 12).toString("hex"));
    expect(backend).not.toBe(client);
  });

  test("nowhere if it is not sound", () => {
    send(frame({ source: "10.20.0.2", dport: 8001, flags: "S", badTcpChecksum: true }));
    send(frame({ source: "10.20.0.2", dport: 8001, flags: "S", badIpChecksum: true }));
    passTo(1_000_000);
    expect([backends.asked, InhabitantsState.ignored.get(around.heap.memory, around.state), around.quiet()]).toEqual([[], 2, true]);
  });
});

describe("a connection from here", () => {
  test("begins with a sound SYN for the machine, is repeated in time, and given up", () => {
    clients.hosts.setTime(0);
    clients.connect();
    expect(around.quiet()).toBe(false);
    for (let due = around.nextCycle(); due >= 0; due = around.nextCycle()) passTo(due);
    expect(wire.cycle % CYCLES_PER_TICK).toBe(0);
    const syns = wire.frames.map(({ bytes }) => [bytes.subarray(0, 6).toString("hex"), bytes.readUInt32BE(26), bytes.readUInt32BE(30), bytes.readUInt16BE(36), bytes[47]]);
    expect(syns).toEqual(new Array(1 + tcpTiny.connectTriesMax).fill(["020000000001", 0x0a01_0007, 0x0a14_0002, 80, 2]));
    expect([clients.heard, around.quiet()]).toEqual([[TcpEvent.gone], true]);
  });

  test("is loud while it is there, quiet or not as its application says", () => {
    backends.still = false;
    expect(around.quiet()).toBe(false);
  });
});

describe("time", () => {
  test("the next thing is the earliest of all: a frame, a timer, what an application wants", () => {
    expect(around.nextCycle()).toBe(-1);
    clients.due = 900_000;
    backends.due = 800_000;
    expect(around.nextCycle()).toBe(800_000);
    send(arp());
    expect(around.nextCycle()).toBeLessThan(5000);
    passTo(850_000);
    expect([backends.acted, clients.acted, around.nextCycle()]).toEqual([[800_000], [], 900_000]);
  });

  test("what is due is done in the order in which it is due", () => {
    const order: string[] = [];
    clients.act = (cycle) => void (order.push(`clients ${cycle}`), (clients.due = -1));
    backends.act = (cycle) => void (order.push(`backends ${cycle}`), (backends.due = -1));
    clients.due = 300;
    backends.due = 200;
    passTo(500);
    expect(order).toEqual(["backends 200", "clients 300"]);
  });

  test("what is sent at a cycle is under way from then on, whatever the machine's clock says; between them its clock counts", () => {
    begin({ cyclesPerByte: 0 });
    clients.act = () => (clients.connect(), (clients.due = -1));
    clients.due = 500;
    passTo(900_000);
    expect(wire.frames.map(({ cycle }) => cycle)).toEqual([500 + DELAY]);
    send(arp());
    expect(around.nextCycle()).toBe(900_000 + DELAY);
    passTo(1_000_000);
    wire.cycle = 5_000_000;
    send(frame({ source: "10.20.0.2", destination: "10.1.0.7", flags: "S" }));
    expect(around.nextCycle()).toBe(5_000_000 + DELAY);
    expect(clients.hosts.nowCycle()).toBe(5_000_000);
  });

  test("who is never done with what is due is found out", () => {
    clients.act = () => undefined;
    clients.due = 10;
    expect(() => passTo(10)).toThrow(Panic);
  });
});

describe("frames that the machine's wire has no room for", () => {
  test("wait, and come in the order in which they were sent", () => {
    begin({ cyclesPerByte: 0 });
    wire.room = 2;
    for (let sport = 1; sport <= 10; sport++) send(frame({ source: "10.20.0.2", destination: "10.3.0.1", sport, dport: 8001, flags: "S" }));
    passTo(50_000);
    expect(wire.frames.length).toBe(2);
    expect(around.quiet()).toBe(false);
    wire.room = 3;
    passTo(55_000);
    for (let sport = 11; sport <= 12; sport++) send(frame({ source: "10.20.0.2", destination: "10.3.0.1", sport, dport: 8001, flags: "S" }));
    // There is room again, and others wait already.
    wire.room = 100;
    passTo(58_000);
    expect(wire.frames.length).toBe(5);
    passTo(90_000);
    expect(wire.frames.map(({ bytes }) => bytes.readUInt16BE(36))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect([around.quiet(), LinkState.dropped.get(around.heap.memory, around.link.state)]).toEqual([true, 0]);
  });

  test("are dropped only beyond what the link may hold", () => {
    begin({ cyclesPerByte: 0, framesMax: 4 });
    wire.room = 0;
    for (let sport = 1; sport <= 4; sport++) send(frame({ source: "10.20.0.2", destination: "10.3.0.1", sport, dport: 8001, flags: "S" }));
    passTo(10_000);
    send(frame({ source: "10.20.0.2", destination: "10.3.0.1", sport: 5, dport: 8001, flags: "S" }));
    passTo(20_000);
    wire.room = 100;
    passTo(90_000);
    expect(wire.frames.map(({ bytes }) => bytes.readUInt16BE(36))).toEqual([1, 2, 3, 4]);
    expect(LinkState.dropped.get(around.heap.memory, around.link.state)).toBe(1);
  });
});

test("without memory nobody lives there", () => {
  expect(() => new Inhabitants({ machine: new Wire() as unknown as Machine, nic: "", machineMac: MAC, memory: new Memory(new ArrayBuffer(64 * 1024)), at: 0, bytes: 64 * 1024, link: cleanLink, clients: { ...tcpTiny, connectionsMax: 4096 }, backends: tcpTiny, seed: 1, isBackend: () => false, makeClients: (hosts) => new Side(hosts), makeBackends: (hosts) => new Side(hosts) })).toThrow(RangeError);
});
