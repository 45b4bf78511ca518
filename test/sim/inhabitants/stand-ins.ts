/** Stand-ins for what lives around a machine: an application that remembers what it is told, a machine that is a clock and a wire. */

import { expect } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { FlowKey } from "../../../services/net/segment.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { TcpEvent, tcpConnect, tcpRelease } from "../../../services/net/tcp/api.ts";
import type { Application } from "../../../sim/inhabitants/application.ts";
import type { Hosts } from "../../../sim/inhabitants/hosts.ts";

/** One side: remembers what it is told. */
export class Side implements Application {
  readonly hosts: Hosts;
  readonly asked: number[] = [];
  readonly heard: number[] = [];
  readonly acted: number[] = [];
  due = -1;
  answer = 0;
  still = true;

  constructor(hosts: Hosts) {
    this.hosts = hosts;
  }

  accept(key: Address<"FlowKey">): number {
    this.asked.push(FlowKey.destinationPort.get(this.hosts.heap.memory, key));
    return this.answer;
  }

  hear(connection: ConnectionAddress, events: number): void {
    this.heard.push(events);
    if ((events & TcpEvent.gone) !== 0) tcpRelease(this.hosts.heap, this.hosts.port, this.hosts.stack, connection);
  }

  nextCycle(): number {
    return this.due;
  }

  act(cycle: number): void {
    this.acted.push(cycle);
    this.due = -1;
  }

  quiet(): boolean {
    return this.still;
  }

  /** Begins a connection to port 80 of 10.20.0.2. */
  connect(): void {
    const { heap, port, stack } = this.hosts;
    const key = heap.allocate(FlowKey.size) as Address<"FlowKey">;
    heap.memory.fill(key, FlowKey.size, 0);
    FlowKey.family.set(heap.memory, key, 4);
    FlowKey.source0.set(heap.memory, key, 0x0200_140a);
    FlowKey.destination0.set(heap.memory, key, 0x0700_010a);
    FlowKey.sourcePort.set(heap.memory, key, 80);
    expect(tcpConnect(heap, port, stack, key, 1)).toBeGreaterThan(0);
    heap.free(key);
  }
}

/** A machine that is nothing but a clock and a wire with so much room. */
export class Wire {
  cycle = 0;
  room = Number.POSITIVE_INFINITY;
  readonly frames: { readonly cycle: number; readonly bytes: Buffer }[] = [];

  now(): number {
    return this.cycle;
  }

  offer(nic: string, bytes: Uint8Array, cycle: number): number {
    expect(nic).toBe("nic7");
    if (this.room === 0) return -1;
    this.room -= 1;
    this.frames.push({ cycle, bytes: Buffer.from(bytes) });
    return this.frames.length;
  }
}
