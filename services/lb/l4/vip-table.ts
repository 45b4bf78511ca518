/**
 * The table of virtual IPs in the region "vips", as net reads it: those whose address is an IP literal. It is written anew,
 * whole, whenever the VIPs may have changed; its version changes with it, so that a question that was asked with the
 * table before is not answered with another VIP's backend.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../../kernel/collections/byte-string.ts";
import { VipEntry, VipTableHeader } from "../api.ts";
import { parseAddressLiteral } from "../codec/address-literal.ts";
import { ControlOperation } from "../control.ts";
import { Group } from "../group/group.ts";
import type { TransportAddress } from "../l4.ts";
import { Vip, WantedVip, vipAt, vipCount, vipGroup } from "../l4.ts";
import type { WantedVipAddress } from "../l4.ts";
import type { TextAddress } from "../text.ts";
import { vipEntryAt, vipSearch, vipTableRoom } from "../vips-api.ts";

const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

/** Whether a control operation may change which VIPs there are. */
export function changesVips(operation: number): boolean {
  switch (operation) {
    case ControlOperation.fresh:
    case ControlOperation.configure:
    case ControlOperation.addVip:
    case ControlOperation.removeVip:
      return true;
    default:
      return false;
  }
}

/**
 * Writes the table at `at` in `shared`, in a region of `regionBytes` bytes; VIPs beyond that are left out. Of several VIPs
 * that spell one address differently the first by key is there. Overwrites `wanted`.
 */
export function vipTableWrite(memory: Memory, transport: TransportAddress, wanted: WantedVipAddress, shared: Memory, at: number, regionBytes: number): void {
  const room = vipTableRoom(regionBytes);
  if (room === 0) return;
  const table = at as Address<"VipTableHeader">;
  let entries = 0;
  for (let number = 0; number < vipCount(memory, transport) && entries < room; number++) {
    const vip = vipAt(memory, transport, number);
    const literal = WantedVip.literal.at(wanted);
    const family = literalOf(memory, literal, Group.name.get(memory, vipGroup(memory, vip)) as TextAddress);
    if (family === 0) continue;
    const port = Vip.port.get(memory, vip);
    const place = -1 - vipSearch(shared, table, entries, memory, literal, port, family);
    if (place < 0) continue;
    const entry = vipEntryAt(table, place);
    shared.copy(entry + VipEntry.size, entry, (entries - place) * VipEntry.size);
    for (let word = 0; word < 4; word++) shared.i32[(VipEntry.address.at(entry) >> 2) + word] = memory.i32[(literal >> 2) + word];
    VipEntry.port.set(shared, entry, port);
    VipEntry.family.set(shared, entry, family);
    VipEntry.reserved.set(shared, entry, 0);
    VipEntry.number.set(shared, entry, number);
    VipEntry.reserved1.set(shared, entry, 0);
    entries++;
  }
  shared.fill(vipEntryAt(table, entries), (room - entries) * VipEntry.size, 0);
  VipTableHeader.version.add(shared, table, 1);
  VipTableHeader.count.set(shared, table, entries);
}

/** Says in the table's header which cookie names sessions; `name` 0: none does. */
export function sessionCookieWrite(memory: Memory, name: TextAddress | 0, shared: Memory, at: number, regionBytes: number): void {
  if (regionBytes < VipTableHeader.size) return;
  const table = at as Address<"VipTableHeader">;
  const { width } = VipTableHeader.sessionCookie;
  const bytes = name === 0 ? 0 : byteStringLength(memory, name);
  VipTableHeader.sessionCookieBytes.set(shared, table, bytes <= width ? bytes : 0);
  for (let i = 0; i < width; i++) shared.u8[VipTableHeader.sessionCookie.at(table) + i] = i < bytes && bytes <= width ? memory.u8[byteStringBytes(memory, name as TextAddress) + i] : 0;
}

/** The address as 16 bytes at `to`, and its family; 0 for a name. IPv6 may stand in brackets. */
function literalOf(memory: Memory, to: number, name: TextAddress): number {
  const from = byteStringBytes(memory, name);
  const bytes = byteStringLength(memory, name);
  const bracketed = bytes > 2 && memory.u8[from] === OPENING_BRACKET && memory.u8[from + bytes - 1] === CLOSING_BRACKET;
  if (!bracketed) return parseAddressLiteral(memory, to, memory, from, bytes);
  return parseAddressLiteral(memory, to, memory, from + 1, bytes - 2) === 6 ? 6 : 0;
}
