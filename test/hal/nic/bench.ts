/**
 * A board with one E1000 and a stretch of RAM that the device may reach, driven as a register script does: write and
 * read registers, write and read memory, let frames arrive, let time pass. No kernel.
 */

import { Board } from "../../../hal/board.ts";
import type { Choose } from "../../../hal/chance.ts";
import { benign } from "../../../hal/chance.ts";
import type { Address } from "../../../hal/field.ts";
import { DmaRight } from "../../../hal/iommu.ts";
import type { HalLimits } from "../../../hal/limits.ts";
import { standardHalLimits } from "../../../hal/limits.ts";
import { Memory } from "../../../hal/memory.ts";
import { NicAccount } from "../../../hal/nic/account.ts";
import { DESCRIPTOR_BYTES, RxDescriptor, TxCommand, TxDescriptor } from "../../../hal/nic/descriptors.ts";
import { E1000 } from "../../../hal/nic/e1000.ts";
import { E1000Register as Register, ReceiveControlBit, TransmitControlBit } from "../../../hal/nic/e1000-registers.ts";
import { RamPlan } from "../../../hal/ram-plan.ts";
import { HalTrace } from "../../../hal/trace.ts";

export const MAC = "02:00:00:00:00:01";
const MEMORY_BYTES = 512 * 1024;
/** Places in the bench's memory. */
export const RX_RING = 0x1000;
export const TX_RING = 0x2000;
export const RX_BUFFERS = 0x1_0000;
export const TX_BUFFERS = 0x4_0000;

export interface Traced {
  readonly kind: number;
  readonly argument0: number;
  readonly argument1: number;
}

export interface BenchOptions {
  readonly limits?: Partial<HalLimits>;
  readonly choose?: Choose;
  /** Bytes of the memory that the device is granted, from its beginning; all of it unless stated. */
  readonly grantedBytes?: number;
  /** 512 KiB unless stated; a multiple of 4096. */
  readonly memoryBytes?: number;
}

export class Bench {
  readonly board: Board;
  readonly ram: Memory;
  readonly nic: E1000;
  /** Address of the memory that the device is granted; a multiple of 4096. */
  readonly memory: number;
  /** Frames that left, oldest first. */
  readonly sent: Uint8Array[] = [];
  readonly traced: Traced[] = [];

  constructor(options: BenchOptions = {}) {
    const plan = new RamPlan();
    const parts = Board.plan(plan, { limits: { ...standardHalLimits, ...options.limits }, devices: [{ kind: "e1000", name: "nic0", mac: MAC }] });
    this.memory = plan.bytes("memory", options.memoryBytes ?? MEMORY_BYTES, 4096);
    this.ram = new Memory(new ArrayBuffer(plan.end));
    const probe = (kind: number, _process: number, argument0: number, argument1: number): void => {
      this.traced.push({ kind, argument0, argument1 });
      if (kind === HalTrace.frameTransmitted) this.sent.push(this.ram.u8.slice(argument0, argument0 + argument1));
    };
    this.board = new Board(this.ram, parts, { probe, choose: options.choose ?? benign });
    this.board.powerOn();
    const device = this.board.devices[0];
    if (!(device instanceof E1000)) throw new Error("the bench has an E1000");
    this.nic = device;
    this.board.iommu.grant(0, this.memory, options.grantedBytes ?? options.memoryBytes ?? MEMORY_BYTES, DmaRight.read | DmaRight.write);
  }

  /** A register, as an unsigned number. */
  read(offset: number): number {
    return this.nic.read(offset) >>> 0;
  }

  write(offset: number, value: number): void {
    this.nic.write(offset, value | 0);
  }

  /** Lets time pass until the device has nothing to do. */
  settle(): void {
    for (let i = 0; i < 100_000; i++) {
      const cycle = this.board.nextDeviceEventCycle();
      if (cycle < 0) return;
      this.board.idleUntil(cycle);
    }
    throw new Error("the device never comes to rest");
  }

  /** A frame arrives, and all that follows from it. */
  arrive(frame: Uint8Array): void {
    if (this.nic.wire.offer(frame, 0) < 0) throw new Error("the wire has no room");
    this.settle();
  }

  lineHigh(): boolean {
    return (this.board.interrupts.lines() & (1 << this.nic.line)) !== 0;
  }

