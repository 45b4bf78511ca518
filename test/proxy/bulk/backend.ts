/** A backend that digests what it gets, says the digest in its answer, and answers with a body of its own. */

import type { Address } from "../../../hal/field.ts";
import { i32, nested } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { TcpEvent, tcpAbort, tcpClose, tcpEnded, tcpOwner, tcpRead, tcpReadAt, tcpReadBytes, tcpRelease, tcpSetOwner } from "../../../services/net/tcp/api.ts";
import type { Application } from "../../../sim/inhabitants/application.ts";
import type { Hosts } from "../../../sim/inhabitants/hosts.ts";
import { BulkBody, Framing, bodyDone, bodyTake, bodyToRead, bodyToWrite, bodyUnwritten, bodyWrote, digestText, writePattern } from "./body.ts";
import { fieldOf, framingOf, headText, responseOf } from "./plan.ts";
import { SCRATCH_BYTES, writeBody, writeText } from "./scratch.ts";

const Phase = Object.freeze({ head: 0, body: 1, answer: 2, answerBody: 3, over: 4 });

/** Owner of a connection that is not open yet: if it never opens nobody hears of its end. */
const UNCLAIMED = 1;

const BulkSession = layout("BulkSession", {
  phase: i32,
  id: i32,
  headOnly: i32,
  reserved: i32,
  read: nested(BulkBody),
  write: nested(BulkBody),
});

export const BulkBackendState = layout("BulkBackendState", {
  scratch: i32,
  sessions: i32,
  /** Requests that were read whole, those that were not, and requests that make no sense. */
  requests: i32,
  cut: i32,
  bad: i32,
  reserved: i32,
  ahead: nested(BulkBody),
});

type Session = Address<"BulkSession">;

export class BulkBackend implements Application {
  readonly state: Address<"BulkBackendState">;
  readonly #hosts: Hosts;

  constructor(hosts: Hosts) {
    const { heap } = hosts;
    this.#hosts = hosts;
    this.state = heap.allocate(BulkBackendState.size) as Address<"BulkBackendState">;
    heap.memory.fill(this.state, BulkBackendState.size, 0);
    BulkBackendState.scratch.set(heap.memory, this.state, heap.allocate(SCRATCH_BYTES));
    Object.freeze(this);
  }

  accept(): number {
    return UNCLAIMED;
  }

  hear(connection: ConnectionAddress, events: number): void {
    const { heap, port, stack } = this.#hosts;
    const owner = tcpOwner(heap.memory, connection);
    const session = owner === UNCLAIMED ? this.#begin(connection) : (owner as Session);
    this.#advance(connection, session);
    if ((events & TcpEvent.gone) !== 0) return this.#end(connection, session);
    const phase = BulkSession.phase.get(heap.memory, session);
    // Whoever closes has what he wanted, or wants no more.
    if (tcpEnded(heap.memory, connection) && phase !== Phase.answer && phase !== Phase.answerBody) tcpClose(heap, port, stack, connection);
  }

  nextCycle(): number {
    return -1;
  }

  act(): void {}

  quiet(): boolean {
    return BulkBackendState.sessions.get(this.#hosts.heap.memory, this.state) === 0;
  }

  #begin(connection: ConnectionAddress): Session {
    const { heap } = this.#hosts;
    const session = heap.allocate(BulkSession.size);
    if (session < 0) throw new Error("the world's memory is too small for its backends");
    heap.memory.fill(session, BulkSession.size, 0);
    BulkBackendState.sessions.add(heap.memory, this.state, 1);
    tcpSetOwner(heap.memory, connection, session);
    return session as Session;
  }

