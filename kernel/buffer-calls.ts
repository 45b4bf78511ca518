/** The system calls about DMA buffers: references, and proof of the bytes of a live one. */

import type { Address } from "../hal/field.ts";
import { Right } from "./capability.ts";
import { Cost } from "./costs.ts";
import { cross, refuse } from "./crossing.ts";
import { BufferRecord, acquireBuffer, findBuffer, findHeldBuffer, releaseBuffer } from "./dma-pool.ts";
import { Errno } from "./errno.ts";
import { FaultCode, raise } from "./fault.ts";
import { bufferSpan, grantedRegion } from "./granted.ts";
import type { Kernel } from "./kernel.ts";
import { RegionKind } from "./region.ts";

/** One reference more for the process: 0, invalidCapability for a stale handle, resourceExhausted past 65,535 references. */
export function acquireReference(kernel: Kernel, process: number, pool: number, handle: number): number {
  const { ram } = kernel;
  cross(kernel, process, Cost.bufferAcquire);
  grantedRegion(kernel, process, pool, Right.read, RegionKind.buffers);
  const buffer = findBuffer(ram, kernel.pool, handle);
  const status = buffer < 0 ? buffer : acquireBuffer(ram, kernel.pool, process, handle);
  return status === Errno.ok ? status : refuse(kernel, process, status, handle);
}

/** One of the process's own references less: 0, invalidCapability for a stale handle, doubleFree if it holds none. */
export function releaseReference(kernel: Kernel, process: number, pool: number, handle: number): number {
  const { ram } = kernel;
  cross(kernel, process, Cost.bufferRelease);
  grantedRegion(kernel, process, pool, Right.read, RegionKind.buffers);
  if (kernel.seams.releaseBuffer !== null) return kernel.seams.releaseBuffer(kernel, process, handle);
  const buffer = findHeldBuffer(ram, kernel.pool, process, handle);
  if (buffer < 0) return refuse(kernel, process, buffer, handle);
  releaseBuffer(ram, kernel.pool, process, handle, kernel.processes);
  return Errno.ok;
}

/** 1 if the process may use the buffer by this handle, else 0. */
export function isBufferLive(kernel: Kernel, process: number, pool: number, handle: number): number {
  cross(kernel, process, Cost.bufferAcquire);
  grantedRegion(kernel, process, pool, Right.read, RegionKind.buffers);
  return findHeldBuffer(kernel.ram, kernel.pool, process, handle) < 0 ? 0 : 1;
}

/** The RAM address of `bytes` bytes of a buffer that the process holds. Only the process that allocated it may write it. */
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
