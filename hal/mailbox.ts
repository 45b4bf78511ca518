/**
 * The mailbox: how the world outside speaks with the machine. Two rings of records in RAM, one each way. The outside
 * calls send() and receive(); the operator works the registers, and the device copies between its rings and memory that
 * the IOMMU table grants it.
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
import type { RecordRingParts } from "./record-ring.ts";
import { RecordRing } from "./record-ring.ts";

export interface MailboxConfig {
  readonly name: string;
  readonly kind: "mailbox";
}

export const MailboxRecord = layout("MailboxRecord", 32, {
  inboundAddress: i32,
  outboundAddress: i32,
  status: i32,
  /** Bytes of the record that the last `send` found no room for; 0 if it found some. */
  wantedBytes: i32,
  received: u32("statistic"),
  /** Records that the outside offered in vain. */
  refused: u32("statistic"),
  sent: u32("statistic"),
  dmaRefused: u32("statistic"),
});

export interface MailboxParts {
  readonly record: Address<"MailboxRecord">;
  readonly inbound: RecordRingParts;
  readonly outbound: RecordRingParts;
}

export class Mailbox implements Device {
  readonly name: string;
  readonly number: number;
  readonly line: number;
  readonly registerBytes = 0x1c;
  readonly #port: DevicePort;
  readonly #ram: Memory;
  readonly #at: Address<"MailboxRecord">;
  readonly #inbound: RecordRing;
  readonly #outbound: RecordRing;

  static plan(plan: RamPlan, config: MailboxConfig, limits: HalLimits): MailboxParts {
    return Object.freeze({
      record: plan.record(`${config.name}.registers`, MailboxRecord),
      inbound: RecordRing.plan(plan, `${config.name}.inbound`, limits.mailboxInboundBytes),
      outbound: RecordRing.plan(plan, `${config.name}.outbound`, limits.mailboxOutboundBytes),
    });
  }

  constructor(port: DevicePort, parts: MailboxParts) {
    this.name = port.name;
    this.number = port.number;
    this.line = port.line;
    this.#port = port;
    this.#ram = port.ram;
    this.#at = parts.record;
    this.#inbound = new RecordRing(port.ram, parts.inbound);
    this.#outbound = new RecordRing(port.ram, parts.outbound);
    Object.freeze(this);
  }

  /** Bytes of the longest record that can ever come in. */
  get inboundRecordBytesMax(): number {
    return this.#inbound.recordBytesMax;
  }

  // --- the outside -----------------------------------------------------------------------------------------------------

  /** Puts a record into the inbound ring. False, and nothing happened, if it is empty or there is no room for it. */
  send(record: Uint8Array): boolean {
    if (record.length === 0 || !this.#inbound.hasRoom(record.length)) {
      MailboxRecord.refused.add(this.#ram, this.#at, 1);
      return false;
    }
    this.#inbound.pushBytes(record);
    MailboxRecord.received.add(this.#ram, this.#at, 1);
    this.#updateLine();
    return true;
  }

  /** A copy of the first outbound record, which stays; null if there is none. */
  peek(): Uint8Array | null {
    return this.#outbound.isEmpty() ? null : this.#outbound.headCopy();
  }

  /** Takes the first outbound record; null if there is none. */
  receive(): Uint8Array | null {
    if (this.#outbound.isEmpty()) return null;
    const record = this.#outbound.headCopy();
    this.#outbound.drop();
    this.#updateLine();
    return record;
  }

  // --- the operator's side ---------------------------------------------------------------------------------------------

  read(offset: number): number {
    switch (offset) {
      case MailboxRegister.inboundBytes:
        return this.#inbound.headBytes();
      case MailboxRegister.inboundAddress:
        return MailboxRecord.inboundAddress.get(this.#ram, this.#at);
      case MailboxRegister.outboundSpace:
        return this.#outbound.spaceBytes;
      case MailboxRegister.outboundAddress:
        return MailboxRecord.outboundAddress.get(this.#ram, this.#at);
      case MailboxRegister.status:
        return MailboxRecord.status.get(this.#ram, this.#at);
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
    this.#ram.fill(this.#at, MailboxRecord.size, 0);
    this.#inbound.reset();
    this.#outbound.reset();
    this.#port.lowerLine();
  }

  #take(bytesMax: number): number {
    const bytes = this.#inbound.headBytes();
    if (bytes === 0) return MailboxStatus.noRecord;
    const copied = Math.min(bytes, bytesMax);
    if (copied > 0) {
      const address = MailboxRecord.inboundAddress.get(this.#ram, this.#at);
      if (!this.#port.dmaMayWrite(address, copied)) return this.#refuseDma();
      this.#inbound.copyHead(address, copied);
    }
    this.#inbound.drop();
    return MailboxStatus.ok;
  }

  #send(bytes: number): number {
    const ram = this.#ram;
    const at = this.#at;
    MailboxRecord.wantedBytes.set(ram, at, 0);
    if (bytes <= 0) return MailboxStatus.noRecord;
    if (bytes > this.#outbound.recordBytesMax) return MailboxStatus.tooLong;
    if (!this.#outbound.hasRoom(bytes)) {
      MailboxRecord.wantedBytes.set(ram, at, bytes);
      return MailboxStatus.noRoom;
    }
    const address = MailboxRecord.outboundAddress.get(ram, at);
    if (!this.#port.dmaMayRead(address, bytes)) return this.#refuseDma();
    this.#outbound.push(address, bytes);
    MailboxRecord.sent.add(ram, at, 1);
    return MailboxStatus.ok;
  }

  #refuseDma(): number {
    MailboxRecord.dmaRefused.add(this.#ram, this.#at, 1);
    return MailboxStatus.dmaRefused;
  }

  #updateLine(): void {
    const wanted = MailboxRecord.wantedBytes.get(this.#ram, this.#at);
    const high = wanted > 0 ? this.#outbound.hasRoom(wanted) : !this.#inbound.isEmpty();
    if (high) this.#port.raiseLine();
    else this.#port.lowerLine();
  }
}
