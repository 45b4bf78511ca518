/** Groups and their backends as answers of control operations. */

import type { Memory } from "../../../hal/memory.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { writeU16, writeU32, writeU64, writeU8 } from "../codec/operand-writer.ts";
import type { WriterAddress } from "../codec/operand-writer.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { writeKeptText } from "../text.ts";

/** text name, u8 algorithm, u16 count, dumped backends */
export function writeGroup(memory: Memory, writer: WriterAddress, shared: Memory, group: GroupAddress): void {
  writeKeptText(memory, writer, shared, Group.name.get(memory, group));
  writeU8(memory, writer, shared, Group.algorithm.get(memory, group));
  writeBackends(memory, writer, shared, group);
}

/** u16 count, dumped backends */
export function writeBackends(memory: Memory, writer: WriterAddress, shared: Memory, group: GroupAddress): void {
  const count = groupBackendCount(memory, group);
  writeU16(memory, writer, shared, count);
  for (let i = 0; i < count; i++) writeBackend(memory, writer, shared, groupBackend(memory, group, i));
}

/** text address, u16 port */
export function writeChoice(memory: Memory, writer: WriterAddress, shared: Memory, backend: BackendAddress): void {
  writeKeptText(memory, writer, shared, Backend.address.get(memory, backend));
  writeU16(memory, writer, shared, Backend.port.get(memory, backend));
}

function writeBackend(memory: Memory, writer: WriterAddress, shared: Memory, backend: BackendAddress): void {
  writeChoice(memory, writer, shared, backend);
  writeU32(memory, writer, shared, Backend.weight.get(memory, backend));
  writeU8(memory, writer, shared, Backend.healthy.get(memory, backend));
  writeU32(memory, writer, shared, Backend.activeConnections.get(memory, backend));
  writeU64(memory, writer, shared, Backend.totalRequests.get(memory, backend));
}
