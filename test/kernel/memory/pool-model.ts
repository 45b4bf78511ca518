/**
 * A model of the DMA pool: who holds how many references of which buffer, and what messages do with them. Messages lie
 * in a receiver's registers if it waited, else in its queue; all are taken before a command ends.
 */

import { Errno } from "../../../kernel/errno.ts";
import { PUPPETS, QUEUE } from "./puppets.ts";

interface Buffer {
  readonly handle: number;
  /** References by process. */
  readonly held: number[];
  travelling: number;
  /** -1 once its owner has ended. */
  owner: number;
}

export interface ModelMessage {
  readonly sender: number;
  readonly handle: number;
  /** A reference goes with it. */
  moves: boolean;
}

export class PoolModel {
  readonly count: number;
  /** Puppets that map the pool. */
  readonly mapped: readonly boolean[];
  readonly live = new Map<number, Buffer>();
  readonly stale: number[] = [];
  readonly alive: boolean[] = Array<boolean>(PUPPETS).fill(true);
  /** Blocked in receive: the next message goes into its registers. */
  readonly waiting: boolean[] = Array<boolean>(PUPPETS).fill(false);
  /** What has come; the first one lies in the registers if `direct` says so, the others in the queue. */
  readonly inbox: ModelMessage[][] = Array.from({ length: PUPPETS }, () => []);
  readonly direct: boolean[] = Array<boolean>(PUPPETS).fill(false);
  takenHome = 0;

  constructor(count: number, mapped: readonly boolean[]) {
    this.count = count;
    this.mapped = mapped;
  }

  /** The handle that the kernel answered is one that was never seen before, or an errno when there is nothing left. */
  allocated(process: number, handle: number): string {
    if (this.live.size === this.count) return handle === Errno.resourceExhausted ? "" : `a full pool answered ${handle}`;
    if (handle <= 0 || this.live.has(handle) || this.stale.includes(handle)) return `allocated ${handle}`;
    this.live.set(handle, { handle, held: Array.from({ length: PUPPETS }, (_, index) => (index === process ? 1 : 0)), travelling: 0, owner: process });
    return "";
  }

  acquire(process: number, handle: number): number {
    const buffer = this.live.get(handle);
    if (buffer === undefined) return Errno.invalidCapability;
    buffer.held[process]! += 1;
    return 0;
  }

  release(process: number, handle: number): number {
    const buffer = this.live.get(handle);
    if (buffer === undefined) return Errno.invalidCapability;
    if (buffer.held[process] === 0) return Errno.doubleFree;
    buffer.held[process]! -= 1;
    this.#settle(buffer, false);
    return 0;
  }

  holds(process: number, handle: number): boolean {
    return (this.live.get(handle)?.held[process] ?? 0) > 0;
  }

  send(sender: number, to: number, handle: number, moves: boolean): number {
    if (!this.alive[to]) return Errno.endpointNotFound;
    const buffer = this.live.get(handle);
    if (moves && (buffer === undefined || buffer.held[sender] === 0)) return Errno.invalidCapability;
    const direct = this.waiting[to]!;
    const queued = this.inbox[to]!.length - (this.direct[to] ? 1 : 0);
    if (!direct && queued >= QUEUE) return Errno.channelFull;
    const message = { sender, handle, moves };
    this.inbox[to]!.push(message);
    if (moves) {
      buffer!.held[sender]! -= 1;
      buffer!.travelling += 1;
    }
    if (direct) {
      this.waiting[to] = false;
      this.direct[to] = true;
      this.#arrive(to, message);
    }
    return 0;
  }

  /** A puppet's turn: those before it have run and wait, those behind it have not. */
  begin(actor: number): void {
    for (let process = 0; process < PUPPETS; process++) this.waiting[process] = this.alive[process]! && process < actor;
  }

  /** The receiver takes its next message, or there is none. */
  take(receiver: number): ModelMessage | undefined {
    const message = this.inbox[receiver]!.shift();
    if (message !== undefined && !this.direct[receiver]) this.#arrive(receiver, message);
    this.direct[receiver] = false;
    return message;
  }

  /** The message is in the receiver's registers now. */
  #arrive(receiver: number, message: ModelMessage): void {
    if (!message.moves) return;
    const buffer = this.live.get(message.handle)!;
    buffer.travelling -= 1;
    if (this.mapped[receiver]) buffer.held[receiver]! += 1;
    else {
      message.moves = false;
      this.#settle(buffer, true);
    }
  }

  end(process: number): void {
    this.alive[process] = false;
    this.waiting[process] = false;
    for (const inbox of this.inbox) {
      for (const message of inbox) if (message.sender === process && this.#isQueued(inbox, message)) this.#drop(message);
    }
    for (const message of this.inbox[process]!) if (this.#isQueued(this.inbox[process]!, message)) this.#drop(message);
    this.inbox[process]!.length = 0;
    for (const buffer of [...this.live.values()]) {
      if (buffer.owner === process) buffer.owner = -1;
      if (buffer.held[process] === 0) continue;
      buffer.held[process] = 0;
      this.#settle(buffer, true);
    }
  }

  #isQueued(inbox: ModelMessage[], message: ModelMessage): boolean {
    const to = this.inbox.indexOf(inbox);
    return !(this.direct[to]! && inbox[0] === message);
  }

  #drop(message: ModelMessage): void {
    if (!message.moves) return;
    message.moves = false;
    const buffer = this.live.get(message.handle)!;
    buffer.travelling -= 1;
    this.#settle(buffer, true);
  }

  #settle(buffer: Buffer, taken: boolean): void {
    if (buffer.travelling > 0 || buffer.held.some((count) => count > 0)) return;
    this.live.delete(buffer.handle);
    this.stale.push(buffer.handle);
    if (taken) this.takenHome += 1;
  }
}
