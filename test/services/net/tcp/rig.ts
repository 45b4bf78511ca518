/** Two TCP stacks and a line between them that a test may cut, hold and look into. Time is ticks, set by hand. */

import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { arenaAccount, arenaFormat, arenaHeap } from "../../../../kernel/arena.ts";
import type { Heap } from "../../../../kernel/heap.ts";
import { FlowKey, Segment } from "../../../../services/net/segment.ts";
import { TcpFlag, TcpHeader } from "../../../../services/net/tcp.ts";
import type { ConnectionAddress, StackAddress, TcpHost } from "../../../../services/net/tcp/api.ts";
import { NO_CONNECTION, TcpConnection, TcpEvent, TcpFate, TcpOutput, TcpStack, TcpState, tcpArrive, tcpConnect, tcpCreate, tcpFind, tcpNextReady, tcpNextTick, tcpRead, tcpReadAt, tcpReadBytes, tcpTakeEvents, tcpTick } from "../../../../services/net/tcp/api.ts";
import type { tcpCounterTypes } from "../../../../services/net/tcp/stack.ts";
import type { TcpLimits } from "../../../../services/net/tcp/limits.ts";
import { tcpStandard } from "../../../../services/net/tcp/limits.ts";

/** A segment as it travels. */
export interface Packet {
  readonly from: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  readonly window: number;
  readonly segmentBytesMax: number;
  readonly windowScale: number;
  readonly data: Uint8Array;
}

const SCRATCH_BYTES = 256;
const FRAME_BYTES = 4096;

/** One host: its own memory with a heap, a stack in it, and what it sends goes to `sent`. */
export class Host {
  readonly heap: Heap;
  readonly stack: StackAddress;
  readonly sent: Packet[] = [];
  /** Owner that SYNs get; 0 refuses them, -1 keeps silent. */
  listens = 1;
  /** While false the host can send nothing. */
  canSend = true;
  readonly #number: number;
  readonly #family: 4 | 6;
  readonly #scratch: number;
  readonly #frame: Memory;
  readonly #used: number;
  readonly port: TcpHost<Heap>;

