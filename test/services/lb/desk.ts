/**
 * The balancer without a machine around it: its record and heap in one memory, operations and answers in another, run by
 * the very functions that the service runs. For tests of parts, and of what happens when memory ends at a given step.
 */

import { Memory } from "../../../hal/memory.ts";
import { ARENA_OVERHEAD_BYTES, arenaAccount, arenaCheck, arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import type { Block } from "../../../kernel/arena/block.ts";
import { BLOCK_HEADER_BYTES, blockBytes } from "../../../kernel/arena/block.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { Balancer } from "../../../services/lb/balancer.ts";
import type { BalancerAddress } from "../../../services/lb/balancer.ts";
import { readerOpen } from "../../../services/lb/codec/operand-reader.ts";
import { writerBytes, writerFailed, writerOpen } from "../../../services/lb/codec/operand-writer.ts";
import { runOperation } from "../../../services/lb/operations/control.ts";
import { balancerReset } from "../../../services/lb/reset.ts";
import type { LbLimits } from "../../../services/limits.ts";
import { lbStandard } from "../../../services/limits.ts";
import { decodeAnswer } from "../../../sim/conform/decode.ts";
import { encodeOperation } from "../../../sim/conform/encode.ts";
import type { Operation, Result } from "../../../sim/conform/script.ts";

const STATE_BYTES = 8192;
const SHARED_BYTES = 128 * 1024;

export interface DeskAnswer {
  readonly status: number;
  readonly payload: Uint8Array;
}

export class Desk {
  readonly memory: Memory;
  readonly shared = new Memory(new ArrayBuffer(SHARED_BYTES));
  readonly balancer = 0 as BalancerAddress;
  readonly limits: LbLimits;
  readonly heap: Heap;
  /** Allocations and growing resizes that still succeed; after that every one is out of memory. */
  allocationsLeft = Infinity;

  constructor(limits: LbLimits = lbStandard, arenaBytes = 1024 * 1024) {
    if (Balancer.size > STATE_BYTES || arenaBytes < ARENA_OVERHEAD_BYTES) throw new RangeError("the desk is too small");
    this.limits = limits;
    this.memory = new Memory(new ArrayBuffer(STATE_BYTES + arenaBytes));
    arenaFormat(this.memory, STATE_BYTES, arenaBytes);
    const arena = arenaHeap(this.memory, STATE_BYTES);
    this.heap = {
      memory: this.memory,
      allocate: (bytes, alignment) => (this.#spend() ? arena.allocate(bytes, alignment) : Errno.outOfMemory),
      free: (at) => {
        const status = arena.free(at);
        if (status !== 0) throw new Error(`a wrong address was freed: ${at} (${status})`);
        return status;
      },
      resize: (at, bytes) => (this.#isSmaller(at, bytes) || this.#spend() ? arena.resize(at, bytes) : Errno.outOfMemory),
    };
    balancerReset(this.heap, this.balancer);
  }

  #spend(): boolean {
    if (this.allocationsLeft <= 0) return false;
    this.allocationsLeft -= 1;
    return true;
  }

  /** Whether the live block at `at` has room for so many bytes already. */
  #isSmaller(at: number, bytes: number): boolean {
    return blockBytes(this.memory, (at - BLOCK_HEADER_BYTES) as Block) - BLOCK_HEADER_BYTES >= bytes;
  }

  /** Runs one operation given as bytes. */
  operate(operands: Uint8Array, answerBytesMax = SHARED_BYTES / 2): DeskAnswer {
    this.shared.u8.fill(0xee);
    this.shared.u8.set(operands);
    readerOpen(this.memory, Balancer.reader.at(this.balancer), 0, operands.length);
    const writer = Balancer.writer.at(this.balancer);
    writerOpen(this.memory, writer, SHARED_BYTES / 2, answerBytesMax);
    const status = runOperation(this.heap, this.limits, this.balancer, this.shared);
    if (writerFailed(this.memory, writer)) return { status: Errno.messageTooLarge, payload: new Uint8Array(0) };
    return { status, payload: this.shared.u8.slice(SHARED_BYTES / 2, SHARED_BYTES / 2 + writerBytes(this.memory, writer)) };
  }

  /** Runs one operation of a script. */
  run(operation: Operation): Result {
    const { status, payload } = this.operate(encodeOperation(operation));
    return decodeAnswer(operation, status, payload);
  }

  usedBytes(): number {
    return arenaAccount(this.memory, STATE_BYTES).usedBytes;
  }

  /** Throws if the arena is broken. */
  check(): void {
    const broken = arenaCheck(this.memory, STATE_BYTES);
    if (broken !== null) throw new Error(broken);
  }

  /** Everything that the balancer remembers, without what is scratch or a statistic, and without the arena's own books. */
  remembered(): string {
    const shown = Balancer.fields.filter((field) => field.kind === "state" || field.kind === "time").map((field) => `${field.name}=${field.show(this.memory, this.balancer)}`);
    return shown.join(" ");
  }
}
