/** A board of mailboxes for hal's tests: the smallest machine that has every part. */

import { Board } from "../../hal/board.ts";
import type { BoardOptions, BoardParts } from "../../hal/board.ts";
import type { HalLimits } from "../../hal/limits.ts";
import { tinyHalLimits } from "../../hal/limits.ts";
import { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";
import { RamPlan } from "../../hal/ram-plan.ts";

export interface Bench {
  readonly board: Board;
  readonly ram: Memory;
  readonly boardParts: BoardParts;
  readonly parts: readonly Part[];
  /** 1024 bytes of plain RAM. */
  readonly plain: number;
}

export function bench(options: BoardOptions & { limits?: Partial<HalLimits>; mailboxes?: number } = {}): Bench {
  const limits = { ...tinyHalLimits, ...options.limits };
  const plan = new RamPlan();
  const devices = Array.from({ length: options.mailboxes ?? 1 }, (_, i) => ({ name: `mailbox${i}`, kind: "mailbox" as const }));
  const boardParts = Board.plan(plan, { limits, devices });
  const plain = plan.bytes("plain", 1024);
  const ram = new Memory(new ArrayBuffer((plan.end + 63) & ~63));
  const board = new Board(ram, boardParts, options);
  board.powerOn();
  return { board, ram, boardParts, parts: plan.parts, plain };
}