  constructor(number: number, limits: Partial<TcpLimits> = {}, bytes = 1 << 23, family: 4 | 6 = 4) {
    const memory = new Memory(new ArrayBuffer(bytes));
    arenaFormat(memory, 0, bytes);
    this.heap = arenaHeap(memory, 0);
    this.#number = number;
    this.#family = family;
    this.#scratch = this.heap.allocate(SCRATCH_BYTES);
    for (let i = 0; i < 16; i++) memory.u8[this.#scratch + i] = 17 * i + number;
    this.stack = tcpCreate(this.heap, { ...tcpStandard, ...limits }, this.#scratch) as StackAddress;
    this.#frame = new Memory(new ArrayBuffer(FRAME_BYTES));
    this.#used = arenaAccount(memory, 0).usedBytes;
    this.port = { send: () => this.#send(), accept: () => this.listens };
  }

  get memory(): Memory {
    return this.heap.memory;
  }

  /** Bytes that are allocated beyond what an idle stack has. */
  get leaked(): number {
    return arenaAccount(this.memory, 0).usedBytes - this.#used;
  }

  /** Connects to the other host's port; answers what tcpConnect does. */
  connect(port: number, localPort = 0, owner = 1): number {
    return tcpConnect(this.heap, this.port, this.stack, this.#key(port, localPort), owner);
  }

  /** The connection between the other host's port and this one's. */
  find(port: number, localPort: number): ConnectionAddress {
    return tcpFind(this.memory, this.stack, this.#key(port, localPort));
  }

  setTick(tick: number): void {
    TcpStack.nowTick.set(this.memory, this.stack, tick);
  }

  tick(): void {
    tcpTick(this.heap, this.port, this.stack);
  }

  get nextTick(): number {
    return tcpNextTick(this.memory, this.stack);
  }

  arrive(packet: Packet): void {
    const { memory } = this;
    const segment = (this.#scratch + 64) as Address<"Segment">;
    memory.fill(segment, Segment.size, 0);
    memory.copy(Segment.key.at(segment), this.#key(packet.sourcePort, packet.destinationPort), FlowKey.size);
    const options = optionBytes(packet);
    const headerBytes = TcpHeader.size + options.length;
    this.#frame.u8.set(options, TcpHeader.size);
    this.#frame.u8.set(packet.data, headerBytes);
    Segment.sequence.set(memory, segment, (packet.sequence + ((packet.flags & TcpFlag.syn) !== 0 ? 1 : 0)) | 0);
    Segment.acknowledgement.set(memory, segment, packet.acknowledgement);
    Segment.flags.set(memory, segment, packet.flags);
    Segment.window.set(memory, segment, packet.window);
    Segment.headerBytes.set(memory, segment, headerBytes);
    Segment.dataAt.set(memory, segment, headerBytes);
    Segment.dataBytes.set(memory, segment, packet.data.length);
    tcpArrive(this.heap, this.port, this.stack, segment, this.#frame);
  }

  /** The connections that have something to say, and what: events in order. */
  events(): { connection: ConnectionAddress; events: number }[] {
    const all: { connection: ConnectionAddress; events: number }[] = [];
    for (let connection = tcpNextReady(this.memory, this.stack); connection !== NO_CONNECTION; connection = tcpNextReady(this.memory, this.stack)) {
      all.push({ connection, events: tcpTakeEvents(this.memory, connection) });
    }
    return all;
  }

  /** Takes all there is to read. */
  read(connection: ConnectionAddress): Uint8Array {
    const bytes = tcpReadBytes(this.memory, connection);
    if (bytes === 0) return new Uint8Array(0);
    const at = tcpReadAt(this.memory, connection);
    const data = this.memory.u8.slice(at, at + bytes);
    tcpRead(this.heap, this.port, this.stack, connection, bytes);
    return data;
  }

  state(connection: ConnectionAddress): string {
    return nameOf(TcpState, TcpConnection.state.get(this.memory, connection));
  }

  fate(connection: ConnectionAddress): string {
    return nameOf(TcpFate, TcpConnection.fate.get(this.memory, connection));
  }

  count(name: keyof typeof tcpCounterTypes | "inUse" | "bufferBytes" | "bufferBytesPeak"): number {
    return TcpStack[name].get(this.memory, this.stack);
  }

  #key(sourcePort: number, destinationPort: number): Address<"FlowKey"> {
    const key = (this.#scratch + 16) as Address<"FlowKey">;
    this.memory.fill(key, FlowKey.size, 0);
    FlowKey.family.set(this.memory, key, this.#family);
    FlowKey.source0.set(this.memory, key, 0x0a00_0001 + (this.#number ^ 1));
    FlowKey.destination0.set(this.memory, key, 0x0a00_0001 + this.#number);
    FlowKey.sourcePort.set(this.memory, key, sourcePort);
    FlowKey.destinationPort.set(this.memory, key, destinationPort);
    return key;
  }

  #send(): boolean {
    if (!this.canSend) return false;
    const { memory } = this;
    const output = TcpStack.output.at(this.stack);
    const key = TcpOutput.key.at(output);
    const [dataAt, dataBytes, moreAt, moreBytes] = [TcpOutput.dataAt.get(memory, output), TcpOutput.dataBytes.get(memory, output), TcpOutput.moreAt.get(memory, output), TcpOutput.moreBytes.get(memory, output)];
    const data = new Uint8Array(dataBytes + moreBytes);
    data.set(memory.u8.subarray(dataAt, dataAt + dataBytes));
    data.set(memory.u8.subarray(moreAt, moreAt + moreBytes), dataBytes);
    this.sent.push({
      from: this.#number,
      sourcePort: FlowKey.destinationPort.get(memory, key),
      destinationPort: FlowKey.sourcePort.get(memory, key),
      sequence: TcpOutput.sequence.get(memory, output),
      acknowledgement: TcpOutput.acknowledgement.get(memory, output),
      flags: TcpOutput.flags.get(memory, output),
      window: TcpOutput.window.get(memory, output),
      segmentBytesMax: TcpOutput.segmentBytesMax.get(memory, output),
      windowScale: TcpOutput.windowScale.get(memory, output),
      data,
    });
    return true;
  }
}

function optionBytes({ segmentBytesMax, windowScale }: Packet): Uint8Array {
  const bytes: number[] = [];
  if (segmentBytesMax !== 0) bytes.push(2, 4, segmentBytesMax >> 8, segmentBytesMax & 0xff);
  if (windowScale !== 0) bytes.push(1, 3, 3, windowScale - 1);
  return Uint8Array.from(bytes);
}

/** `events` as names. */
export function eventNames(events: number): string[] {
  return Object.entries(TcpEvent).filter(([, bit]) => (events & bit) !== 0).map(([name]) => name);
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, number]) => number === value)?.[0] ?? `${value}`;
}

/** A line of two directions: what hosts have sent arrives `delayTicks` later, unless `fate` says otherwise. */
export class Line {
  readonly hosts: readonly [Host, Host];
  tick = 1;
  /** By the tick in which they arrive, in the order in which they were sent. */
  readonly #underWay = new Map<number, Packet[]>();
  readonly #delayTicks: number;
  /** Asked for each packet: ticks of additional delay for each copy that arrives; [] loses it. */
  fate: (packet: Packet) => readonly number[] = () => [0];

  constructor(hosts: readonly [Host, Host], delayTicks = 1) {
    this.hosts = hosts;
    this.#delayTicks = delayTicks;
    for (const host of hosts) host.setTick(this.tick);
  }

  get idle(): boolean {
    return this.#underWay.size === 0 && this.hosts.every(({ sent }) => sent.length === 0);
  }

  /** One tick later: what is due arrives, timers run, and what is sent is on its way. */
  step(): void {
    this.collect();
    this.tick += 1;
    for (const host of this.hosts) host.setTick(this.tick);
    const due = this.#underWay.get(this.tick) ?? [];
    this.#underWay.delete(this.tick);
    for (const packet of due) this.hosts[packet.from ^ 1].arrive(packet);
    for (const host of this.hosts) host.tick();
    this.collect();
  }

  collect(): void {
    for (const host of this.hosts) {
      for (const packet of host.sent.splice(0)) {
        for (const delay of this.fate(packet)) this.#put(this.tick + this.#delayTicks + delay, packet);
      }
    }
  }

  #put(at: number, packet: Packet): void {
    const there = this.#underWay.get(at);
    if (there === undefined) this.#underWay.set(at, [packet]);
    else there.push(packet);
  }
}
