/** The table of virtual IPs that net reads: what is in it, in which order, and what a small region does. */

import { describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { VipEntry, VipTableHeader } from "../../../../services/lb/api.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { sessionCookieWrite, vipTableWrite } from "../../../../services/lb/l4/vip-table.ts";
import type { TextAddress } from "../../../../services/lb/text.ts";
import { textOfAscii } from "../../../../services/lb/text.ts";
import { vipEntryAt, vipSearch, vipTableBytes, vipTableRoom } from "../../../../services/lb/vips-api.ts";
import { Desk } from "../desk.ts";

const TABLE = 0 as Address<"VipTableHeader">;

const addVip = (desk: Desk, vip: string, port = 80): void => expect(desk.run({ op: "add_vip", vip, port, algorithm: "RoundRobin" })).toEqual({ ok: null });

interface Entry {
  readonly address: string;
  readonly port: number;
  readonly family: number;
  readonly number: number;
}

/** Writes the table into a region of that size, after rubbish, and reads it. What lies behind the region stays as it was. */
function write(desk: Desk, regionBytes = 4096): { entries: Entry[]; version: number } {
  const { memory, shared, balancer } = desk;
  const { version: before } = VipTableHeader.view(shared, TABLE);
  shared.fill(8, 8192, 0xee);
  vipTableWrite(memory, Balancer.transport.at(balancer), Balancer.wantedVip.at(balancer), shared, TABLE, regionBytes);
  expect(shared.u8.subarray(regionBytes, 8192).every((byte) => byte === 0xee)).toBe(true);
  const { count, version } = VipTableHeader.view(shared, TABLE);
  if (regionBytes >= 8) expect(version).toBe((before + 1) >>> 0);
  const entries = Array.from({ length: count }, (_, position) => {
    const at = vipEntryAt(TABLE, position);
    const { port, family, number } = VipEntry.view(shared, at);
    return { address: Buffer.from(shared.u8.slice(at, at + 16)).toString("hex"), port, family, number };
  });
  return { entries, version };
}

const v4 = (hex: string): string => hex.padEnd(32, "0");

test("only addresses that are IP literals are in it, each with its position among all", () => {
  const desk = new Desk();
  for (const vip of ["10.0.0.1", "service.example", "fd00::1", "[fd00::2]", "[10.0.0.9]", "", "[", "10.0.0.01", "2001:db8::"]) addVip(desk, vip);
  const { vips } = (desk.run({ op: "dump" }) as unknown as { ok: { vips: { address: string }[] } }).ok;
  const { entries } = write(desk);
  expect(entries.map(({ address, family, number }) => `${vips[number].address} ${family} ${address}`).sort()).toEqual([
    `10.0.0.1 4 ${v4("0a000001")}`,
    `2001:db8:: 6 20010db8${"0".repeat(24)}`,
    `[fd00::2] 6 fd00${"0".repeat(27)}2`,
    `fd00::1 6 fd00${"0".repeat(27)}1`,
  ].sort());
});

test("of several spellings of one address the first by key is in it", () => {
  const desk = new Desk();
  for (const vip of ["fd00:0::1", "fd00::1", "[fd00::1]"]) addVip(desk, vip);
  addVip(desk, "fd00::1", 81);
  expect(write(desk).entries).toMatchObject([{ port: 80, number: 0 }, { port: 81 }]);
});

describe("any number of entries", () => {
  test.each([0, 1, 2, 3, 7, 64, 167])("%i: each is found, what is not there is not", (count) => {
    const desk = new Desk();
    const ports = [80, 443, 8080];
    const wanted = Array.from({ length: count }, (_, i) => ({ address: `${(i * 73) % 256}.${i % 3}.${(i * 191) % 256}.${i >> 1}`, port: ports[i % 3] }));
    for (const { address, port } of wanted) addVip(desk, address, port);
    const { entries } = write(desk);
    expect(entries).toHaveLength(count);
    const { memory, shared } = desk;
    const find = (bytes: readonly number[], port: number, family: number): number => {
      memory.u8.set([...bytes, ...new Array<number>(16 - bytes.length).fill(0)], Balancer.client.at(desk.balancer));
      return vipSearch(shared, TABLE, count, memory, Balancer.client.at(desk.balancer), port, family);
    };
    for (const { address, port } of wanted) {
      const bytes = address.split(".").map(Number);
      expect(entries[find(bytes, port, 4)]).toMatchObject({ port, address: v4(Buffer.from(bytes).toString("hex")) });
      expect(find(bytes, port + 1, 4)).toBeLessThan(0);
      expect(find(bytes, port, 6)).toBeLessThan(0);
      expect(find([...bytes.slice(0, 3), 255], port, 4)).toBeLessThan(0);
      expect(find([...bytes, 0, 0, 0, 1], port, 4)).toBeLessThan(0);
    }
  });
});

test("a region too small takes as many as it has room for; one without room is left alone", () => {
  const desk = new Desk();
  for (let i = 0; i < 5; i++) addVip(desk, `10.0.0.${i}`);
  expect(write(desk, vipTableBytes(3)).entries.map(({ number }) => number)).toEqual([0, 1, 2]);
  expect(write(desk, vipTableBytes(3) - 1).entries).toHaveLength(2);
  for (const bytes of [0, 7, 8, vipTableBytes(1) - 1]) {
    expect(vipTableRoom(bytes)).toBe(0);
    desk.shared.fill(0, 64, 0xee);
    vipTableWrite(desk.memory, Balancer.transport.at(desk.balancer), Balancer.wantedVip.at(desk.balancer), desk.shared, TABLE, bytes);
    expect(desk.shared.u8.subarray(0, 64).every((byte) => byte === 0xee)).toBe(true);
  }
  expect([vipTableRoom(vipTableBytes(1024)), vipTableRoom(vipTableBytes(1024) + 23)]).toEqual([1024, 1024]);
});

test("removed ones leave nothing behind, and the version goes on", () => {
  const desk = new Desk();
  for (const vip of ["10.0.0.1", "10.0.0.2"]) addVip(desk, vip);
  const first = write(desk);
  expect(desk.run({ op: "remove_vip", vip: "10.0.0.1", port: 80 })).toEqual({ ok: null });
  const second = write(desk);
  expect(second.entries).toEqual([{ address: v4("0a000002"), port: 80, family: 4, number: 0 }]);
  expect(second.version).toBe(first.version + 1);
  expect(desk.shared.u8.subarray(vipTableBytes(1), 4096 - 16).every((byte) => byte === 0)).toBe(true);
});

test("the header says which cookie names sessions, if there is room for its name", () => {
  const desk = new Desk();
  const name = (text: string): TextAddress => textOfAscii(desk.heap, text) as TextAddress;
  const header = (): { bytes: number; text: string } => {
    const { sessionCookieBytes: bytes } = VipTableHeader.view(desk.shared, TABLE);
    return { bytes, text: Buffer.from(desk.shared.u8.subarray(VipTableHeader.sessionCookie.at(TABLE), VipTableHeader.sessionCookie.at(TABLE) + 64)).toString("latin1").replace(/\0+$/, "") };
  };
  for (const text of ["SID", "x".repeat(64), "", "x".repeat(65)]) {
    sessionCookieWrite(desk.memory, text === "" ? 0 : name(text), desk.shared, TABLE, 4096);
    expect(header()).toEqual(text.length <= 64 ? { bytes: text.length, text } : { bytes: 0, text: "" });
  }
  desk.shared.fill(0, 80, 7);
  sessionCookieWrite(desk.memory, name("SID"), desk.shared, TABLE, VipTableHeader.size - 1);
  expect(desk.shared.u8.subarray(0, 80).every((byte) => byte === 7)).toBe(true);
});
