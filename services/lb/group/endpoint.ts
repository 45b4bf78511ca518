/** What a backend is known by: its address and port, and the hash of both. */

import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../../kernel/collections/byte-string.ts";
import { mixBytes } from "../hash.ts";
import type { TextAddress } from "../text.ts";
import { Backend } from "./backend.ts";
import type { BackendAddress } from "./backend.ts";

/** Sets port and weight of a new backend, whose address is set, and with them its mark. */
export function backendSetEndpoint(memory: Memory, backend: BackendAddress, port: number, weight: number): void {
  Backend.port.set(memory, backend, port);
  Backend.weight.set(memory, backend, weight);
  Backend.mark.set(memory, backend, backendMark(memory, backend));
}

/** Hash of address text and port: the same in every group, at every position, on every machine. */
export function backendMark(memory: Memory, backend: BackendAddress): number {
  const address = Backend.address.get(memory, backend) as TextAddress;
  return mixBytes(memory, byteStringBytes(memory, address), byteStringLength(memory, address), Backend.port.get(memory, backend));
}
