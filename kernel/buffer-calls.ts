/** The system calls about DMA buffers: references, and proof of the bytes of a live one. */

import type { Address } from "../hal/field.ts";
import { Right } from "./capability.ts";
import { Cost } from "./costs.ts";
import { cross, refuse } from "./crossing.ts";
import { BufferRecord, findBuffer, releaseBuffer } from "./dma-pool.ts";
import { Errno } from "./errno.ts";
import { FaultCode, raise } from "./fault.ts";
import { bufferSpan, grantedRegion } from "./granted.ts";
import type { Kernel } from "./kernel.ts";
import { RegionKind } from "./region.ts";

/** One reference more (`more`) or less; 0, or invalidCapability for a stale handle. */
export function changeReferences(kernel: Kernel, process: number, pool: number, handle: number, more: boolean): number {
  const { ram } = kernel;
  cross(kernel, process, more ? Cost.bufferAcquire : Cost.bufferRelease);
  grantedRegion(kernel, process, pool, Right.read, RegionKind.buffers);
  const buffer = findBuffer(ram, kernel.pool, handle);
  if (buffer < 0) return refuse(kernel, process, buffer, handle);
  if (more) BufferRecord.references.add(ram, buffer as Address<"BufferRecord">, 1);
  else releaseBuffer(ram, kernel.pool, buffer as Address<"BufferRecord">, kernel.processes);
  return Errno.ok;
}

/** The RAM address of `bytes` bytes of a live buffer. Only the process that allocated it may write it. */
export function proveBuffer(kernel: Kernel, process: number, pool: number, handle: number, offset: number, bytes: number, rights: number): number {
  const { ram } = kernel;
  cross(kernel, process, Cost.span);
  grantedRegion(kernel, process, pool, rights, RegionKind.buffers);
  const address = bufferSpan(kernel, process, handle, offset, bytes);
  if ((rights & Right.write) === 0) return address;
  const owner = BufferRecord.owner.get(ram, findBuffer(ram, kernel.pool, handle) as Address<"BufferRecord">);
  if (owner !== process) raise(ram, kernel.processes.at(process), FaultCode.readOnly, handle);
  return address;
}
