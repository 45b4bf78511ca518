/**
 * Clients that ask as fast as they are answered: each has one connection at a time, one request at a time on it, and makes a
 * request again on another connection when its own breaks. What they send and get is compared by digests.
 */

import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import type { Address } from "../../../hal/field.ts";
import { FlowKey } from "../../../services/net/segment.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { TcpEvent, TcpStack, tcpAbort, tcpClose, tcpConnect, tcpEndedWell, tcpOwner, tcpRead, tcpReadAt, tcpReadBytes, tcpRelease } from "../../../services/net/tcp/api.ts";
import type { Application } from "../../../sim/inhabitants/application.ts";
import type { Hosts } from "../../../sim/inhabitants/hosts.ts";
import { BulkBody, Framing, bodyDone, bodyTake, bodyToRead, bodyToWrite, digestText } from "./body.ts";
import { BulkClient, BulkClientState, Phase } from "./client-records.ts";
import { fieldOf, framingOf, headText, requestOf } from "./plan.ts";
import { SCRATCH_BYTES, writeBody, writeText } from "./scratch.ts";

type ClientAddress = Address<"BulkClient">;

export interface BulkClientPlan {
  readonly clients: number;
  readonly requests: number;
}

export class BulkClients implements Application {
  readonly state: Address<"BulkClientState">;
  readonly #hosts: Hosts;
  readonly #plan: BulkClientPlan;

