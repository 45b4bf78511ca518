/**
 * The mailbox: how the world outside speaks with the machine. Two rings of bytes in RAM, one each way; a record is a u32
 * of bytes, the bytes, and padding to a multiple of 4. The outside calls send() and receive(); the operator works the
 * registers, and the device copies between its rings and memory that the IOMMU table grants it.
 *
 * The line is high while something waits for the operator: a record is in. When a `send` found no room, the line waits
 * for that instead, and goes high when the outside has made room. A command never waits: its result stands in `status`
 * at once.
 */

import type { Device } from "./device.ts";
import type { DevicePort } from "./device-port.ts";
import type { Address } from "./field.ts";
import { i32, u32 } from "./field.ts";
import { layout } from "./layout.ts";
import type { HalLimits } from "./limits.ts";
import { MailboxRegister, MailboxStatus } from "./mailbox-registers.ts";
import type { Memory } from "./memory.ts";
import type { RamPlan } from "./ram-plan.ts";

export interface MailboxConfig {
  readonly name: string;
  readonly kind: "mailbox";
}

export const MailboxRecord = layout("MailboxRecord", {
  inboundAddress: i32,
  outboundAddress: i32,
  status: i32,
  /** Room that the last `send` wanted in vain; 0 if none did. */
  wantedBytes: i32,
  /** Offsets of the next byte to read and to write, and bytes held, of each ring. */
  inboundRead: i32,
  inboundHeld: i32,
  outboundRead: i32,
  outboundHeld: i32,
  received: u32("statistic"),
  /** Records that the outside offered in vain. */
  refused: u32("statistic"),
  sent: u32("statistic"),
  dmaRefused: u32("statistic"),
});

export interface MailboxParts {
  readonly record: Address<"MailboxRecord">;
  readonly inbound: number;
  readonly inboundBytes: number;
  readonly outbound: number;
  readonly outboundBytes: number;
}

const LENGTH_BYTES = 4;

export class Mailbox implements Device {
  readonly name: string;
  readonly number: number;
  readonly line: number;
  readonly registerBytes = 0x1c;
  readonly #port: DevicePort;
  readonly #ram: Memory;
  readonly #at: Address<"MailboxRecord">;
  readonly #parts: MailboxParts;

  static plan(plan: RamPlan, config: MailboxConfig, limits: HalLimits): MailboxParts {
    return Object.freeze({
      record: plan.record(`${config.name}.registers`, MailboxRecord),
      inbound: plan.bytes(`${config.name}.inbound`, limits.mailboxInboundBytes),
      inboundBytes: limits.mailboxInboundBytes,
      outbound: plan.bytes(`${config.name}.outbound`, limits.mailboxOutboundBytes),
      outboundBytes: limits.mailboxOutboundBytes,
    });
  }

  constructor(port: DevicePort, parts: MailboxParts) {
    this.name = port.name;
    this.number = port.number;
    this.line = port.line;
    this.#port = port;
    this.#ram = port.ram;
    this.#at = parts.record;
    this.#parts = parts;
    Object.freeze(this);
  }

  /** Bytes of the longest record that can ever come in. */
  get inboundRecordBytesMax(): number {
    return this.#parts.inboundBytes - LENGTH_BYTES;
  }

  // --- the outside -----------------------------------------------------------------------------------------------------

  /** Puts a record into the inbound ring. False, and nothing happened, if it is empty or there is no room for it. */
  send(record: Uint8Array): boolean {
    const ram = this.#ram;
    const at = this.#at;
    const bytes = record.length;
    const held = MailboxRecord.inboundHeld.get(ram, at);
    if (bytes === 0 || recordBytes(bytes) > this.#parts.inboundBytes - held) {
      MailboxRecord.refused.add(ram, at, 1);
      return false;
    }
    const ring = this.#parts.inbound;
    const ringBytes = this.#parts.inboundBytes;
    const start = (MailboxRecord.inboundRead.get(ram, at) + held) % ringBytes;
    ram.i32[(ring + start) >> 2] = bytes;
    const from = (start + LENGTH_BYTES) % ringBytes;
    const first = Math.min(bytes, ringBytes - from);
    ram.u8.set(record.subarray(0, first), ring + from);
    ram.u8.set(record.subarray(first), ring);
    MailboxRecord.inboundHeld.set(ram, at, held + recordBytes(bytes));
    MailboxRecord.received.add(ram, at, 1);
    this.#updateLine();
    return true;
  }

  /** Takes the first outbound record; null if there is none. */
  receive(): Uint8Array | null {
    const ram = this.#ram;
    const at = this.#at;
    if (MailboxRecord.outboundHeld.get(ram, at) === 0) return null;
    const ring = this.#parts.outbound;
    const ringBytes = this.#parts.outboundBytes;
    const start = MailboxRecord.outboundRead.get(ram, at);
    const bytes = ram.i32[(ring + start) >> 2];
    const from = (start + LENGTH_BYTES) % ringBytes;
    const first = Math.min(bytes, ringBytes - from);
    const record = new Uint8Array(bytes);
    record.set(ram.u8.subarray(ring + from, ring + from + first));
    record.set(ram.u8.subarray(ring, ring + bytes - first), first);
    MailboxRecord.outboundRead.set(ram, at, (start + recordBytes(bytes)) % ringBytes);
    MailboxRecord.outboundHeld.add(ram, at, -recordBytes(bytes));
    this.#updateLine();
    return record;
  }

