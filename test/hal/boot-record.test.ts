import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Panic } from "../../hal/assert.ts";
import { Board } from "../../hal/board.ts";
import { BootHeader, BootPart, decodeBootRecord, DumpError, partsOf, planRam, writeBootRecord } from "../../hal/boot-record.ts";
import { ClockRecord } from "../../hal/clock.ts";
import { EventRecord } from "../../hal/event-queue.ts";
import { u32 } from "../../hal/field.ts";
import { inspectPart } from "../../hal/inspect.ts";
import { layout } from "../../hal/layout.ts";
import { tinyHalLimits } from "../../hal/limits.ts";
import { Memory } from "../../hal/memory.ts";
import type { RamPlan } from "../../hal/ram-plan.ts";
import { snapshot } from "../../hal/snapshot.ts";

const State = layout("State", { served: u32, refused: u32 });
const DIGEST = "0123456789abcdef";

/** A board, an arena with a named record in it, written into RAM. */
function dumpOf(build: (plan: RamPlan) => void = () => {}) {
  const { plan, boot, parts } = planRam((plan) => {
    const board = Board.plan(plan, { limits: tinyHalLimits, devices: [{ name: "mailbox0", kind: "mailbox" }] });
    const arena = plan.bytes("arena.lb", 256);
    plan.name("state.lb", State, arena + 64);
    build(plan);
    return { board, arena };
  });
  const ram = new Memory(new ArrayBuffer((plan.end + 63) & ~63));
  writeBootRecord(ram, boot, plan.parts, DIGEST);
  const board = new Board(ram, parts.board);
  board.powerOn();
  return { ram, plan, board, boot, parts, dump: snapshot(ram) };
}

describe("the boot record", () => {
  test("gives the directory back from the bytes alone", () => {
    const { dump, plan, ram } = dumpOf();
    const directory = decodeBootRecord(dump);
    expect(directory).toMatchObject({ version: 1, ramBytes: ram.bytes, manifestDigest: DIGEST });
    expect(directory.parts).toEqual(
      plan.parts.map(({ name, base, bytes, count, layout: info }) => ({ name, base, bytes, count, layoutName: info === null ? null : info.layoutName })),
    );
    expect(directory.parts[0]).toEqual({ name: "boot", base: 0, bytes: 64, count: 1, layoutName: "BootHeader" });
  });

  test("with the layouts, any record of a dump can be read by name", () => {
    const { board, ram, parts } = dumpOf();
    State.served.set(ram, (parts.arena + 64) as never, 42);
    board.advance(1_000_007);
    const dump = snapshot(ram);
    const dumped = partsOf(decodeBootRecord(dump), [ClockRecord, State, EventRecord]);
    const memory = new Memory(dump.slice().buffer);
    const part = (name: string) => dumped.find((one) => one.name === name) ?? expect.fail(name);
    expect(inspectPart(memory, part("clock"))).toMatchObject({ cycle: 1_000_007, ticks: 1 });
    expect(inspectPart(memory, part("state.lb"))).toEqual({ served: 42, refused: 0 });
    expect(part("trace").layout).toBeNull();
  });

  test("reads a dump that lies in the middle of a larger buffer", () => {
    const { dump } = dumpOf();
    const larger = new Uint8Array(dump.length + 5);
    larger.set(dump, 3);
    expect(decodeBootRecord(larger.subarray(3, 3 + dump.length))).toEqual(decodeBootRecord(dump));
  });

  test("is small: 40 parts in less than 2 KiB", () => {
    const { plan } = dumpOf((more) => {
      for (let i = more.parts.length; i < 40; i++) more.records(`queue.service${i}.requests`, EventRecord, 1);
    });
    expect(plan.parts.length).toBe(40);
    expect(plan.parts[3].base).toBeLessThan(2048);
  });

  test("a plan that is not the same twice is a panic when it is written", () => {
    let calls = 0;
    const { plan, boot } = planRam((one) => void one.bytes("x".repeat(1 + 20 * calls++), 8));
    expect(() => writeBootRecord(new Memory(new ArrayBuffer(4096)), boot, plan.parts, DIGEST)).toThrow(Panic);
  });

  test("names are 1 to 31 characters of printable ASCII", () => {
    for (const name of ["", "x".repeat(32), "a b", "naïve"]) expect(() => planRam((plan) => void plan.bytes(name, 8)), name).toThrow(Panic);
    expect(() => planRam((plan) => void plan.bytes("x".repeat(31), 8))).not.toThrow();
  });

  test("its records have the stated sizes", () => {
    expect([BootHeader.size, BootPart.size]).toEqual([64, 16]);
  });
});

