/** Groups of the link that a machine with IPv6 addresses belongs to: neighbour discovery asks them (RFC 4861, 7.2.1). */

import { Memory } from "../../hal/memory.ts";
import { parseAddressLiteral } from "../../services/address-literal.ts";
import { writeAllNodes, writeSolicitedNode } from "../../services/net/host/neighbour-message.ts";

const ADDRESS_BYTES = 16;
const MAC_BYTES = 6;
const TEXT_AT = 3 * ADDRESS_BYTES;
const MEMORY_BYTES = 256;
/** More is no address: net refuses it. */
const TEXT_BYTES_MAX = MEMORY_BYTES - TEXT_AT;

/** MAC addresses, six bytes each, of the groups for addresses such as "fd00::2/64"; none where there is no IPv6 address. */
export function groupMacs(addresses: readonly string[]): readonly (readonly number[])[] {
  const memory = new Memory(new ArrayBuffer(MEMORY_BYTES));
  const found = new Map<string, readonly number[]>();
  const macAt = 2 * ADDRESS_BYTES;
  const add = (): void => {
    const mac = [...memory.u8.subarray(macAt, macAt + MAC_BYTES)];
    found.set(mac.join(), Object.freeze(mac));
  };
  for (const address of addresses) {
    const text = address.split("/")[0].slice(0, TEXT_BYTES_MAX);
    for (let i = 0; i < text.length; i++) memory.u8[TEXT_AT + i] = Math.min(text.charCodeAt(i), 0xff);
    if (parseAddressLiteral(memory, 0, memory, TEXT_AT, text.length) !== 6) continue;
    writeAllNodes(memory, ADDRESS_BYTES, macAt);
    add();
    writeSolicitedNode(memory, ADDRESS_BYTES, macAt, 0);
    add();
  }
  return [...found.values()];
}
