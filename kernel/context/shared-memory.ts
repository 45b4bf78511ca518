/** The system calls on shared regions and DMA buffers. What each does, and what it answers, is said in service.ts. */

import { acquireReference, isBufferLive, releaseReference, proveBuffer } from "../buffer-calls.ts";
import { Right } from "../capability.ts";
import { Cost } from "../costs.ts";
import { KernelChoice } from "../crossing.ts";
import { allocateBuffer, refuseBuffer } from "../dma-pool.ts";
import { grantedRegion, regionSpan } from "../granted.ts";
import { checkPayload } from "../memory/payload-check.ts";
import { copyRegionOnWrite, moveRegion, shareRegion } from "../memory/transfer.ts";
import { composeWords } from "../message-calls.ts";
import { RegionKind, RegionRecord } from "../region.ts";
import type { BufferGrant, Grant, RegionGrant } from "../service.ts";
import { CollectedCalls } from "./collected.ts";

export abstract class MemoryCalls extends CollectedCalls {
  span(region: RegionGrant, offset: number, bytes: number): number {
    return this.proven(region, offset, bytes, Right.read);
  }

  spanForWriting(region: Grant<"region:write">, offset: number, bytes: number): number {
    return this.proven(region, offset, bytes, Right.write);
  }

  regionBytes(region: RegionGrant): number {
    this.cross(Cost.span);
    return RegionRecord.regionBytes.get(this.kernel.ram, this.kernel.regions.at(grantedRegion(this.kernel, this.process, region, Right.read, RegionKind.plain)));
  }

  regionShare(to: Grant<"endpoint">, opcode: number, region: RegionGrant, rights: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    composeWords(this.kernel, this.process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    return shareRegion(this.kernel, this.process, to, this.outgoing, region, rights);
  }

  regionMove(to: Grant<"endpoint">, opcode: number, region: RegionGrant, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    composeWords(this.kernel, this.process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    return moveRegion(this.kernel, this.process, to, this.outgoing, region);
  }

  regionCopyOnWrite(to: Grant<"endpoint">, opcode: number, region: RegionGrant, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    composeWords(this.kernel, this.process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    return copyRegionOnWrite(this.kernel, this.process, to, this.outgoing, region);
  }

  payloadCheck(region: RegionGrant): number {
    return checkPayload(this.kernel, this.process, region);
  }

  bufferAllocate(pool: Grant<"buffers:write">): number {
    this.cross(Cost.bufferAllocate);
    grantedRegion(this.kernel, this.process, pool, Right.write, RegionKind.buffers);
    const { kernel, process } = this;
    if (kernel.crashes && kernel.board.choose(KernelChoice.buffersShort, process, 2) !== 0) return refuseBuffer(kernel.ram, kernel.pool);
    return allocateBuffer(kernel.ram, kernel.pool, process, this.record);
  }

  bufferAcquire(pool: BufferGrant, handle: number): number {
    return acquireReference(this.kernel, this.process, pool, handle);
  }

  bufferRelease(pool: BufferGrant, handle: number): number {
    return releaseReference(this.kernel, this.process, pool, handle);
  }

  bufferIsLive(pool: BufferGrant, handle: number): number {
    return isBufferLive(this.kernel, this.process, pool, handle);
  }

  buffer(pool: BufferGrant, handle: number, offset: number, bytes: number): number {
    return proveBuffer(this.kernel, this.process, pool, handle, offset, bytes, Right.read);
  }

  bufferForWriting(pool: Grant<"buffers:write">, handle: number, offset: number, bytes: number): number {
    return proveBuffer(this.kernel, this.process, pool, handle, offset, bytes, Right.write);
  }

  /** The RAM address of `bytes` bytes at `offset` of a granted region. */
  protected proven(grant: number, offset: number, bytes: number, rights: number): number {
    this.cross(Cost.span);
    return regionSpan(this.kernel, this.process, grant, offset, bytes, rights);
  }
}
