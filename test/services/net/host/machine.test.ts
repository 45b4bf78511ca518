/**
 * The whole machine without a gateway's MAC address, on each kind of NIC, among those who live around it: they are found by
 * ARP and neighbour discovery, and asked by them.
 */

import { describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { HalTrace } from "../../../../hal/trace.ts";
import { boot } from "../../../../kernel/boot.ts";
import type { Machine } from "../../../../kernel/machine.ts";
import { proxyStandard } from "../../../../services/net/proxy/limits.ts";
import { FlowKey } from "../../../../services/net/segment.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { TcpEvent, tcpClose, tcpConnect, tcpRead, tcpReadAt, tcpReadBytes, tcpRelease, tcpWrite } from "../../../../services/net/tcp/api.ts";
import { tcpStandard } from "../../../../services/net/tcp/limits.ts";
import { configure } from "../../../../sim/balancer.ts";
import type { Application } from "../../../../sim/inhabitants/application.ts";
import type { Hosts } from "../../../../sim/inhabitants/hosts.ts";
import { Inhabitants } from "../../../../sim/inhabitants/inhabitants.ts";
import { cleanLink } from "../../../../sim/inhabitants/link.ts";
import { balancerModel } from "../../../../sim/machines/balancer.ts";
import type { NicChoice } from "../../../../sim/machines/nic.ts";
import { proxy } from "../../../../sim/machines/proxy.ts";
import { standardNumbers } from "../../../../sim/machines/standard.ts";
import { proxyNumbers } from "../../../../sim/scenario/tcp-numbers.ts";
import { World } from "../../../../sim/world.ts";
import { discovery, ip, tell } from "./link.ts";

const MIB = 1024 * 1024;
const CONFIG = "semantics=strict\ngroup=g:roundrobin\nmember=g:10.3.0.1:8001\nmember=g:[fd00:3::1]:8002\ndefault=g\n";
const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** One side: says `answer` to every head that is whole, and keeps what it has heard. */
class Side implements Application {
  readonly hosts: Hosts;
  readonly #answer: string;
  heard = "";
  gone = 0;

  constructor(hosts: Hosts, answer: string) {
    this.hosts = hosts;
    this.#answer = answer;
  }

  accept(): number {
    return this.#answer === "" ? 0 : 1;
  }

  hear(connection: ConnectionAddress, events: number): void {
    const { heap, port, stack } = this.hosts;
    if ((events & TcpEvent.opened) !== 0 && this.#answer === "") this.say(connection, REQUEST);
    const bytes = tcpReadBytes(heap.memory, connection);
    const at = tcpReadAt(heap.memory, connection);
    const text = String.fromCharCode(...heap.memory.u8.subarray(at, at + bytes));
    this.heard += text;
    if (bytes > 0) tcpRead(heap, port, stack, connection, bytes);
    if (this.#answer !== "" && text.includes("\r\n\r\n")) this.say(connection, this.#answer);
    if ((events & TcpEvent.ended) !== 0 || text.endsWith("ok")) tcpClose(heap, port, stack, connection);
    if ((events & TcpEvent.gone) === 0) return;
    this.gone++;
    tcpRelease(heap, port, stack, connection);
  }

  say(connection: ConnectionAddress, text: string): void {
    const source = new Memory(new ArrayBuffer(256));
    source.u8.set([...text].map((character) => character.charCodeAt(0)));
    tcpWrite(this.hosts.heap, this.hosts.port, this.hosts.stack, connection, source, 0, text.length);
  }

  /** Connects from that address to the machine's own of the same family. */
  connect(from: string): void {
    const { heap, port, stack } = this.hosts;
    const key = heap.allocate(FlowKey.size) as Address<"FlowKey">;
    heap.memory.fill(key, FlowKey.size, 0);
    heap.memory.u8.set(ip(from.includes(":") ? "fd00::2" : "10.20.0.2"), key + FlowKey.source0.offset);
    heap.memory.u8.set(ip(from), key + FlowKey.destination0.offset);
    FlowKey.family.set(heap.memory, key, from.includes(":") ? 6 : 4);
    FlowKey.sourcePort.set(heap.memory, key, 80);
    expect(tcpConnect(heap, port, stack, key, 1)).toBeGreaterThan(0);
    heap.free(key);
  }

  nextCycle(): number {
    return -1;
  }

  act(): void {
    return;
  }

  quiet(): boolean {
    return true;
  }
}

class Surroundings {
  readonly machine: Machine;
  readonly world: World;
  readonly sent: string[] = [];
  #clients: Side | null = null;

  constructor(nic: NicChoice, addresses: readonly string[] = ["10.20.0.2", "fd00::2"]) {
    // A virtio driver has more to remember of each descriptor.
    const settings = { ...proxy.settings, "arena.driver": { ...proxy.settings["arena.driver"], value: 64 * 1024 } };
    const model = balancerModel({ ...standardNumbers, nic, name: "found", ramBytes: 24 * MIB, proxy: proxyStandard, settings });
    const probe = (kind: number, _process: number, at: number, bytes: number): void => {
      if (kind !== HalTrace.frameTransmitted) return;
      this.sent.push(tell(this.machine.ram.u8.slice(at, at + bytes)));
      this.world.inhabitants?.sent(this.machine.ram, at, bytes);
    };
    this.machine = boot(model.manifest({ addresses }), { probe });
    const make = (machine: Machine, memory: Memory, at: number): Inhabitants =>
      new Inhabitants({
        machine, nic: "nic0", machineMac: [2, 0, 0, 0, 0, 1], memory, at, bytes: 8 * MIB, link: cleanLink, clients: tcpStandard, backends: tcpStandard, seed: 1,
        isBackend: (within, key) => FlowKey.sourcePort.get(within, key) !== 80,
        makeClients: (hosts) => (this.#clients = new Side(hosts, "")),
        makeBackends: (hosts) => new Side(hosts, RESPONSE),
      });
    this.world = new World({ machine: this.machine, nic: "nic0", mailbox: "mailbox0", capture: null, mac: -1, inhabitants: { bytes: 8 * MIB, make } });
    expect(configure(this.world, CONFIG).status).toBe(0);
  }

  get clients(): Side {
    return this.#clients as unknown as Side;
  }

  run(ticks: number): void {
    this.world.runUntil(() => false, this.machine.tick() + ticks);
  }
}

const NICS: [string, NicChoice][] = [["e1000", { kind: "e1000" }], ["virtio-net", { kind: "virtio-net", queuePairs: 1 }], ["virtio-net with two queues", { kind: "virtio-net", queuePairs: 2 }]];

describe.each(NICS)("%s", (_, nic) => {
  test("clients and backends of both families are asked for, and served", () => {
    const around = new Surroundings(nic);
    for (const from of ["10.1.0.7", "fd00:1::7", "10.1.0.8", "fd00:1::8"]) around.clients.connect(from);
    around.run(200);
    expect(around.clients.heard.split("ok").length - 1).toBe(4);
    const numbers = proxyNumbers(around.world)?.host ?? {};
    // Four clients and two backends.
    expect(numbers).toMatchObject({ neighboursAsked: 6, neighboursFound: 6, framesUnresolved: 0, framesUnreachable: 0 });
    expect(numbers["framesWaited"]).toBe(numbers["framesResolved"]);
    expect(around.sent).toContain("10.20.0.2 asks where 10.3.0.1 is, to ff:ff:ff:ff:ff:ff");
    expect(around.sent).toContain("fd00::2 asks where fd00:3::1 is, to ff02::1:ff00:1 at 33:33:ff:00:00:01");
  });

  test("the group of its IPv6 address is heard, other groups are not", () => {
    const around = new Surroundings(nic, ["fd00::abcd"]);
    const offer = (frame: Uint8Array): void => void around.machine.offer("nic0", frame, around.machine.now());
    const before = around.sent.length;
    const asked = { to: "33:33:ff:00:ab:cd", target: "fd00::abcd", destination: "ff02::1:ff00:abcd" };
    offer(discovery(asked));
    offer(discovery({ to: "33:33:ff:00:ab:dd", target: "fd00::abdd", destination: "ff02::1:ff00:abdd" }));
    around.run(20);
    expect(around.sent.slice(before)).toEqual(["fd00::abcd answers that fd00::abcd is here, to fd00::9 at 02:00:00:00:00:09"]);
    expect(proxyNumbers(around.world)?.host["neighbourMessages"]).toBe(1);
    expect(around.machine.inspect("nic0.account")["filtered"]).toBe(1);
    // A driver that looks after its device meanwhile leaves the groups as they are.
    around.run(3000);
    offer(discovery({ ...asked, source: "fd00::8" }));
    around.run(20);
    expect(proxyNumbers(around.world)?.host["neighbourMessages"]).toBe(2);
  });
});
