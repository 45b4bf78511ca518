/** Backends on a stack of their own, and a client's stack that a test plays by hand; between them a line without a machine. */

import { CYCLES_PER_TICK } from "../../../../hal/clock.ts";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { arenaAccount } from "../../../../kernel/arena.ts";
import type { Heap } from "../../../../kernel/heap.ts";
import type { ConnectionAddress, StackAddress } from "../../../../services/net/tcp/api.ts";
import { TcpEvent, tcpAbort, tcpClose, tcpRelease, tcpWrite } from "../../../../services/net/tcp/api.ts";
import type { TcpLimits } from "../../../../services/net/tcp/limits.ts";
import type { BackendAccount } from "../../../../sim/inhabitants/backends/account.ts";
import { backendsAccount } from "../../../../sim/inhabitants/backends/account.ts";
import { Backends } from "../../../../sim/inhabitants/backends/backends.ts";
import { matchContent } from "../../../../sim/inhabitants/content.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import type { BackendPlan } from "../../../../sim/scenario/plan.ts";
import { Host, Line } from "../../../services/net/tcp/rig.ts";

const SERVER = 1;
const PORT = 8001;
/** The rig's address of host 1. */
const ADDRESS = "2.0.0.10";

export const planned: BackendPlan = Object.freeze({
  address: ADDRESS,
  port: PORT,
  serviceTicks: constantly(10),
  concurrency: 4,
  queueMax: 4,
  bodyBytes: constantly(100),
  chunkedParts: 0,
  failureParts: 0,
  resetParts: 0,
  closeParts: 0,
  events: [],
});

/** What one connection of the client has seen. */
export interface Seen {
  readonly connection: ConnectionAddress;
  text: string;
  opened: boolean;
  ended: boolean;
  fate: string;
  /** Tick at which the last bytes came. */
  tick: number;
}

export class Stage {
  readonly client: Host;
  readonly server: Host;
  readonly line: Line;
  readonly backends: Backends;
  readonly seen = new Map<ConnectionAddress, Seen>();
  readonly #used: number;

  constructor(plan: Partial<BackendPlan> = {}, limits: Partial<TcpLimits> = {}, seed = 1) {
    this.client = new Host(0, { timeWaitTicks: 20 });
    this.server = new Host(SERVER, { timeWaitTicks: 20, ...limits });
    this.line = new Line([this.client, this.server]);
    const { heap, stack } = this.server;
    const port = { send: this.server.port.send, accept: (_heap: Heap, _stack: StackAddress, key: Address<"FlowKey">) => this.backends.accept(key) };
    (this.server as { port: typeof port }).port = port;
    this.backends = new Backends({ heap, stack, port }, [{ ...planned, ...plan }], seed);
    this.#used = arenaAccount(heap.memory, 0).usedBytes;
  }

  get tick(): number {
    return this.line.tick;
  }

  account(): BackendAccount {
    return backendsAccount(this.backends, this.tick).backends[0];
  }

  /** Bytes of the world's memory that are allocated beyond what idle backends have. */
  get leaked(): number {
    return arenaAccount(this.server.memory, 0).usedBytes - this.#used;
  }

  open(): Seen {
    const connection = this.client.connect(PORT) as ConnectionAddress;
    const seen: Seen = { connection, text: "", opened: false, ended: false, fate: "", tick: 0 };
    this.seen.set(connection, seen);
    this.#settle();
    return seen;
  }

  send(seen: Seen, text: string | Uint8Array): void {
    const bytes = typeof text === "string" ? Uint8Array.from(text, (c) => c.charCodeAt(0)) : text;
    const source = new Memory(new ArrayBuffer((bytes.length + 7) & ~7));
    source.u8.set(bytes);
    const { heap, port, stack } = this.client;
    const taken = tcpWrite(heap, port, stack, seen.connection, source, 0, bytes.length);
    if (taken !== bytes.length) throw new Error("the client's buffer is full");
    this.#settle();
  }

  close(seen: Seen): void {
    tcpClose(this.client.heap, this.client.port, this.client.stack, seen.connection);
  }

  abort(seen: Seen): void {
    tcpAbort(this.client.heap, this.client.port, this.client.stack, seen.connection);
  }

