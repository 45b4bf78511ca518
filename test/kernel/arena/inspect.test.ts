/** arenaCheck is a checker, so it is checked: every rule has a planted violation that it must name. */

import { describe, expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { ArenaBlock, ArenaHeader, arenaAllocate, arenaCheck, arenaFormat, arenaFree } from "../../../kernel/arena.ts";
import type { Address } from "../../../hal/field.ts";

const BYTES = 2048;
const arena = 0 as Address<"ArenaHeader">;

interface Scene {
  readonly memory: Memory;
  /** Live, free, live, free, free (another list), live; then the rest of the arena. */
  readonly blocks: readonly number[];
}

function scene(): Scene {
  const memory = new Memory(new ArrayBuffer(BYTES));
  arenaFormat(memory, 0, BYTES);
  const blocks = [100, 64, 40, 64, 40, 200, 40].map((bytes) => arenaAllocate(memory, 0, bytes));
  for (const index of [1, 3, 5]) arenaFree(memory, 0, blocks[index]!);
  return { memory, blocks };
}

function block(at: number): Address<"ArenaBlock"> {
  return (at - 8) as Address<"ArenaBlock">;
}

const PLANTS: readonly { readonly what: string; readonly says: RegExp; plant(scene: Scene): void }[] = [
  { what: "a header that lost its seal", says: /not sealed/, plant: ({ memory }) => ArenaHeader.seal.add(memory, arena, 1) },
  { what: "another size", says: /not sealed/, plant: ({ memory }) => ArenaHeader.sizeBytes.add(memory, arena, -8) },
  { what: "another number of lists", says: /not sealed/, plant: ({ memory }) => ArenaHeader.listShift.add(memory, arena, 1) },
  { what: "wrong usedBytes", says: /usedBytes is/, plant: ({ memory }) => ArenaHeader.usedBytes.add(memory, arena, 8) },
  { what: "wrong blockCount", says: /blockCount is/, plant: ({ memory }) => ArenaHeader.blockCount.add(memory, arena, -1) },
  { what: "a peak below what is used", says: /peakBytes is below/, plant: ({ memory }) => ArenaHeader.peakBytes.set(memory, arena, 8) },
  { what: "a touched mark that is too low", says: /beyond touchedBytes/, plant: ({ memory }) => ArenaHeader.touchedBytes.add(memory, arena, -8) },
  { what: "a level's bit that is missing", says: /levelBits/, plant: ({ memory }) => ArenaHeader.levelBits.set(memory, arena, 0) },
  {
    what: "a list's bit that is missing",
    says: /level \d+: its bits/,
    plant: ({ memory }) => {
      const row = ArenaHeader.size + 4 * 5 * (31 - Math.clz32(ArenaHeader.levelBits.get(memory, arena)));
      expect(memory.i32[row >> 2]).not.toBe(0);
      memory.i32[row >> 2] = 0;
    },
  },
  { what: "a block without size", says: /its size is 0/, plant: ({ memory, blocks }) => ArenaBlock.shape.set(memory, block(blocks[2]!), 4) },
  { what: "a block that leaves the arena", says: /its size is/, plant: ({ memory, blocks }) => ArenaBlock.shape.set(memory, block(blocks[6]!), (BYTES << 2) | 4) },
  { what: "a wrong word about the block before", says: /says the one before has/, plant: ({ memory, blocks }) => ArenaBlock.previousBytes.add(memory, block(blocks[2]!), 8) },
  { what: "a live block that calls itself free", says: /its header says free|so is the one before/, plant: ({ memory, blocks }) => ArenaBlock.shape.set(memory, block(blocks[0]!), 112 << 2) },
  { what: "two free neighbours", says: /so is the one before/, plant: ({ memory, blocks }) => ArenaBlock.shape.set(memory, block(blocks[2]!), 48 << 2) },
  {
    what: "a live block whose bit is gone",
    says: /its header says live/,
    plant: ({ memory, blocks }) => {
      const bit = (blocks[2]! - 8) >> 3;
      memory.i32[(ArenaHeader.liveBitsOffset.get(memory, arena) >> 2) + (bit >> 5)]! &= ~(1 << (bit & 31));
    },
  },
  {
    what: "a bit where no block begins",
    says: /places are marked/,
    plant: ({ memory, blocks }) => {
      const bit = blocks[0]! >> 3;
      memory.i32[(ArenaHeader.liveBitsOffset.get(memory, arena) >> 2) + (bit >> 5)]! |= 1 << (bit & 31);
    },
  },
  { what: "a write after free", says: /written to at/, plant: ({ memory, blocks }) => void (memory.u8[blocks[5]! + 100] = 0) },
  { what: "a write past the end of a live block", says: /size is|one before/, plant: ({ memory, blocks }) => memory.fill(blocks[0]!, 108, 0x41) },
  { what: "a list that leads outside", says: /is outside/, plant: ({ memory, blocks }) => ArenaBlock.nextFree.set(memory, block(blocks[3]!), BYTES) },
  { what: "a list that leads into a live block", says: /is not free/, plant: ({ memory, blocks }) => ArenaBlock.nextFree.set(memory, block(blocks[3]!), block(blocks[0]!)) },
  { what: "a list that leads to a block of another size", says: /belongs elsewhere/, plant: ({ memory, blocks }) => ArenaBlock.nextFree.set(memory, block(blocks[3]!), block(blocks[5]!)) },
  { what: "a list that runs in a ring", says: /does not name the one before/, plant: ({ memory, blocks }) => ArenaBlock.nextFree.set(memory, block(blocks[1]!), block(blocks[3]!)) },
  { what: "a list that lost a block", says: /blocks are in lists/, plant: ({ memory, blocks }) => ArenaBlock.nextFree.set(memory, block(blocks[3]!), 0) },
];

describe("arenaCheck", () => {
  test("the scene itself is whole", () => {
    expect(arenaCheck(scene().memory, 0)).toBeNull();
  });

  test.each(PLANTS)("speaks of $what", ({ says, plant }) => {
    const planted = scene();
    plant(planted);
    expect(arenaCheck(planted.memory, 0)).toMatch(says);
  });

  test("any single overwritten word of the arena's own records is seen, or harms nobody", () => {
    const whole = scene().memory.u8.slice();
    const memory = new Memory(whole.buffer.slice(0));
    const quiet = new Set(["failures", "misuses", "peakBytes"]);
    const first = ArenaHeader.firstBlockOffset.get(memory, arena);
    for (let word = 0; word < first >> 2; word++) {
      for (const value of [0, -1, 1 << 30, -(1 << 31), 8, 0x41414141]) {
        memory.u8.set(whole);
        const field = ArenaHeader.fields.find((one) => one.offset === word * 4)?.name;
        if (memory.i32[word] === value || (field !== undefined && quiet.has(field))) continue;
        memory.i32[word] = value;
        const said = arenaCheck(memory, 0);
        // Memory beyond touchedBytes is not looked at, so that a mark too high is only seen where something lies there.
        if (field === "touchedBytes" && said === null) continue;
        if (isPadding(word * 4, memory)) continue;
        expect([word, field, value, said === null]).toEqual([word, field, value, false]);
      }
    }
  });
});

/** Heads of lists for sizes that no block has, bits of levels that are not there: nothing reads them. */
function isPadding(offset: number, memory: Memory): boolean {
  return offset >= ArenaHeader.liveBitsOffset.get(memory, arena) + (BYTES >> 6);
}
