/** One end of a connection with the machine, played by hand: a client, or a backend. Texts are latin-1. */

import { Memory } from "../../../../hal/memory.ts";
import type { Hosts } from "../../../../sim/inhabitants/hosts.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { TcpConnection, TcpEvent, TcpFate, tcpAbort, tcpAwaitRoom, tcpClose, tcpRead, tcpReadAt, tcpReadBytes, tcpRelease, tcpWrite } from "../../../../services/net/tcp/api.ts";

const PIECE_BYTES = 1 << 17;

export type Listener = (peer: Peer) => void;

export class Peer {
  /** What has been read so far. */
  received = "";
  opened = false;
  /** The machine has closed its side. */
  ended = false;
  /** How it ended, by name of TcpFate; "none" while it has not. */
  fate = "none";
  /** While false, nothing is read: the window closes. */
  reads = true;
  /** Bytes read at each look, at most. */
  readsAtOnce = Infinity;
  /** Called when something has come, or has ended. */
  onChange: Listener = () => undefined;
  #unsent = "";
  #closing = false;
  readonly #hosts: Hosts;
  readonly #connection: ConnectionAddress;
  readonly #now: () => number;

  constructor(hosts: Hosts, connection: ConnectionAddress, now: () => number) {
    this.#hosts = hosts;
    this.#connection = connection;
    this.#now = now;
  }

  get gone(): boolean {
    return this.fate !== "none";
  }

  /** Sends the text, as fast as the machine takes it. */
  send(text: string): this {
    this.#unsent += text;
    this.#at();
    this.#write();
    return this;
  }

  /** Bytes that the machine has not taken from this end's application yet. */
  get unsentBytes(): number {
    return this.#unsent.length;
  }

  /** A FIN, behind everything that was sent. */
  close(): this {
    this.#closing = true;
    this.#at();
    this.#write();
    return this;
  }

  reset(): this {
    const { heap, port, stack } = this.#hosts;
    this.#at();
    if (!this.gone) tcpAbort(heap, port, stack, this.#connection);
    this.#hosts.pump();
    return this;
  }

  /** Reads what has come, whatever `reads` says. */
  read(bytesMax = Infinity): this {
    const { heap, port, stack } = this.#hosts;
    if (this.gone) return this;
    this.#at();
    const bytes = Math.min(bytesMax, tcpReadBytes(heap.memory, this.#connection));
    if (bytes === 0) return this;
    const at = tcpReadAt(heap.memory, this.#connection);
    this.received += Buffer.from(heap.memory.u8.buffer, heap.memory.u8.byteOffset + at, bytes).toString("latin1");
    tcpRead(heap, port, stack, this.#connection, bytes);
    return this;
  }

  /** Told by the stack of its side: bits of TcpEvent. */
  hear(events: number): void {
    const { heap, port, stack } = this.#hosts;
    if ((events & TcpEvent.opened) !== 0) this.opened = true;
    if (this.reads) this.read(this.readsAtOnce);
    this.#write();
    if ((events & TcpEvent.ended) !== 0) this.ended = true;
    if ((events & TcpEvent.gone) !== 0) {
      const fate = TcpConnection.fate.get(heap.memory, this.#connection);
      this.fate = Object.entries(TcpFate).find(([, number]) => number === fate)?.[0] ?? "unknown";
      tcpRelease(heap, port, stack, this.#connection);
    }
    this.onChange(this);
  }

  #write(): void {
    const { heap, port, stack } = this.#hosts;
    if (this.gone) return;
    if (this.#unsent.length > 0) {
      // No send buffer is longer; it asks again when there is room.
      const piece = this.#unsent.slice(0, PIECE_BYTES);
      this.#unsent = this.#unsent.slice(tcpWrite(heap, port, stack, this.#connection, encode(piece), 0, piece.length));
      if (this.#unsent.length > 0) tcpAwaitRoom(heap.memory, this.#connection);
    }
    if (this.#closing && this.#unsent.length === 0) tcpClose(heap, port, stack, this.#connection);
  }

  #at(): void {
    this.#hosts.setTime(this.#now());
  }
}

/** A memory that begins with the text's bytes. */
export function encode(text: string): Memory {
  const memory = new Memory(new ArrayBuffer((text.length + 8) & ~7));
  memory.u8.set(Buffer.from(text, "latin1"));
  return memory;
}
