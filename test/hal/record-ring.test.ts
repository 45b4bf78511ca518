import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";
import { RecordRing } from "../../hal/record-ring.ts";

const RING = 40;

function makeRing() {
  const plan = new RamPlan();
  plan.bytes("before", 64);
  const parts = RecordRing.plan(plan, "ring", RING);
  const behind = plan.bytes("behind", 64);
  const ram = new Memory(new ArrayBuffer((plan.end + 63) & ~63));
  return { ring: new RecordRing(ram, parts), ram, parts, behind };
}

describe("a ring of records", () => {
  test("keeps records of any length in order, by either way in and out, and writes nothing beside itself", () => {
    const step = fc.oneof(fc.record({ record: fc.uint8Array({ minLength: 1, maxLength: RING }), fromRam: fc.boolean() }), fc.constant(null));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { ring, ram, behind } = makeRing();
        const kept: Uint8Array[] = [];
        let free = RING;
        for (const next of steps) {
          const needed = next === null ? 0 : 4 + Math.ceil(next.record.length / 4) * 4;
          if (next !== null) {
            expect(ring.hasRoom(next.record.length)).toBe(needed <= free);
            if (needed > free) continue;
            ram.u8.set(next.record, behind);
            if (next.fromRam) ring.push(behind, next.record.length);
            else ring.pushBytes(next.record);
            ram.fill(behind, 64, 0);
            kept.push(next.record);
            free -= needed;
          } else if (kept.length > 0) {
            const first = kept.shift() as Uint8Array;
            expect(ring.headBytes()).toBe(first.length);
            expect(ring.headCopy()).toEqual(first);
            ring.copyHead(behind, first.length);
            expect(ram.u8.slice(behind, behind + first.length)).toEqual(first);
            ram.fill(behind, 64, 0);
            ring.drop();
            free += 4 + Math.ceil(first.length / 4) * 4;
          }
          expect([ring.spaceBytes, ring.isEmpty()]).toEqual([free - 4, kept.length === 0]);
          expect(ram.u8.subarray(0, 64).every((byte) => byte === 0) && ram.u8.subarray(behind).every((byte) => byte === 0)).toBe(true);
        }
        expect(ring.headBytes()).toBe(kept[0]?.length ?? 0);
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  test("a reset leaves nothing", () => {
    const { ring, ram } = makeRing();
    ring.pushBytes(new Uint8Array(30).fill(7));
    ring.reset();
    expect([ring.isEmpty(), ring.recordBytesMax, ring.spaceBytes]).toEqual([true, RING - 4, RING - 4]);
    expect(ram.u8.every((byte) => byte === 0)).toBe(true);
  });
});
