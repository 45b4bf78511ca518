/** The NICs: their rings decoded, descriptor by descriptor, with the buffers that they name. */

import type { Address } from "../../hal/field.ts";
import { NicAccount } from "../../hal/nic/account.ts";
import { DESCRIPTOR_BYTES, RxDescriptor, RxStatus, TxCommand, TxDescriptor, TxStatus } from "../../hal/nic/descriptors.ts";
import { E1000File } from "../../hal/nic/e1000-file.ts";
import { InterruptCause, StatusBit } from "../../hal/nic/e1000-registers.ts";
import { inspectRecord } from "../../hal/inspect.ts";
import type { Ring } from "../../kernel/invariants/nic-rings.ts";
import { bufferAddressAt, bufferOf, lies, ringsOf } from "../../kernel/invariants/nic-rings.ts";
import type { NicTable } from "../../kernel/invariants/tables.ts";
import type { Dump } from "./dump.ts";

export interface DescriptorView {
  readonly index: number;
  /** Whose turn it is: the device's from head up to tail. */
  readonly turn: "device" | "driver";
  readonly bufferAddress: number;
  /** Number of the pool's buffer; -1 if the address is not of one. */
  readonly buffer: number;
  readonly frameBytes: number;
  /** Status and command bits by the manual's names. */
  readonly bits: readonly string[];
  readonly errors: number;
}

export interface RingView extends Ring {
  /** Descriptors that are the device's. */
  readonly posted: number;
  /** Why there are no descriptors to be shown, "" if there are. */
  readonly fault: string;
  readonly descriptors: readonly DescriptorView[];
}

export interface NicView {
  readonly name: string;
  readonly linkUp: boolean;
  readonly causes: readonly string[];
  readonly unmasked: readonly string[];
  readonly account: Readonly<Record<string, number | string>>;
  readonly rings: readonly RingView[];
}

/** A ring may be as long as a register says: 2^16 descriptors at most are shown. */
const DESCRIPTORS_MAX = 0x1_0000;

export function nicsOf(dump: Dump): NicView[] {
  return dump.tables.nics.map((nic) => nicOf(dump, nic));
}

function nicOf(dump: Dump, nic: NicTable): NicView {
  const { ram, parts, tables } = dump;
  const account = parts.find((part) => part.name === `${nic.name}.account` && part.layout === NicAccount);
  return {
    name: nic.name,
    linkUp: (E1000File.STATUS.get(ram, nic.registers) & StatusBit.LU) !== 0,
    causes: bitNames(InterruptCause, E1000File.ICR.get(ram, nic.registers)),
    unmasked: bitNames(InterruptCause, E1000File.IMS.get(ram, nic.registers)),
    account: account === undefined ? {} : inspectRecord(ram, NicAccount, account.base),
    rings: ringsOf(tables, nic).map((ring) => ringOf(dump, ring)),
  };
}

function ringOf(dump: Dump, ring: Ring): RingView {
  const { tables } = dump;
  const fault = ring.count === 0 ? "it has no descriptors" : ring.count > DESCRIPTORS_MAX || !lies(tables, ring) ? "it does not lie in RAM" : "";
  const sound = fault === "" && ring.head < ring.count && ring.tail < ring.count && ring.head >= 0 && ring.tail >= 0;
  const posted = sound && ring.enabled ? (ring.tail - ring.head + ring.count) % ring.count : 0;
  const descriptors = fault !== "" ? [] : Array.from({ length: ring.count }, (_, index) => descriptorOf(dump, ring, index, posted));
  return { ...ring, posted, fault, descriptors };
}

function descriptorOf({ ram, tables }: Dump, ring: Ring, index: number, posted: number): DescriptorView {
  const at = ring.base + index * DESCRIPTOR_BYTES;
  const rx = at as Address<"RxDescriptor">;
  const tx = at as Address<"TxDescriptor">;
  const address = bufferAddressAt(tables, ring, index);
  const isRx = ring.kind === "rx";
  return {
    index,
    turn: (index - ring.head + ring.count) % ring.count < posted ? "device" : "driver",
    bufferAddress: address,
    buffer: bufferOf(tables, address),
    frameBytes: isRx ? RxDescriptor.frameBytes.get(ram, rx) : TxDescriptor.frameBytes.get(ram, tx),
    bits: isRx ? bitNames(RxStatus, RxDescriptor.status.get(ram, rx)) : [...bitNames(TxCommand, TxDescriptor.command.get(ram, tx)), ...bitNames(TxStatus, TxDescriptor.status.get(ram, tx))],
    errors: isRx ? RxDescriptor.errors.get(ram, rx) : 0,
  };
}

function bitNames(bits: Readonly<Record<string, number>>, value: number): string[] {
  return Object.entries(bits).filter(([, bit]) => (value & bit) !== 0).map(([name]) => name);
}