  step(ticks = 1): void {
    for (let i = 0; i < ticks; i++) {
      this.line.step();
      this.#settle();
      const next = this.backends.nextCycle();
      if (next >= 0 && next <= this.tick * CYCLES_PER_TICK) this.backends.act(this.tick * CYCLES_PER_TICK);
      this.#settle();
    }
  }

  until(done: () => boolean, ticks = 5000): void {
    for (let i = 0; i < ticks && !done(); i++) this.step();
    if (!done()) throw new Error(`not within ${ticks} ticks`);
  }

  #settle(): void {
    for (const { connection, events } of this.server.events()) this.backends.hear(connection, events);
    for (const { connection, events } of this.client.events()) this.#hear(connection, events);
    this.line.collect();
  }

  #hear(connection: ConnectionAddress, events: number): void {
    const seen = this.seen.get(connection);
    if (seen === undefined) return;
    if ((events & TcpEvent.opened) !== 0) seen.opened = true;
    const bytes = this.client.read(connection);
    if (bytes.length > 0) {
      seen.text += Buffer.from(bytes).toString("latin1");
      seen.tick = this.tick;
    }
    if ((events & TcpEvent.ended) !== 0) seen.ended = true;
    if ((events & TcpEvent.gone) === 0) return;
    seen.fate = this.client.fate(connection);
    tcpRelease(this.client.heap, this.client.port, this.client.stack, connection);
    this.seen.delete(connection);
  }
}

/** A request with a body that a word stands for, or without one. */
export function get(target = "/", lines = ""): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
}

export interface Answer {
  readonly status: number;
  readonly lines: Readonly<Record<string, string>>;
  /** Bytes of the body, and whether they are what the answer says of itself; of a body that is not whole as far as it goes. */
  readonly bytes: number;
  readonly sound: boolean;
  readonly whole: boolean;
}

/** The answers in what a connection has seen; `heads` says which of them have no body. */
export function answersIn(text: string, headsOnly = false): Answer[] {
  const all: Answer[] = [];
  for (let rest = text; rest !== ""; ) {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd < 0) throw new Error(`no head: ${JSON.stringify(rest.slice(0, 80))}`);
    const [first, ...fields] = rest.slice(0, headEnd).split("\r\n");
    const lines = Object.fromEntries(fields.map((field) => [field.slice(0, field.indexOf(":")).toLowerCase(), field.slice(field.indexOf(":") + 1).trim()]));
    const status = Number(first.split(" ")[1]);
    const { body, after, whole } = status === 100 || headsOnly ? { body: "", after: rest.slice(headEnd + 4), whole: true } : bodyOf(lines, rest.slice(headEnd + 4));
    all.push({ status, lines, bytes: body.length, sound: isSound(lines, body), whole });
    rest = after;
  }
  return all;
}

function bodyOf(lines: Readonly<Record<string, string>>, text: string): { body: string; after: string; whole: boolean } {
  if (lines["content-length"] !== undefined) {
    const bytes = Number(lines["content-length"]);
    return { body: text.slice(0, bytes), after: text.slice(bytes), whole: text.length >= bytes };
  }
  if (lines["transfer-encoding"] === undefined) return { body: text, after: "", whole: true };
  let body = "";
  for (let at = 0; ; ) {
    const line = text.indexOf("\r\n", at);
    if (line < 0) return { body, after: "", whole: false };
    const bytes = Number.parseInt(text.slice(at, line), 16);
    body += text.slice(line + 2, line + 2 + bytes);
    at = line + 2 + bytes + 2;
    if (bytes === 0) return { body, after: text.slice(at), whole: true };
    if (text.length < at) return { body, after: "", whole: false };
  }
}

/** Whether the body's bytes follow from the word that the answer names. */
function isSound(lines: Readonly<Record<string, string>>, body: string): boolean {
  const [word] = (lines["x-content"] ?? "0/0").split("/");
  const memory = new Memory(new ArrayBuffer((body.length + 7) & ~7));
  memory.u8.set(Buffer.from(body, "latin1"));
  return matchContent(memory, 0, body.length, Number.parseInt(word, 16) | 0, 0) === body.length;
}