  constructor(hosts: Hosts, plan: BulkClientPlan) {
    const { heap } = hosts;
    this.#hosts = hosts;
    this.#plan = plan;
    this.state = heap.allocate(BulkClientState.size) as Address<"BulkClientState">;
    heap.memory.fill(this.state, BulkClientState.size, 0);
    const clientsAt = heap.allocate(BulkClient.size * plan.clients);
    heap.memory.fill(clientsAt, BulkClient.size * plan.clients, 0);
    BulkClientState.scratch.set(heap.memory, this.state, heap.allocate(SCRATCH_BYTES));
    BulkClientState.clientsAt.set(heap.memory, this.state, clientsAt);
    BulkClientState.dueTick.set(heap.memory, this.state, 1);
    for (let number = 0; number < plan.clients; number++) BulkClient.number.set(heap.memory, this.#client(number), number);
    Object.freeze(this);
  }

  accept(): number {
    return 0;
  }

  hear(connection: ConnectionAddress, events: number): void {
    const { memory } = this.#hosts.heap;
    const client = tcpOwner(memory, connection) as ClientAddress;
    if ((events & TcpEvent.opened) !== 0) this.#next(connection, client);
    this.#advance(connection, client);
    if ((events & TcpEvent.gone) !== 0) this.#end(connection, client);
  }

  nextCycle(): number {
    const dueTick = BulkClientState.dueTick.get(this.#hosts.heap.memory, this.state);
    return dueTick === 0 ? -1 : dueTick * CYCLES_PER_TICK;
  }

  /** Whoever is away comes. */
  act(): void {
    BulkClientState.dueTick.set(this.#hosts.heap.memory, this.state, 0);
    for (let number = 0; number < this.#plan.clients; number++) {
      const client = this.#client(number);
      if (this.#isDue(client) && !this.#connect(client)) this.#comeLater();
    }
  }

  quiet(): boolean {
    const { memory } = this.#hosts.heap;
    return BulkClientState.answered.get(memory, this.state) + BulkClientState.refused.get(memory, this.state) === this.#plan.requests && BulkClientState.open.get(memory, this.state) === 0;
  }

  #client(number: number): ClientAddress {
    return (BulkClientState.clientsAt.get(this.#hosts.heap.memory, this.state) + number * BulkClient.size) as ClientAddress;
  }

  /** Has no connection, and something to ask. */
  #isDue(client: ClientAddress): boolean {
    const { memory } = this.#hosts.heap;
    if (BulkClient.phase.get(memory, client) !== Phase.away) return false;
    return BulkClient.pending.get(memory, client) !== 0 || BulkClientState.begun.get(memory, this.state) < this.#plan.requests;
  }

  #comeLater(): void {
    const { heap, stack } = this.#hosts;
    BulkClientState.dueTick.set(heap.memory, this.state, TcpStack.nowTick.get(heap.memory, stack) + 1);
  }

  #connect(client: ClientAddress): boolean {
    const { heap, port, stack } = this.#hosts;
    const { memory } = heap;
    const number = BulkClient.number.get(memory, client);
    const key = BulkClientState.key.at(this.state);
    memory.fill(key, FlowKey.size, 0);
    // 10.20.0.2:80, or [fd00::2]:80; from 10.1.x.y, or fd00:1::xy.
    const four = number % 4 !== 3;
    FlowKey.family.set(memory, key, four ? 4 : 6);
    FlowKey.source0.set(memory, key, four ? 0x0200_140a : 0x0000_00fd);
    FlowKey.source3.set(memory, key, four ? 0 : 0x0200_0000);
    FlowKey.destination0.set(memory, key, four ? (0x0000_010a | ((number >> 8) << 16) | ((number & 0xff) << 24)) : 0x0100_00fd);
    FlowKey.destination3.set(memory, key, four ? 0 : (number & 0xff) << 24);
    FlowKey.sourcePort.set(memory, key, 80);
    const connection = tcpConnect(heap, port, stack, key, client);
    if (connection < 0) return false;
    BulkClientState.connections.add(memory, this.state, 1);
    BulkClientState.open.add(memory, this.state, 1);
    BulkClient.phase.set(memory, client, Phase.over);
    return true;
  }

  /** The connection is open, or free again: the next request, or the one that broke. */
  #next(connection: ConnectionAddress, client: ClientAddress): void {
    const { heap, port, stack } = this.#hosts;
    const { memory } = heap;
    if (BulkClient.pending.get(memory, client) === 0) {
      const id = BulkClientState.begun.get(memory, this.state);
      if (id >= this.#plan.requests) {
        BulkClient.phase.set(memory, client, Phase.over);
        return tcpClose(heap, port, stack, connection);
      }
      BulkClientState.begun.set(memory, this.state, id + 1);
      BulkClient.id.set(memory, client, id);
      BulkClient.pending.set(memory, client, 1);
    }
    const { bytes, framing, seed } = requestOf(BulkClient.id.get(memory, client));
    bodyToWrite(memory, BulkClient.write.at(client), seed, bytes, framing);
    BulkClient.headDone.set(memory, client, 0);
    BulkClient.phase.set(memory, client, Phase.request);
  }

  #advance(connection: ConnectionAddress, client: ClientAddress): void {
    const { memory } = this.#hosts.heap;
    for (let phase = -1; phase !== BulkClient.phase.get(memory, client); ) {
      phase = BulkClient.phase.get(memory, client);
      if (phase === Phase.request) this.#writeHead(connection, client);
      else if (phase === Phase.requestBody && writeBody(this.#hosts, connection, BulkClient.write.at(client), BulkClientState.scratch.get(memory, this.state))) BulkClient.phase.set(memory, client, Phase.answer);
      if (phase === Phase.requestBody || phase === Phase.answer) this.#read(connection, client);
    }
  }

  #writeHead(connection: ConnectionAddress, client: ClientAddress): void {
    const { memory } = this.#hosts.heap;
    const id = BulkClient.id.get(memory, client);
    const { method, bytes, framing, closes } = requestOf(id);
    const delimiter = framing === Framing.chunked ? "Transfer-Encoding: chunked\r\n" : method === "POST" ? `Content-Length: ${bytes}\r\n` : "";
    if (!writeText(this.#hosts, connection, `${method} /bulk HTTP/1.1\r\nHost: bulk\r\nX-Id: ${id}\r\n${delimiter}${closes ? "Connection: close\r\n" : ""}\r\n`)) return;
    BulkClient.phase.set(memory, client, Phase.requestBody);
  }

  #read(connection: ConnectionAddress, client: ClientAddress): void {
    const { heap, port, stack } = this.#hosts;
    const { memory } = heap;
    if (BulkClient.headDone.get(memory, client) === 0 && !this.#readHead(connection, client)) return;
    const body = BulkClient.read.at(client);
    const there = tcpReadBytes(memory, connection);
    const taken = there === 0 ? 0 : bodyTake(memory, body, tcpReadAt(memory, connection), there);
    if (taken < 0) {
      BulkClientState.wrong.add(memory, this.state, 1);
      return tcpAbort(heap, port, stack, connection);
    }
    tcpRead(heap, port, stack, connection, taken);
    const untilClose = BulkBody.framing.get(memory, body) === Framing.untilClose;
    if (bodyDone(memory, body) || (untilClose && tcpEndedWell(memory, connection) && tcpReadBytes(memory, connection) === 0)) this.#answered(connection, client);
  }

  /** False while the head is not whole. */
  #readHead(connection: ConnectionAddress, client: ClientAddress): boolean {
    const { heap, port, stack } = this.#hosts;
    const { memory } = heap;
    const bytes = tcpReadBytes(memory, connection);
    const head = bytes === 0 ? "" : headText(memory.u8, tcpReadAt(memory, connection), bytes);
    if (head === "") return false;
    const id = BulkClient.id.get(memory, client);
    const well = head.startsWith("HTTP/1.1 200 ") && fieldOf(head, "X-Id") === `${id}`;
    const { method } = requestOf(id);
    const { framing, bytes: length } = framingOf(head, Framing.untilClose);
    bodyToRead(memory, BulkClient.read.at(client), method === "HEAD" ? 0 : length, method === "HEAD" ? Framing.length : framing);
    const [digest = "", told = ""] = fieldOf(head, "X-Digest").split("-");
    BulkClient.toldLow.set(memory, client, Number.parseInt(digest.slice(0, 8), 16));
    BulkClient.toldHigh.set(memory, client, Number.parseInt(digest.slice(8), 16));
    BulkClient.toldBytes.set(memory, client, Number(told));
    const write = BulkClient.write.at(client);
    const same = fieldOf(head, "X-Body") === digestText(memory, write, BulkBody.bytes.get(memory, write));
    BulkClient.headDone.set(memory, client, well && same ? 1 : well ? 2 : 3);
    BulkClient.closes.set(memory, client, /\r\nconnection: close\r\n/i.test(head) ? 1 : 0);
    tcpRead(heap, port, stack, connection, head.length);
    return true;
  }

  #answered(connection: ConnectionAddress, client: ClientAddress): void {
    const { heap, port, stack } = this.#hosts;
    const { memory } = heap;
    const read = BulkClient.read.at(client);
    const same = BulkBody.digestLow.get(memory, read) === BulkClient.toldLow.get(memory, client) && BulkBody.digestHigh.get(memory, read) === BulkClient.toldHigh.get(memory, client);
    const whole = BulkBody.bytes.get(memory, read) === BulkClient.toldBytes.get(memory, client);
    const how = BulkClient.headDone.get(memory, client);
    if (how === 3) BulkClientState.refused.add(memory, this.state, 1);
    else BulkClientState.answered.add(memory, this.state, 1);
    if (how === 2 || (how === 1 && !(same && whole))) BulkClientState.wrong.add(memory, this.state, 1);
    this.#tally(BulkBody.bytes.get(memory, BulkClient.write.at(client)), BulkBody.bytes.get(memory, read));
    BulkClient.pending.set(memory, client, 0);
    if (BulkClient.closes.get(memory, client) === 0) return this.#next(connection, client);
    BulkClient.phase.set(memory, client, Phase.over);
    tcpClose(heap, port, stack, connection);
  }

  #tally(requestBytes: number, answerBytes: number): void {
    const { memory } = this.#hosts.heap;
    const request = BulkClientState.requestBytes.get(memory, this.state) + requestBytes;
    const answer = BulkClientState.answerBytes.get(memory, this.state) + answerBytes;
    BulkClientState.requestKibibytes.add(memory, this.state, request >> 10);
    BulkClientState.answerKibibytes.add(memory, this.state, answer >> 10);
    BulkClientState.requestBytes.set(memory, this.state, request & 1023);
    BulkClientState.answerBytes.set(memory, this.state, answer & 1023);
  }

  #end(connection: ConnectionAddress, client: ClientAddress): void {
    const { heap, port, stack } = this.#hosts;
    const { memory } = heap;
    if (BulkClient.pending.get(memory, client) !== 0) BulkClientState.broken.add(memory, this.state, 1);
    BulkClient.phase.set(memory, client, Phase.away);
    BulkClientState.open.add(memory, this.state, -1);
    tcpRelease(heap, port, stack, connection);
    if (this.#isDue(client)) this.#comeLater();
  }
}
