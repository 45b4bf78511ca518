/** A server that a test plays by hand: it sees whole requests, and says byte by byte what comes back and what becomes of the connection. */

import { CYCLES_PER_TICK } from "../../../../hal/clock.ts";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { FlowKey } from "../../../../services/net/segment.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { TcpConnection, TcpEvent, TcpState, tcpAbort, tcpClose, tcpRead, tcpReadAt, tcpReadBytes, tcpRelease, tcpWrite } from "../../../../services/net/tcp/api.ts";
import { addressText } from "../../../../sim/address-text.ts";
import type { Application } from "../../../../sim/inhabitants/application.ts";
import type { Hosts } from "../../../../sim/inhabitants/hosts.ts";
import type { Seen } from "./exchange.ts";
import { fieldOf, firstRequest, ok } from "./exchange.ts";

/** What the server does about a request: bytes, and then perhaps the end. */
export interface Reply {
  readonly text?: string;
  readonly then?: "close" | "reset";
}

interface Talk {
  readonly number: number;
  readonly from: string;
  text: string;
  count: number;
  /** Whether the request at hand has been answered before it was whole. */
  early: boolean;
}

export class Server implements Application {
  readonly seen: Seen[] = [];
  /** What had come of requests that were not whole when their connections ended. */
  readonly partial: string[] = [];
  /** Asked for each whole request. */
  reply: (seen: Seen) => Reply = (seen) => ({ text: ok(seen) });
  /** Whether SYNs are taken: an owner, 0 or -1; asked with the connections there were. */
  listen: (connections: number) => number = () => 1;
  /** What the server says on a connection that has just been opened. */
  greeting: (connection: number) => Reply = () => ({});
  /** Asked for the head of a request that is not whole yet, once. */
  early: (head: string) => Reply = () => ({});
  /** Replies are given so many ticks after their requests. */
  replyTicks = 0;
  /** What the first connection hears so many ticks after its first request. */
  afterTicks: (Reply & { readonly ticks: number }) | null = null;
  readonly #hosts: () => Hosts;
  readonly #talks = new Map<ConnectionAddress, Talk>();
  readonly #backlog: { connection: ConnectionAddress; bytes: Buffer; then: Reply["then"] }[] = [];
  readonly #later: { readonly cycle: number; readonly connection: ConnectionAddress; readonly reply: Reply }[] = [];
  #connections = 0;

  constructor(hosts: () => Hosts) {
    this.#hosts = hosts;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Bytes that are still to be written. */
  get unwritten(): number {
    return this.#backlog.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  accept(_key: Address<"FlowKey">): number {
    return this.listen(this.#connections);
  }

  hear(connection: ConnectionAddress, events: number): void {
    const { heap, port, stack } = this.#hosts();
    if ((events & TcpEvent.opened) !== 0) this.#open(connection);
    const talk = this.#talks.get(connection);
    const bytes = tcpReadBytes(heap.memory, connection);
    if (bytes > 0 && talk !== undefined) {
      const at = tcpReadAt(heap.memory, connection);
      talk.text += Buffer.from(heap.memory.u8.slice(at, at + bytes)).toString("latin1");
      tcpRead(heap, port, stack, connection, bytes);
      this.#serve(connection, talk);
    }
    if ((events & TcpEvent.ended) !== 0 && !this.#backlog.some((one) => one.connection === connection)) tcpClose(heap, port, stack, connection);
    if ((events & TcpEvent.gone) !== 0) {
      if (talk !== undefined && talk.text !== "") this.partial.push(talk.text);
      this.#talks.delete(connection);
      tcpRelease(heap, port, stack, connection);
    }
  }

  nextCycle(): number {
    return this.#later.reduce((first, { cycle }) => (first < 0 || cycle < first ? cycle : first), -1);
  }

  act(cycle: number): void {
    for (const one of this.#later.filter((later) => later.cycle <= cycle)) {
      this.#later.splice(this.#later.indexOf(one), 1);
      this.#act(one.connection, one.reply);
    }
  }

  quiet(): boolean {
    return this.#later.length === 0;
  }

  #open(connection: ConnectionAddress): void {
    const { memory } = this.#hosts().heap;
    const key = TcpConnection.key.at(connection);
    const number = this.#connections++;
    this.#talks.set(connection, { number, from: addressText(FlowKey.family.get(memory, key), memory.u8, key), text: "", count: 0, early: false });
    this.#act(connection, this.greeting(number));
  }

  #serve(connection: ConnectionAddress, talk: Talk): void {
    for (let request = firstRequest(talk.text); request !== null && this.#talks.has(connection); request = firstRequest(talk.text)) {
      talk.text = talk.text.slice(request.bytes);
      const seen: Seen = { ...request, from: talk.from, connection: talk.number, nth: talk.count++, tick: Math.floor(this.#hosts().nowCycle() / CYCLES_PER_TICK), cycle: this.#hosts().nowCycle(), field: (name) => fieldOf(request.text, name) };
      this.seen.push(seen);
      talk.early = false;
      this.#reply(connection, this.reply(seen), this.replyTicks);
      if (this.seen.length === 1 && this.afterTicks !== null) this.#reply(connection, this.afterTicks, this.afterTicks.ticks);
    }
    if (talk.early || !talk.text.includes("\r\n\r\n")) return;
    talk.early = true;
    this.#act(connection, this.early(talk.text));
  }

  #reply(connection: ConnectionAddress, reply: Reply, ticks: number): void {
    if (ticks === 0) return this.#act(connection, reply);
    this.#later.push({ cycle: this.#hosts().nowCycle() + ticks * CYCLES_PER_TICK, connection, reply });
  }

  #act(connection: ConnectionAddress, { text, then }: Reply): void {
    this.#backlog.push({ connection, bytes: Buffer.from(text ?? "", "latin1"), then });
    this.writeOn();
  }

  /** Writes what there was no room for. */
  writeOn(): void {
    const { heap, port, stack } = this.#hosts();
    for (const one of [...this.#backlog]) {
      if (this.#backlog.find(({ connection }) => connection === one.connection) !== one) continue;
      const isOpen = this.#talks.has(one.connection) && TcpConnection.state.get(heap.memory, one.connection) !== TcpState.closed;
      const source = new Memory(new ArrayBuffer((one.bytes.length + 7) & ~7));
      source.u8.set(one.bytes);
      const taken = isOpen ? tcpWrite(heap, port, stack, one.connection, source, 0, one.bytes.length) : one.bytes.length;
      one.bytes = one.bytes.subarray(taken);
      if (one.bytes.length > 0) continue;
      this.#backlog.splice(this.#backlog.indexOf(one), 1);
      if (isOpen && one.then === "close") tcpClose(heap, port, stack, one.connection);
      if (isOpen && one.then === "reset") tcpAbort(heap, port, stack, one.connection);
    }
  }
}
