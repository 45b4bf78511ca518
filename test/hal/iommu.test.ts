import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Panic } from "../../hal/assert.ts";
import { inspectRecord } from "../../hal/inspect.ts";
import { DmaRight, IommuAccount } from "../../hal/iommu.ts";
import { HalTrace } from "../../hal/trace.ts";
import { bench } from "./fixture.ts";

const READ = DmaRight.read;
const WRITE = DmaRight.write;

describe("the IOMMU table", () => {
  test("grants nothing at power-on", () => {
    const { iommu } = bench().board;
    expect([iommu.check(0, 0, 0, READ), iommu.check(0, 0, 1, READ)]).toEqual([false, false]);
  });

  test("lets through exactly what lies in one granted range with all asked rights", () => {
    const range = fc.record({ base: fc.nat(200), bytes: fc.integer({ min: 1, max: 100 }), rights: fc.constantFrom(READ, WRITE, READ | WRITE) });
    const access = fc.record({ address: fc.integer({ min: -5, max: 320 }), bytes: fc.nat(120), rights: fc.constantFrom(READ, WRITE, READ | WRITE) });
    fc.assert(
      fc.property(fc.array(range, { maxLength: 4 }), access, (ranges, asked) => {
        const { board } = bench({ mailboxes: 2 });
        for (const { base, bytes, rights } of ranges) expect(board.iommu.grant(1, base, bytes, rights)).toBe(true);
        const granted = ranges.some(
          ({ base, bytes, rights }) => asked.address >= base && asked.address + asked.bytes <= base + bytes && (rights & asked.rights) === asked.rights,
        );
        expect(board.iommu.check(1, asked.address, asked.bytes, asked.rights)).toBe(granted);
        expect(board.iommu.check(0, asked.address, asked.bytes, asked.rights)).toBe(false);
        expect(board.iommu.misses(1)).toBe(granted ? 0 : 1);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("addresses beyond 32 bits, as a descriptor can hold them, miss", () => {
    const { iommu } = bench().board;
    iommu.grant(0, 0, 64, READ);
    expect(iommu.check(0, 2 ** 32, 8, READ)).toBe(false);
    expect(iommu.check(0, 2 ** 53, 8, READ)).toBe(false);
    expect(iommu.check(0, 2 ** 64, 8, READ)).toBe(false);
  });

  test("a miss is counted with what was asked, and traced with device and address", () => {
    const seen: unknown[] = [];
    const { board, ram, boardParts } = bench({ mailboxes: 2, probe: (kind, _process, device, address) => void seen.push([kind, device, address]) });
    board.iommu.grant(1, 64, 64, READ);
    board.iommu.check(1, 100, 50, WRITE);
    board.iommu.check(1, 64, 64, READ);
    expect(seen).toEqual([[HalTrace.iommuMiss, 1, 100]]);
    expect(inspectRecord(ram, IommuAccount, boardParts.iommu.accounts.at(1))).toEqual({ misses: 1, lastAddress: 100, lastBytes: 50, lastRights: WRITE });
  });

  test("a device's entries are bounded, and free again when revoked", () => {
    const { iommu } = bench({ mailboxes: 2, limits: { iommuRanges: 2 } }).board;
    expect([iommu.grant(0, 0, 8, READ), iommu.grant(0, 16, 8, READ), iommu.grant(0, 32, 8, READ)]).toEqual([true, true, false]);
    iommu.grant(1, 0, 8, READ);
    iommu.revoke(0);
    expect([iommu.check(0, 0, 8, READ), iommu.check(1, 0, 8, READ)]).toEqual([false, true]);
    expect(iommu.grant(0, 32, 8, READ)).toBe(true);
  });

  test("only RAM is granted, and only to devices that exist", () => {
    const { board, ram } = bench();
    expect(() => board.iommu.grant(0, ram.bytes - 8, 16, READ)).toThrow(Panic);
    expect(() => board.iommu.grant(0, -8, 16, READ)).toThrow(Panic);
    expect(() => board.iommu.grant(1, 0, 16, READ)).toThrow(Panic);
    expect(() => board.iommu.revoke(1)).toThrow(Panic);
  });
});