  // --- the operator's side ---------------------------------------------------------------------------------------------

  read(offset: number): number {
    const ram = this.#ram;
    const at = this.#at;
    switch (offset) {
      case MailboxRegister.inboundBytes:
        return this.#inboundHeadBytes();
      case MailboxRegister.inboundAddress:
        return MailboxRecord.inboundAddress.get(ram, at);
      case MailboxRegister.outboundSpace:
        return this.#parts.outboundBytes - MailboxRecord.outboundHeld.get(ram, at) - LENGTH_BYTES;
      case MailboxRegister.outboundAddress:
        return MailboxRecord.outboundAddress.get(ram, at);
      case MailboxRegister.status:
        return MailboxRecord.status.get(ram, at);
      default:
        return 0;
    }
  }

  write(offset: number, value: number): void {
    const ram = this.#ram;
    const at = this.#at;
    switch (offset) {
      case MailboxRegister.take:
        MailboxRecord.status.set(ram, at, this.#take(value));
        this.#updateLine();
        return;
      case MailboxRegister.inboundAddress:
        MailboxRecord.inboundAddress.set(ram, at, value);
        return;
      case MailboxRegister.send:
        MailboxRecord.status.set(ram, at, this.#send(value));
        this.#updateLine();
        return;
      case MailboxRegister.outboundAddress:
        MailboxRecord.outboundAddress.set(ram, at, value);
        return;
    }
  }

  /** It schedules none. */
  event(): void {}

  /** Registers and both rings are empty. */
  reset(): void {
    const { record, inbound, inboundBytes, outbound, outboundBytes } = this.#parts;
    this.#ram.fill(record, MailboxRecord.size, 0);
    this.#ram.fill(inbound, inboundBytes, 0);
    this.#ram.fill(outbound, outboundBytes, 0);
    this.#port.lowerLine();
  }

  #inboundHeadBytes(): number {
    const ram = this.#ram;
    if (MailboxRecord.inboundHeld.get(ram, this.#at) === 0) return 0;
    return ram.i32[(this.#parts.inbound + MailboxRecord.inboundRead.get(ram, this.#at)) >> 2];
  }

  #take(bytesMax: number): number {
    const ram = this.#ram;
    const at = this.#at;
    const bytes = this.#inboundHeadBytes();
    if (bytes === 0) return MailboxStatus.noRecord;
    const ring = this.#parts.inbound;
    const ringBytes = this.#parts.inboundBytes;
    const start = MailboxRecord.inboundRead.get(ram, at);
    const copied = Math.min(bytes, bytesMax);
    if (copied > 0) {
      const address = MailboxRecord.inboundAddress.get(ram, at);
      if (!this.#port.dmaMayWrite(address, copied)) return this.#refuseDma();
      const from = (start + LENGTH_BYTES) % ringBytes;
      const first = Math.min(copied, ringBytes - from);
      ram.copy(address, ring + from, first);
      ram.copy(address + first, ring, copied - first);
    }
    MailboxRecord.inboundRead.set(ram, at, (start + recordBytes(bytes)) % ringBytes);
    MailboxRecord.inboundHeld.add(ram, at, -recordBytes(bytes));
    return MailboxStatus.ok;
  }

  #send(bytes: number): number {
    const ram = this.#ram;
    const at = this.#at;
    if (bytes <= 0) return MailboxStatus.noRecord;
    const ringBytes = this.#parts.outboundBytes;
    if (bytes > ringBytes - LENGTH_BYTES) return MailboxStatus.tooLong;
    const held = MailboxRecord.outboundHeld.get(ram, at);
    if (recordBytes(bytes) > ringBytes - held) {
      MailboxRecord.wantedBytes.set(ram, at, recordBytes(bytes));
      return MailboxStatus.noRoom;
    }
    const address = MailboxRecord.outboundAddress.get(ram, at);
    if (!this.#port.dmaMayRead(address, bytes)) return this.#refuseDma();
    const ring = this.#parts.outbound;
    const start = (MailboxRecord.outboundRead.get(ram, at) + held) % ringBytes;
    ram.i32[(ring + start) >> 2] = bytes;
    const to = (start + LENGTH_BYTES) % ringBytes;
    const first = Math.min(bytes, ringBytes - to);
    ram.copy(ring + to, address, first);
    ram.copy(ring, address + first, bytes - first);
    MailboxRecord.outboundHeld.set(ram, at, held + recordBytes(bytes));
    MailboxRecord.wantedBytes.set(ram, at, 0);
    MailboxRecord.sent.add(ram, at, 1);
    return MailboxStatus.ok;
  }

  #refuseDma(): number {
    MailboxRecord.dmaRefused.add(this.#ram, this.#at, 1);
    return MailboxStatus.dmaRefused;
  }

  #updateLine(): void {
    const ram = this.#ram;
    const wanted = MailboxRecord.wantedBytes.get(ram, this.#at);
    const room = this.#parts.outboundBytes - MailboxRecord.outboundHeld.get(ram, this.#at);
    const high = wanted > 0 ? wanted <= room : MailboxRecord.inboundHeld.get(ram, this.#at) > 0;
    if (high) this.#port.raiseLine();
    else this.#port.lowerLine();
  }
}

/** Bytes that a record takes in a ring. */
function recordBytes(bytes: number): number {
  return LENGTH_BYTES + ((bytes + 3) & ~3);
}