  /** A receive ring of `count` descriptors with a buffer of 2048 bytes each; head 0, tail as given; receiver on. */
  receiveRing(count: number, tail: number, control: number = ReceiveControlBit.BAM, bufferBytes = 2048): void {
    for (let i = 0; i < count; i++) this.rxDescriptor(i, this.memory + RX_BUFFERS + i * bufferBytes);
    this.write(Register.RDBAL, this.memory + RX_RING);
    this.write(Register.RDLEN, count * DESCRIPTOR_BYTES);
    this.write(Register.RDH, 0);
    this.write(Register.RDT, tail);
    this.write(Register.RCTL, control | ReceiveControlBit.EN);
  }

  /** A fresh receive descriptor. */
  rxDescriptor(index: number, bufferAddress: number): void {
    const at = this.rxAt(index);
    this.ram.fill(at, DESCRIPTOR_BYTES, 0);
    RxDescriptor.bufferAddress.set(this.ram, at, bufferAddress);
  }

  rxAt(index: number): Address<"RxDescriptor"> {
    return (this.memory + RX_RING + index * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
  }

  /** Length, status and errors of a receive descriptor. */
  rx(index: number): { frameBytes: number; status: number; errors: number } {
    const { frameBytes, status, errors } = RxDescriptor.view(this.ram, this.rxAt(index));
    return { frameBytes, status, errors };
  }

  /** What lies in a receive descriptor's buffer. */
  received(index: number, bytes: number, bufferBytes = 2048): number[] {
    return this.bytes(RX_BUFFERS + index * bufferBytes, bytes);
  }

  transmitRing(count: number, control: number = TransmitControlBit.EN): void {
    this.ram.fill(this.memory + TX_RING, count * DESCRIPTOR_BYTES, 0);
    this.write(Register.TDBAL, this.memory + TX_RING);
    this.write(Register.TDLEN, count * DESCRIPTOR_BYTES);
    this.write(Register.TDH, 0);
    this.write(Register.TDT, 0);
    this.write(Register.TCTL, control);
  }

  txAt(index: number): Address<"TxDescriptor"> {
    return (this.memory + TX_RING + index * DESCRIPTOR_BYTES) as Address<"TxDescriptor">;
  }

  /** Fills a transmit descriptor whose bytes are put at `bufferOffset` of the transmit buffers. */
  txDescriptor(index: number, bufferOffset: number, bytes: Uint8Array, command: number = TxCommand.EOP | TxCommand.IFCS | TxCommand.RS): void {
    const buffer = this.memory + TX_BUFFERS + bufferOffset;
    this.ram.u8.set(bytes, buffer);
    const at = this.txAt(index);
    this.ram.fill(at, DESCRIPTOR_BYTES, 0);
    TxDescriptor.bufferAddress.set(this.ram, at, buffer);
    TxDescriptor.frameBytes.set(this.ram, at, bytes.length);
    TxDescriptor.command.set(this.ram, at, command);
  }

  bytes(offset: number, count: number): number[] {
    return [...this.ram.u8.slice(this.memory + offset, this.memory + offset + count)];
  }

  get account(): Record<"offered" | "received" | "filtered" | "noDescriptor" | "tooLong" | "linkDown" | "inFlight" | "transmitted" | "transmitDropped" | "dmaFaults" | "resets" | "unknownDescriptors", number> {
    return NicAccount.view(this.ram, this.nic.account);
  }

  /** Offered less received less dropped less in flight: 0, always. */
  unaccounted(): number {
    const { offered, received, filtered, noDescriptor, tooLong, linkDown, inFlight } = this.account;
    return offered - received - filtered - noDescriptor - tooLong - linkDown - inFlight;
  }

  tracedOf(kind: number): Traced[] {
    return this.traced.filter((record) => record.kind === kind);
  }
}

/** A frame of so many bytes to `to`, with a content that tells it from others by `seed`. */
export function frameTo(to: string, bytes: number, seed = 0): Uint8Array {
  const frame = Uint8Array.from({ length: bytes }, (_, i) => (seed * 31 + i * 7) & 0xff);
  const address = to.split(":").map((byte) => Number.parseInt(byte, 16));
  frame.set(address.slice(0, bytes));
  return frame;
}

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
