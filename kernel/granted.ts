/**
 * From a grant to what it stands for: the token is read from the process's own memory, looked up, and checked for type,
 * rights and bounds. Where a call cannot answer with an errno, what does not hold is a fault of the process.
 */

import type { Device } from "../hal/device.ts";
import type { SlotOfCapability } from "./capability.ts";
import { CapabilitySlot, EndpointRight, ObjectType, Right, TIMER_OBJECT, lookUp } from "./capability.ts";
import { PoolState, bufferAddress, findHeldBuffer } from "./dma-pool.ts";
import { refuse } from "./crossing.ts";
import { Errno } from "./errno.ts";
import { FaultCode, raise } from "./fault.ts";
import type { Kernel } from "./kernel.ts";
import { writableRegion } from "./memory/copy-on-write.ts";
import { ProcessRecord } from "./process.ts";
import { RegionKind, RegionRecord } from "./region.ts";

/** Do `bytes` bytes at `offset` lie within `size`? Only whole numbers do: a fraction would be an address between two bytes. */
export function isSpan(offset: number, bytes: number, size: number): boolean {
  return offset >= 0 && bytes >= 0 && (offset | 0) === offset && (bytes | 0) === bytes && offset + bytes <= size;
}

/** The RAM address of a token. It must lie in the process's own memory; which token it is, lookUp() judges. */
export function tokenAt(kernel: Kernel, process: number, grant: number): number {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  if (!isSpan(grant, 8, ProcessRecord.arenaBytes.get(ram, record)) || (grant & 7) !== 0) raise(ram, record, FaultCode.outside, grant);
  return ProcessRecord.arenaBase.get(ram, record) + grant;
}

/** The slot that the grant's token names; a fault when it is not held, of another type or without these rights. */
function require(kernel: Kernel, process: number, grant: number, objectType: number, rights: number): SlotOfCapability {
  const { ram, spaces } = kernel;
  const slot = lookUp(ram, spaces, process, tokenAt(kernel, process, grant), objectType, rights);
  if (slot < 0) raise(ram, kernel.processes.at(process), slot === Errno.permissionDenied ? FaultCode.readOnly : FaultCode.forgedToken, grant);
  return slot as SlotOfCapability;
}

/** The number of the region that the grant maps, of this RegionKind and not given up since. */
export function grantedRegion(kernel: Kernel, process: number, grant: number, rights: number, kind: number): number {
  const { ram, regions } = kernel;
  const slot = require(kernel, process, grant, ObjectType.memory, rights);
  const index = CapabilitySlot.object.get(ram, slot);
  const region = regions.at(index);
  const fresh = RegionRecord.epoch.get(ram, region) === CapabilitySlot.epoch.get(ram, slot);
  if (!fresh || RegionRecord.kind.get(ram, region) !== kind) raise(ram, kernel.processes.at(process), FaultCode.forgedToken, grant);
  return index;
}

/** The RAM address of `bytes` bytes at `offset` of a granted region; to write under copy-on-write, resourceExhausted when no spare is left. */
export function regionSpan(kernel: Kernel, process: number, grant: number, offset: number, bytes: number, rights: number): number {
  const { ram, regions } = kernel;
  const index = grantedRegion(kernel, process, grant, rights, RegionKind.plain);
  const region = regions.at(index);
  if (!isSpan(offset, bytes, RegionRecord.regionBytes.get(ram, region))) raise(ram, kernel.processes.at(process), FaultCode.outside, offset);
  if ((rights & Right.write) === 0 || RegionRecord.copyOnWrite.get(ram, region) === 0) return RegionRecord.base.get(ram, region) + offset;
  const own = writableRegion(kernel, process, index);
  return own < 0 ? refuse(kernel, process, own, index) : RegionRecord.base.get(ram, regions.at(own)) + offset;
}

/** The RAM address of `bytes` bytes at `offset` of a buffer that the process holds; the pool's grant has been checked. */
export function bufferSpan(kernel: Kernel, process: number, handle: number, offset: number, bytes: number): number {
  const { ram, pool } = kernel;
  if (findHeldBuffer(ram, pool, process, handle) < 0) raise(ram, kernel.processes.at(process), FaultCode.staleBuffer, handle);
  if (!isSpan(offset, bytes, PoolState.bufferBytes.get(ram, pool.state))) raise(ram, kernel.processes.at(process), FaultCode.outside, offset);
  return bufferAddress(ram, pool, handle) + offset;
}

/** The granted device; `offset` is one of its registers'. */
export function grantedDevice(kernel: Kernel, process: number, grant: number, offset: number, rights: number): Device {
  const { ram, board } = kernel;
  const slot = require(kernel, process, grant, ObjectType.device, rights);
  const device = board.devices[CapabilitySlot.object.get(ram, slot)];
  if (device === undefined) raise(ram, kernel.processes.at(process), FaultCode.forgedToken, grant);
  if (!isSpan(offset, 4, device.registerBytes) || (offset & 3) !== 0) raise(ram, kernel.processes.at(process), FaultCode.noRegister, offset);
  return device;
}

/** The number of the granted interrupt line. */
export function grantedInterrupt(kernel: Kernel, process: number, grant: number): number {
  return CapabilitySlot.object.get(kernel.ram, require(kernel, process, grant, ObjectType.interrupt, EndpointRight.bind));
}

export function requireTimer(kernel: Kernel, process: number, grant: number): void {
  const slot = require(kernel, process, grant, ObjectType.device, Right.write);
  if (CapabilitySlot.object.get(kernel.ram, slot) !== TIMER_OBJECT) raise(kernel.ram, kernel.processes.at(process), FaultCode.forgedToken, grant);
}
