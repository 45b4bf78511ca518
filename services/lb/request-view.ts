/**
 * A request as the rules see it: path, host and headers, wherever they lie. The bytes stay where they are, in shared
 * memory; the view holds their addresses and is good for the handler that filled it.
 *
 * Headers come in two forms: HeaderEntry records behind a RequestDescriptor, or the texts of a control operation. Who goes
 * through them one by one uses the view's cursor (header-lines.ts).
 */

import type { Address } from "../../hal/field.ts";
import { bytes, i32, u16, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { byteStringEquals } from "../../kernel/collections/byte-string.ts";
import { HeaderEntry } from "./api.ts";
import type { TextAddress } from "./text.ts";

export const HeaderForm = Object.freeze({
  /** `headersAt` is the first HeaderEntry; its offsets count from `headAt`. */
  entries: 0,
  /** `headersAt` is the first name of a header list of control.ts, whose lengths are proven. */
  operands: 1,
});

export const RequestView = layout("RequestView", {
  pathAt: i32("scratch"),
  pathBytes: i32("scratch"),
  hostAt: i32("scratch"),
  hostBytes: i32("scratch"),
  headAt: i32("scratch"),
  headBytes: i32("scratch"),
  headerForm: i32("scratch"),
  headersAt: i32("scratch"),
  headerCount: i32("scratch"),
  methodAt: i32("scratch"),
  methodBytes: i32("scratch"),
  /** The client's address as text, in the memory of the other texts or, if `clientKept` is 1, in the balancer's own. */
  clientAt: i32("scratch"),
  clientBytes: i32("scratch"),
  clientKept: u8("scratch"),
  /** 4 or 6 if that text is an address of that family, which `client` then holds in network order; else 0. */
  family: u8("scratch"),
  reserved: u16("scratch"),
  client: bytes(16)("scratch"),

  /** Name of the session that begins if the request brings none (RequestDescriptor.session), in the memory of the other texts; 0: none begins. */
  sessionAt: i32("scratch"),

  /** The cursor over header lines: how many are left, and where the next entry or name lies. */
  linesLeft: i32("scratch"),
  nextLineAt: i32("scratch"),
  /** The line at the cursor: its name and its value, in the memory of the other texts. */
  nameAt: i32("scratch"),
  nameBytes: i32("scratch"),
  valueAt: i32("scratch"),
  valueBytes: i32("scratch"),
});
export type RequestViewAddress = Address<"RequestView">;

/**
 * Whether the request carries a header of exactly this name with exactly this value. Of several of one name the last
 * counts, as if they had been put into a map one after the other.
 */
export function requestHasHeader(memory: Memory, request: RequestViewAddress, source: Memory, name: TextAddress, value: TextAddress): boolean {
  return RequestView.headerForm.get(memory, request) === HeaderForm.entries
    ? entriesHave(memory, request, source, name, value)
    : operandsHave(memory, request, source, name, value);
}

/** From the last entry back: the first of that name decides. An entry outside the head matches nothing. */
function entriesHave(memory: Memory, request: RequestViewAddress, source: Memory, name: TextAddress, value: TextAddress): boolean {
  const headAt = RequestView.headAt.get(memory, request);
  const headBytes = RequestView.headBytes.get(memory, request);
  const first = RequestView.headersAt.get(memory, request);
  for (let i = RequestView.headerCount.get(memory, request) - 1; i >= 0; i--) {
    const entry = (first + i * HeaderEntry.size) as Address<"HeaderEntry">;
    const nameOffset = HeaderEntry.nameOffset.get(source, entry);
    const nameBytes = HeaderEntry.nameBytes.get(source, entry);
    if (nameOffset + nameBytes > headBytes || !byteStringEquals(memory, name, source, headAt + nameOffset, nameBytes)) continue;
    const valueOffset = HeaderEntry.valueOffset.get(source, entry);
    const valueBytes = HeaderEntry.valueBytes.get(source, entry);
    return valueOffset + valueBytes <= headBytes && byteStringEquals(memory, value, source, headAt + valueOffset, valueBytes);
  }
  return false;
}

function operandsHave(memory: Memory, request: RequestViewAddress, source: Memory, name: TextAddress, value: TextAddress): boolean {
  let at = RequestView.headersAt.get(memory, request);
  let has = false;
  for (let i = RequestView.headerCount.get(memory, request); i > 0; i--) {
    const nameBytes = source.view.getInt32(at, true);
    const valueBytes = source.view.getInt32(at + 4 + nameBytes, true);
    const valueAt = at + nameBytes + 8;
    if (byteStringEquals(memory, name, source, at + 4, nameBytes)) has = byteStringEquals(memory, value, source, valueAt, valueBytes);
    at = valueAt + valueBytes;
  }
  return has;
}
