/**
 * A TCP stack and a peer that does what a script says, line by line:
 *
 *     < S 0 m1460 w65535     the peer sends: flags, sequence number, acknowledgement (both counted from the SYNs), then
 *                            +N bytes of the pattern, +N:x of that letter; wN window, mN MSS, sN window scale, @N its port
 *     > SA 0 1 w32736        the stack has sent that; what is not said (window, options) is not looked at, PSH never is
 *     = synReceived          the connection's state; "none" when nothing is left of it
 *     ! opened readable      the events since the last such line; "fate reset": how it ended
 *     connect, write N, write N/M (only M taken), read N (of the pattern), take N (of more), text abc, close, abort, release
 *     tick N, jump N (all at once), send off, send on, listen N, count NAME N
 *     limit NAME N, initial N (the peer's first number), wrap (ours lies before 0), family 6: only in front
 *
 * What the stack sends must be said before the next line of another kind. In the end everything is given up, and nothing
 * may be left.
 */

import { expect } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { TcpFlag } from "../../../../services/net/tcp.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { NO_CONNECTION, tcpAbort, tcpClose, tcpOwner, tcpRead, tcpRelease, tcpWrite } from "../../../../services/net/tcp/api.ts";
import type { TcpLimits } from "../../../../services/net/tcp/limits.ts";
import type { Packet } from "./rig.ts";
import { stackFaults } from "./invariants.ts";
import { Host, eventNames } from "./rig.ts";

const LOCAL_PORT = 80;
const PEER_PORT = 4000;
const LETTERS: Readonly<Record<string, number>> = { S: TcpFlag.syn, F: TcpFlag.fin, R: TcpFlag.rst, P: TcpFlag.psh, A: TcpFlag.ack, U: TcpFlag.urg };
const PATTERN_LETTERS = 26;

/** The byte that has this number in a stream; the first byte has 1. */
export function patternByte(sequence: number): number {
  return 97 + ((sequence - 1) % PATTERN_LETTERS);
}

export class Script {
  readonly host: Host;
  readonly #initial: number;
  /** Our first sequence number for each port of the peer's, as soon as it was sent. */
  readonly #ours = new Map<number, number>();
  #connection = NO_CONNECTION as ConnectionAddress;
  #events = 0;
  /** Connections of other ports that are open. */
  readonly #others = new Set<ConnectionAddress>();
  #tick = 1;
  #written = 1;
  #readUpTo = 1;