describe("a dump from anywhere", () => {
  const { dump, boot } = dumpOf();
  const at = boot.header;
  const entry = boot.parts.at(2);

  /** The message for a dump with something changed. */
  function complaint(change: (memory: Memory) => void): string {
    const memory = new Memory(dump.slice().buffer);
    change(memory);
    try {
      decodeBootRecord(memory.u8);
    } catch (error) {
      expect(error).toBeInstanceOf(DumpError);
      return (error as Error).message;
    }
    return "";
  }

  test("that is cut short or grown says how long it should be", () => {
    expect(() => decodeBootRecord(new Uint8Array(0))).toThrow(new DumpError("a dump begins with a boot record of 64 bytes; there are 0"));
    expect(() => decodeBootRecord(dump.subarray(0, 63))).toThrow(DumpError);
    expect(() => decodeBootRecord(dump.subarray(0, dump.length - 1))).toThrow(
      new DumpError(`the machine had ${dump.length} bytes of RAM; the dump has ${dump.length - 1}`),
    );
    expect(() => decodeBootRecord(new Uint8Array(dump.length + 64))).toThrow(new DumpError('a dump begins with "VERIDIAN"'));
  });

  test("that lies about itself says where", () => {
    expect(complaint((memory) => (memory.u8[3] ^= 1))).toBe('a dump begins with "VERIDIAN"');
    expect(complaint((memory) => BootHeader.version.set(memory, at, 2))).toBe("its boot record has version 2; this is for version 1");
    expect(complaint((memory) => BootHeader.partCount.set(memory, at, 0xffff_ffff))).toMatch(/^its directory of 4294967295 parts at 64 does not lie in RAM$/);
    expect(complaint((memory) => BootHeader.partsAt.set(memory, at, 0xffff_fff8))).toMatch(/^its directory/);
    expect(complaint((memory) => BootHeader.textAt.set(memory, at, dump.length))).toMatch(/^its names/);
    expect(complaint((memory) => BootHeader.textBytes.set(memory, at, 1))).toBe("part 0 has no name at 1 of the names");
    expect(complaint((memory) => BootPart.bytes.set(memory, entry, 0xffff_ffff))).toMatch(/^part 2 \(boot\.text\) of 4294967295 bytes at \d+ does not lie in RAM$/);
    expect(complaint((memory) => BootPart.name.set(memory, entry, 0xffff))).toBe("part 2 has no name at 65535 of the names");
    expect(complaint((memory) => BootPart.name.set(memory, entry, 0))).toBe("part 2 has no name at 0 of the names");
    expect(complaint((memory) => (memory.u8[boot.text + 1] = 0x07))).toBe("part 0 has a name that is not printable ASCII");
    expect(complaint((memory) => memory.fill(boot.text, boot.textBytes, 0x41))).toBe("part 0 has no name at 1 of the names");
  });

  test("never makes the decoder fail in another way, or run for long", () => {
    const head = boot.text + boot.textBytes;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(head - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }), (changes) => {
        expect(complaint((memory) => changes.forEach(([where, value]) => (memory.u8[where] = value)))).not.toMatch(/undefined|NaN/);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
