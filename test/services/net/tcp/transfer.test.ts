/** Goal: what one side writes the other reads, byte for byte, whatever the line does. Method: two stacks and a line that loses, doubles, reorders by a fixed seed. */

import { describe, expect, test } from "vitest";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { NO_CONNECTION, TcpEvent, tcpClose, tcpRelease, tcpWrite } from "../../../../services/net/tcp/api.ts";
import { Memory } from "../../../../hal/memory.ts";
import { Host, Line } from "./rig.ts";

/** A small generator with a seed: the same numbers everywhere. */
function draws(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

interface Plan {
  readonly bytes: number;
  readonly loss?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  readonly delayTicks?: number;
  readonly slowReader?: boolean;
}

/** One end: writes all of `source`, closes, and reads until the other end has closed too. */
class Side {
  readonly host: Host;
  readonly source: Memory;
  readonly bytes: number;
  readonly read: number[] = [];
  connection = NO_CONNECTION as ConnectionAddress;
  gone = false;
  #wrote = 0;

  constructor(host: Host, source: Memory, bytes: number) {
    this.host = host;
    this.source = source;
    this.bytes = bytes;
  }

  step(reads: boolean): void {
    const { host } = this;
    for (const { connection, events } of host.events()) this.#hear(connection, events);
    if (this.gone || this.connection === NO_CONNECTION || host.state(this.connection) === "synSent") return;
    if (reads) this.read.push(...host.read(this.connection));
    this.#wrote += tcpWrite(host.heap, host.port, host.stack, this.connection, this.source, this.#wrote, this.bytes - this.#wrote);
    if (this.#wrote === this.bytes) tcpClose(host.heap, host.port, host.stack, this.connection);
  }

  #hear(connection: ConnectionAddress, events: number): void {
    this.connection = connection;
    if ((events & TcpEvent.gone) === 0) return;
    expect(this.host.fate(connection)).toBe("closed");
    this.read.push(...this.host.read(connection));
    tcpRelease(this.host.heap, this.host.port, this.host.stack, connection);
    this.gone = true;
  }
}

/** A number for each byte of a stream, in a pattern that no shift repeats soon. */
function pattern(bytes: number): Memory {
  const source = new Memory(new ArrayBuffer((bytes + 7) & ~7));
  for (let i = 0; i < bytes; i++) source.u8[i] = (i * 7 + (i >> 8) * 13) & 0xff;
  return source;
}

function badLine(hosts: readonly [Host, Host], plan: Plan, seed: number): Line {
  const line = new Line(hosts, plan.delayTicks ?? 1);
  const draw = draws(seed);
  line.fate = () => {
    if (draw() < (plan.loss ?? 0)) return [];
    const late = draw() < (plan.reorder ?? 0) ? 1 + Math.floor(draw() * 5) : 0;
    return draw() < (plan.duplicate ?? 0) ? [late, late + 1] : [late];
  };
  return line;
}

/** Sends the pattern both ways at once; afterwards nothing is left of it on either side. */
function transfer(plan: Plan, seed: number): void {
  const hosts = [new Host(0), new Host(1)] as const;
  const line = badLine(hosts, plan, seed);
  const source = pattern(plan.bytes);
  const sides = hosts.map((host) => new Side(host, source, plan.bytes));
  sides[0]!.connection = hosts[0].connect(80) as ConnectionAddress;
  for (let steps = 0; steps < 3_000_000 && !sides.every(({ gone }) => gone); steps++) {
    line.step();
    for (const side of sides) side.step(plan.slowReader !== true || line.tick % 50 === 0);
  }
  for (const side of sides) expect(side.read).toEqual([...source.u8.subarray(0, plan.bytes)]);
  // TIME-WAIT and all that is under way.
  for (let steps = 0; steps < 61_000; steps++) line.step();
  for (const host of hosts) expect([host.count("inUse"), host.count("bufferBytes"), host.leaked]).toEqual([0, 0, 0]);
}

describe("over a clean line", () => {
  for (const bytes of [0, 1, 1460, 1461, 100_000]) test(`${bytes} bytes each way`, () => transfer({ bytes }, 1));
  test("with a slow reader", () => transfer({ bytes: 200_000, slowReader: true }, 1));
});

describe("over a bad line", () => {
  for (let seed = 1; seed <= 8; seed++) {
    test(`5 % lost, 5 % reordered, 2 % doubled (seed ${seed})`, () => transfer({ bytes: 100_000, loss: 0.05, reorder: 0.05, duplicate: 0.02, delayTicks: 5 }, seed * 7919));
  }
  test("30 % lost", () => transfer({ bytes: 20_000, loss: 0.3, delayTicks: 2 }, 5));
});