  constructor(setup: readonly string[]) {
    const value = (name: string): string | undefined => setup.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
    const limits = Object.fromEntries(setup.filter((line) => line.startsWith("limit ")).map((line) => [line.split(" ")[1], Number(line.split(" ")[2])]));
    this.host = new Host(0, { connectionsMax: 8, ...limits } as Partial<TcpLimits>, 1 << 19, value("family") === "6" ? 6 : 4);
    this.#initial = Number(value("initial") ?? 1_000_000);
    if (setup.includes("wrap")) this.#tick = tickOfWrap();
    this.host.setTick(this.#tick);
  }

  /** Does one line. */
  line(line: string): void {
    const [word, ...rest] = line.split(" ");
    if (word === ">") return this.#expectSent(line, rest);
    expect(this.host.sent.map((packet) => this.#describe(packet)), `sent before "${line}"`).toEqual([]);
    if (word === "<") this.#send(rest);
    else if (word === "tick") this.#pass(Number(rest[0]));
    else if (word === "jump") this.#jump(this.#tick + Number(rest[0]));
    else if (word === "=") expect(this.#state(), line).toBe(rest[0]);
    else if (word === "!") this.#expectEvents(rest);
    else if (word === "fate") expect(this.host.fate(this.#connection), line).toBe(rest[0]);
    else if (word === "count") expect(this.host.count(rest[0] as Parameters<Host["count"]>[0]), line).toBe(Number(rest[1]));
    else if (word === "send") this.host.canSend = rest[0] === "on";
    else if (word === "listen") this.host.listens = Number(rest[0]);
    else this.#call(line, word!, rest);
    expect(stackFaults(this.host.memory, this.host.stack), line).toEqual([]);
  }

  /** Gives up what is left; then nothing may be. */
  end(): void {
    const { host } = this;
    expect(host.sent.map((packet) => this.#describe(packet)), "sent in the end").toEqual([]);
    host.canSend = true;
    this.#hear();
    for (const connection of [this.#connection, ...this.#others, host.find(PEER_PORT, LOCAL_PORT)]) this.#giveUp(connection);
    host.sent.length = 0;
    for (let rounds = 0; rounds < 10_000 && host.nextTick !== 0; rounds++) this.#jump(Math.max(host.nextTick, this.#tick + 1));
    expect({ inUse: host.count("inUse"), bytes: host.count("bufferBytes"), leaked: host.leaked }).toEqual({ inUse: 0, bytes: 0, leaked: 0 });
  }

  #giveUp(connection: ConnectionAddress): void {
    const { heap, port, stack, memory } = this.host;
    if (connection > 0 && tcpOwner(memory, connection) !== 0) tcpAbort(heap, port, stack, connection);
    // What was half open is gone by that.
    if (connection > 0 && tcpOwner(memory, connection) !== 0) tcpRelease(heap, port, stack, connection);
  }

  #call(line: string, word: string, rest: readonly string[]): void {
    const { host } = this;
    if (word === "connect") this.#connection = host.connect(PEER_PORT, LOCAL_PORT) as ConnectionAddress;
    else if (word === "write") this.#write(rest[0]!);
    else if (word === "read") this.#read(Number(rest[0]));
    else if (word === "take") tcpRead(host.heap, host.port, host.stack, this.#connection, Number(rest[0]));
    else if (word === "text") expect(String.fromCharCode(...host.read(this.#connection)), line).toBe(rest[0] ?? "");
    else if (word === "close") tcpClose(host.heap, host.port, host.stack, this.#connection);
    else if (word === "abort") tcpAbort(host.heap, host.port, host.stack, this.#connection);
    else if (word === "release") tcpRelease(host.heap, host.port, host.stack, this.#connection);
    else throw new Error(`no such line: ${line}`);
    this.#hear();
  }

  #send(words: readonly string[]): void {
    const [flags, sequence, ...rest] = words;
    const acknowledgement = rest[0] !== undefined && /^-?\d/.test(rest[0]) ? Number(rest[0]) : 0;
    const option = (letter: string): string | undefined => rest.find((word) => word.startsWith(letter))?.slice(1);
    const port = Number(option("@") ?? PEER_PORT);
    const [bytes, letter] = (option("+") ?? "0").split(":");
    const data = Uint8Array.from({ length: Number(bytes) }, (_, i) => (letter === undefined ? patternByte(Number(sequence) + i + (flags!.includes("S") ? 1 : 0)) : letter.charCodeAt(0)));
    this.host.arrive({
      from: 1, sourcePort: port, destinationPort: LOCAL_PORT, sequence: (this.#initial + Number(sequence)) | 0, acknowledgement: ((this.#ours.get(port) ?? 0) + acknowledgement) | 0,
      flags: [...flags!].reduce((bits, name) => bits | LETTERS[name]!, 0), window: Number(option("w") ?? 65_535), segmentBytesMax: Number(option("m") ?? 0),
      windowScale: option("s") === undefined ? 0 : Number(option("s")) + 1, data,
    });
    this.#hear();
  }

  #expectSent(line: string, words: readonly string[]): void {
    const packet = this.host.sent.shift();
    expect(packet, `${line}: nothing was sent`).toBeDefined();
    const port = packet!.destinationPort;
    if ((packet!.flags & TcpFlag.syn) !== 0) this.#ours.set(port, packet!.sequence);
    expect(this.#describe(packet!, words), line).toBe(words.join(" "));
    const ours = packet!.sequence - (this.#ours.get(port) ?? 0);
    packet!.data.forEach((byte, i) => expect(byte, `${line}: byte ${i}`).toBe(patternByte((ours | 0) + i)));
  }

  /** A packet as a line says it: flags and numbers always, of the rest what `wanted` has. */
  #describe(packet: Packet, wanted: readonly string[] = []): string {
    const says = (letter: string): boolean => wanted.some((word) => word.startsWith(letter));
    const ours = this.#ours.get(packet.destinationPort) ?? 0;
    const parts = [Object.keys(LETTERS).filter((letter) => letter !== "P" && (packet.flags & LETTERS[letter]!) !== 0).join(""), `${(packet.sequence - ours) | 0}`];
    if ((packet.flags & TcpFlag.ack) !== 0) parts.push(`${(packet.acknowledgement - this.#initial) | 0}`);
    if (packet.data.length > 0) parts.push(`+${packet.data.length}`);
    if (says("w")) parts.push(`w${packet.window}`);
    if (says("m")) parts.push(`m${packet.segmentBytesMax}`);
    if (says("s")) parts.push(`s${packet.windowScale - 1}`);
    if (packet.destinationPort !== PEER_PORT) parts.push(`@${packet.destinationPort}`);
    return parts.join(" ");
  }

  #write(words: string): void {
    const [bytes, taken] = words.split("/").map(Number);
    const { host } = this;
    const source = new Memory(new ArrayBuffer((bytes! + 8) & ~7));
    for (let i = 0; i < bytes!; i++) source.u8[i] = patternByte(this.#written + i);
    const wrote = tcpWrite(host.heap, host.port, host.stack, this.#connection, source, 0, bytes!);
    expect(wrote, `write ${words}`).toBe(taken ?? bytes);
    this.#written += wrote;
  }

  #read(bytes: number): void {
    const data = this.host.read(this.#connection);
    expect(data.length, `read ${bytes}`).toBe(bytes);
    data.forEach((byte, i) => expect(byte).toBe(patternByte(this.#readUpTo + i)));
    this.#readUpTo += bytes;
  }

  #pass(ticks: number): void {
    for (let i = 0; i < ticks; i++) this.#jump(this.#tick + 1);
  }

  #jump(tick: number): void {
    this.#tick = tick;
    this.host.setTick(tick);
    this.host.tick();
    this.#hear();
  }

  #hear(): void {
    const found = this.host.find(PEER_PORT, LOCAL_PORT);
    if (found !== NO_CONNECTION && !this.#isOwned()) this.#connection = found;
    for (const { connection, events } of this.host.events()) {
      if (connection === this.#connection) this.#events |= events;
      else this.#others.add(connection);
    }
  }

  #expectEvents(names: readonly string[]): void {
    expect(eventNames(this.#events)).toEqual(names);
    this.#events = 0;
  }

  #isOwned(): boolean {
    return this.#connection > 0 && tcpOwner(this.host.memory, this.#connection) !== 0;
  }

  #state(): string {
    const found = this.host.find(PEER_PORT, LOCAL_PORT);
    if (found !== NO_CONNECTION) return this.host.state(found);
    return this.#isOwned() ? this.host.state(this.#connection) : "none";
  }
}

/** A tick at which our first number lies a few hundred before 2^32: found by looking at what another tick gives. */
function tickOfWrap(): number {
  const probe = new Host(0);
  probe.setTick(1);
  probe.connect(PEER_PORT, LOCAL_PORT);
  return 1 + Math.floor(((-100 - probe.sent[0]!.sequence) >>> 0) / 250);
}
