/** What a service sees of shared memory and of devices: the part of Context (service.ts) about regions, DMA buffers, registers and interrupts. */

import type { BufferGrant, Grant, RegionGrant } from "../service.ts";

export interface MemoryContext {
  // --- shared memory -----------------------------------------------------------------------------------------------
  /** Proves `bytes` bytes at `offset` of a region for reading; the address in `shared`. Outside is a fault. */
  span(region: RegionGrant, offset: number, bytes: number): number;
  /**
   * The same for writing. Under copy-on-write the first one gives the caller a copy of the region: addresses that span()
   * gave out before are of the old one. -18 when there is no room for a copy: nothing has changed, reading goes on.
   */
  spanForWriting(region: Grant<"region:write">, offset: number, bytes: number): number;
  /** Size of the region in bytes. */
  regionBytes(region: RegionGrant): number;
  /**
   * Sends a message that lets its receiver map the region too, with `rights` (1 read, 3 read and write) of the caller's
   * own. The receiver keeps the token with `capabilityTake`. For the region's owner, or who has GRANT (-9). Errors as
   * `send`; -18 when no capability can be made or queued; -17 for other rights.
   */
  regionShare(to: Grant<"endpoint">, opcode: number, region: RegionGrant, rights: number, data0?: number, data1?: number, data2?: number, data3?: number): number;
  /**
   * The same, and the caller maps it no more: all its tokens of the region are stale, and addresses that it was given are
   * void, also in this handler. Its owner only (-9); -15 while anybody else maps it.
   */
  regionMove(to: Grant<"endpoint">, opcode: number, region: RegionGrant, data0?: number, data1?: number, data2?: number, data3?: number): number;
  /**
   * The same as regionShare with the caller's rights, but whoever writes first writes into a copy of his own: addresses
   * for writing that the caller was given before are void. -15 while somebody else may write the region; -14 if devices
   * reach it, or it is larger than a spare.
   */
  regionCopyOnWrite(to: Grant<"endpoint">, opcode: number, region: RegionGrant, data0?: number, data1?: number, data2?: number, data3?: number): number;

  // --- DMA buffers -------------------------------------------------------------------------------------------------
  /** A buffer with one reference, owned by the caller: its handle (> 0), or errno -18. */
  bufferAllocate(pool: Grant<"buffers:write">): number;
  /** One more reference, of any live buffer: its handle is enough. 0, -1 for a stale handle, -18 past 65,535 references. */
  bufferAcquire(pool: BufferGrant, handle: number): number;
  /** One of the caller's own references less; at 0 the buffer is home again. 0, -1 for a stale handle, -20 if the caller holds none. */
  bufferRelease(pool: BufferGrant, handle: number): number;
  /** 1 if the handle is of a live buffer of which the caller holds a reference, so that the calls below are no fault; else 0. */
  bufferIsLive(pool: BufferGrant, handle: number): number;
  /**
   * Proves `bytes` bytes at `offset` of a buffer for reading; the address in `shared`. A stale handle, a buffer of which
   * the caller holds no reference, and what lies outside are faults. Only who allocated the buffer may write it.
   */
  buffer(pool: BufferGrant, handle: number, offset: number, bytes: number): number;
  bufferForWriting(pool: Grant<"buffers:write">, handle: number, offset: number, bytes: number): number;

  // --- devices -----------------------------------------------------------------------------------------------------
  registerRead(device: Grant<"device">, offset: number): number;
  registerWrite(device: Grant<"device">, offset: number, value: number): void;
  /** The address by which a device with a grant reaches a region's or a buffer's bytes. */
  regionDeviceAddress(region: Grant<"region:write">, offset: number): number;
  bufferDeviceAddress(pool: BufferGrant, handle: number): number;
  /** Asks for `bits` as a notification whenever the line is raised. The line stays masked until acknowledged. */
  interruptBind(line: Grant<"interrupt">, bits: number): number;
  interruptAcknowledge(line: Grant<"interrupt">): number;
}
