import { describe, expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { arenaCheck, arenaFormat, arenaAccount, arenaHeap } from "../../../kernel/arena.ts";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { parseAddressLiteral } from "../../../services/address-literal.ts";
import { IpAddress, NEIGHBOURS_MAX, Neighbour, neighbourTableCreate, nextHopMac } from "../../../services/net/neighbour.ts";

const GATEWAY = "02:00:00:00:00:fe";
const KEY = 65_536 as Address<"IpAddress">;

function setUp(arenaBytes = 65_536): { memory: Memory; heap: ReturnType<typeof arenaHeap> } {
  const memory = new Memory(new ArrayBuffer(arenaBytes + 128 * 1024));
  arenaFormat(memory, 0, arenaBytes);
  return { memory, heap: arenaHeap(memory, 0) };
}

function macOf(memory: Memory, table: number, address: string): string {
  memory.u8.set(Buffer.from(address), KEY + 64);
  const family = parseAddressLiteral(memory, KEY, memory, KEY + 64, address.length);
  const at = nextHopMac(memory, table as Address<"NeighbourTable">, family, KEY);
  return Buffer.from(memory.u8.slice(at, at + 6)).toString("hex");
}

describe("next hops", () => {
  test("a neighbour's own, else the gateway's", () => {
    const { memory, heap } = setUp();
    const table = neighbourTableCreate(heap, { "10.1.0.1": "02:00:00:00:01:01", "fd00::1": "0A:bC:00:00:01:02", "::10.1.0.1": "02:00:00:00:01:03" }, GATEWAY);
    expect(macOf(memory, table, "10.1.0.1")).toBe("020000000101");
    expect(macOf(memory, table, "fd00:0::1")).toBe("0abc00000102");
    expect(macOf(memory, table, "::10.1.0.1")).toBe("020000000103");
    expect(macOf(memory, table, "10.1.0.2")).toBe("0200000000fe");
    expect(macOf(memory, table, "fd00::2")).toBe("0200000000fe");
    expect(arenaCheck(memory, 0)).toBeNull();
  });

  test("the same words of another family are another address, wherever they fall in the table", () => {
    for (let i = 1; i < 64; i++) {
      const { memory, heap } = setUp();
      const table = neighbourTableCreate(heap, { [`10.1.0.${i}`]: "02:00:00:00:01:01" }, GATEWAY);
      expect(macOf(memory, table, `a01:${i.toString(16)}::`)).toBe("0200000000fe");
      expect(macOf(memory, table, `10.1.0.${i}`)).toBe("020000000101");
    }
  });

  test("no neighbours at all", () => {
    const { memory, heap } = setUp();
    expect(macOf(memory, neighbourTableCreate(heap, {}, GATEWAY), "10.1.0.1")).toBe("0200000000fe");
  });

  test("a thousand neighbours are all found", () => {
    const { memory, heap } = setUp(256 * 1024);
    const name = (i: number): string => `10.1.${i >> 8}.${i & 255}`;
    const mac = (i: number): string => `02:00:00:00:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`;
    const all = Array.from({ length: NEIGHBOURS_MAX }, (_, i) => i);
    const table = neighbourTableCreate(heap, Object.fromEntries(all.map((i) => [name(i), mac(i)])), GATEWAY);
    expect(table).toBeGreaterThan(0);
    for (const i of all) {
      const key = (280 * 1024) as Address<"IpAddress">;
      memory.fill(key, IpAddress.size, 0);
      memory.u8.set([10, 1, i >> 8, i & 255], key);
      const at = nextHopMac(memory, table as Address<"NeighbourTable">, 4, key);
      expect(Buffer.from(memory.u8.slice(at, at + 6)).toString("hex")).toBe(mac(i).replaceAll(":", ""));
    }
  });

  test.each([
    ["a name", { "backend.test": GATEWAY }, GATEWAY],
    ["an empty name", { "": GATEWAY }, GATEWAY],
    ["a long name", { ["1".repeat(300)]: GATEWAY }, GATEWAY],
    ["a name beyond latin-1", { "1\u{130}.1.1.1": GATEWAY }, GATEWAY],
    ["the same address twice", { "fd00::1": GATEWAY, "fd00:0::1": GATEWAY }, GATEWAY],
    ["a short MAC", { "10.0.0.1": "02:00:00:00:00" }, GATEWAY],
    ["a MAC with dashes", { "10.0.0.1": "02-00-00-00-00-01" }, GATEWAY],
    ["a MAC with more behind it", { "10.0.0.1": "02:00:00:00:00:01:02" }, GATEWAY],
    ["a bad gateway", {}, "02:00:00:00:00:0g"],
    ["too many", Object.fromEntries(Array.from({ length: NEIGHBOURS_MAX + 1 }, (_, i) => [`10.1.${i >> 8}.${i & 255}`, GATEWAY])), GATEWAY],
  ] as const)("refused, nothing left allocated: %s", (_, neighbours, gateway) => {
    const { memory, heap } = setUp();
    const before = arenaAccount(memory, 0).usedBytes;
    expect(neighbourTableCreate(heap, neighbours, gateway)).toBe(Errno.invalidArgument);
    expect(arenaAccount(memory, 0).usedBytes).toBe(before);
    expect(arenaCheck(memory, 0)).toBeNull();
  });

  test("an arena too small", () => {
    const { memory, heap } = setUp(1024);
    const before = arenaAccount(memory, 0).usedBytes;
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`10.1.0.${i}`, GATEWAY]));
    expect(neighbourTableCreate(heap, many, GATEWAY)).toBe(Errno.outOfMemory);
    expect(arenaAccount(memory, 0).usedBytes).toBe(before);
  });

  test("records take no hidden room", () => {
    expect([IpAddress.size, Neighbour.size]).toEqual([16, 32]);
  });
});