  #advance(connection: ConnectionAddress, session: Session): void {
    const { memory } = this.#hosts.heap;
    for (let phase = -1; phase !== BulkSession.phase.get(memory, session); ) {
      phase = BulkSession.phase.get(memory, session);
      if (phase === Phase.head) this.#readHead(connection, session);
      else if (phase === Phase.body) this.#readBody(connection, session);
      else if (phase === Phase.answer) this.#answer(connection, session);
      else if (phase === Phase.answerBody) this.#answerBody(connection, session);
    }
  }

  #readHead(connection: ConnectionAddress, session: Session): void {
    const { heap, port, stack } = this.#hosts;
    const { memory } = heap;
    const bytes = tcpReadBytes(memory, connection);
    const head = bytes === 0 ? "" : headText(memory.u8, tcpReadAt(memory, connection), bytes);
    if (head === "") return;
    const id = fieldOf(head, "X-Id");
    if (!/^(GET|HEAD|POST) \/bulk HTTP\/1\.1\r\n/.test(head) || id === "") BulkBackendState.bad.add(memory, this.state, 1);
    BulkSession.id.set(memory, session, Number(id));
    BulkSession.headOnly.set(memory, session, head.startsWith("HEAD ") ? 1 : 0);
    const { framing, bytes: length } = framingOf(head, Framing.length);
    bodyToRead(memory, BulkSession.read.at(session), length, framing);
    tcpRead(heap, port, stack, connection, head.length);
    BulkSession.phase.set(memory, session, Phase.body);
  }

  #readBody(connection: ConnectionAddress, session: Session): void {
    const { heap, port, stack } = this.#hosts;
    const { memory } = heap;
    const body = BulkSession.read.at(session);
    const there = tcpReadBytes(memory, connection);
    const taken = there === 0 ? 0 : bodyTake(memory, body, tcpReadAt(memory, connection), there);
    if (taken < 0) {
      BulkBackendState.bad.add(memory, this.state, 1);
      BulkSession.phase.set(memory, session, Phase.over);
      return tcpAbort(heap, port, stack, connection);
    }
    tcpRead(heap, port, stack, connection, taken);
    if (!bodyDone(memory, body)) return;
    BulkBackendState.requests.add(memory, this.state, 1);
    BulkSession.phase.set(memory, session, Phase.answer);
  }

  #answer(connection: ConnectionAddress, session: Session): void {
    const { memory } = this.#hosts.heap;
    const id = BulkSession.id.get(memory, session);
    const { bytes, framing, seed } = responseOf(id);
    const headOnly = BulkSession.headOnly.get(memory, session) !== 0;
    const read = BulkSession.read.at(session);
    const delimiter = framing === Framing.length ? `Content-Length: ${bytes}` : framing === Framing.chunked ? "Transfer-Encoding: chunked" : "Connection: close";
    const digests = `X-Body: ${digestText(memory, read, BulkBody.bytes.get(memory, read))}\r\nX-Digest: ${this.#digestAhead(seed, headOnly ? 0 : bytes)}`;
    if (!writeText(this.#hosts, connection, `HTTP/1.1 200 OK\r\nX-Id: ${id}\r\n${digests}\r\n${delimiter}\r\n\r\n`)) return;
    bodyToWrite(memory, BulkSession.write.at(session), seed, headOnly ? 0 : bytes, headOnly ? Framing.length : framing);
    BulkSession.phase.set(memory, session, Phase.answerBody);
  }

  #answerBody(connection: ConnectionAddress, session: Session): void {
    const { heap, port, stack } = this.#hosts;
    const { memory } = heap;
    if (!writeBody(this.#hosts, connection, BulkSession.write.at(session), BulkBackendState.scratch.get(memory, this.state))) return;
    const closes = responseOf(BulkSession.id.get(memory, session)).framing === Framing.untilClose;
    BulkSession.phase.set(memory, session, closes ? Phase.over : Phase.head);
    if (closes) tcpClose(heap, port, stack, connection);
  }

  /** The digest of a body before it is written. */
  #digestAhead(seed: number, bytes: number): string {
    const { memory } = this.#hosts.heap;
    const ahead = BulkBackendState.ahead.at(this.state);
    const scratch = BulkBackendState.scratch.get(memory, this.state);
    bodyToWrite(memory, ahead, seed, bytes, Framing.length);
    for (let left = bodyUnwritten(memory, ahead); left > 0; left = bodyUnwritten(memory, ahead)) {
      const piece = Math.min(left, SCRATCH_BYTES);
      writePattern(memory, scratch, seed, bytes - left, piece);
      bodyWrote(memory, ahead, scratch, piece);
    }
    return digestText(memory, ahead, bytes);
  }

  #end(connection: ConnectionAddress, session: Session): void {
    const { heap, port, stack } = this.#hosts;
    const phase = BulkSession.phase.get(heap.memory, session);
    if (phase !== Phase.head && phase !== Phase.over) BulkBackendState.cut.add(heap.memory, this.state, 1);
    tcpRelease(heap, port, stack, connection);
    heap.free(session);
    BulkBackendState.sessions.add(heap.memory, this.state, -1);
  }
}
