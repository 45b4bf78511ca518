/** The NICs: their rings decoded, descriptor by descriptor, with the buffers that they name. */

import type { Address } from "../../hal/field.ts";
import { NicAccount } from "../../hal/nic/account.ts";
import { DESCRIPTOR_BYTES, RxDescriptor, RxStatus, TxCommand, TxDescriptor, TxStatus } from "../../hal/nic/descriptors.ts";
import { E1000File } from "../../hal/nic/e1000-file.ts";
import { InterruptCause, StatusBit } from "../../hal/nic/e1000-registers.ts";
import { VirtioFeature, VirtioInterrupt, VirtioStatus } from "../../hal/nic/virtio/mmio-registers.ts";
import { VirtioNetConfig, VirtioNetStatus } from "../../hal/nic/virtio/net-layouts.ts";
import { VirtqDescriptor, VirtqDescriptorFlag } from "../../hal/nic/virtio/split-ring.ts";
import { VirtioRegisters } from "../../hal/nic/virtio/transport-state.ts";
import { inspectRecord } from "../../hal/inspect.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Ring } from "../../kernel/invariants/nic-rings.ts";
import { NO_AVAILABLE, bufferAddressAt, bufferOf, eachPosted, lies, ringsOf } from "../../kernel/invariants/nic-rings.ts";
import type { KernelTables, NicTable } from "../../kernel/invariants/tables.ts";
import { eachIndirect } from "../../kernel/invariants/virtio-rings.ts";
import type { Dump } from "./dump.ts";

export interface DescriptorView {
  readonly index: number;
  /** Whose turn it is: the device's from head up to tail, with virtio from the chains that lie there. */
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
  /** Of a virtio device: its status, and the features that were agreed on. */
  readonly status: readonly string[];
  readonly features: readonly string[];
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
    ...(nic.kind === "e1000" ? e1000Of(dump, nic.registers) : virtioOf(dump, nic)),
    account: account === undefined ? {} : inspectRecord(ram, NicAccount, account.base),
    rings: ringsOf(tables, nic).map((ring) => ringOf(dump, ring)),
  };
}

type RegisterView = Pick<NicView, "linkUp" | "causes" | "unmasked" | "status" | "features">;

function e1000Of({ ram }: Dump, at: Address<"E1000File">): RegisterView {
  return {
    linkUp: (E1000File.STATUS.get(ram, at) & StatusBit.LU) !== 0,
    causes: bitNames(InterruptCause, E1000File.ICR.get(ram, at)),
    unmasked: bitNames(InterruptCause, E1000File.IMS.get(ram, at)),
    status: [],
    features: [],
  };
}

function virtioOf({ ram, parts }: Dump, { name, registers }: NicTable & { readonly kind: "virtio-net" }): RegisterView {
  const configuration = parts.find((part) => part.name === `${name}.configuration` && part.layout === VirtioNetConfig);
  const words = [VirtioRegisters.driverFeatures0.get(ram, registers), VirtioRegisters.driverFeatures1.get(ram, registers)];
  return {
    linkUp: configuration !== undefined && (VirtioNetConfig.status.get(ram, configuration.base as Address<"VirtioNetConfig">) & VirtioNetStatus.LINK_UP) !== 0,
    causes: bitNames(VirtioInterrupt, VirtioRegisters.interruptStatus.get(ram, registers)),
    unmasked: Object.keys(VirtioInterrupt),
    status: bitNames(VirtioStatus, VirtioRegisters.status.get(ram, registers)),
    features: Object.entries(VirtioFeature).filter(([, feature]) => ((words[feature >> 5] >>> (feature & 31)) & 1) === 1).map(([feature]) => feature),
  };
}

function ringOf(dump: Dump, ring: Ring): RingView {
  const { tables } = dump;
  const fault = ring.count === 0 ? "it has no descriptors" : ring.count > DESCRIPTORS_MAX || !lies(tables, ring) ? "it does not lie in RAM" : "";
  const posted = new Set<number>();
  if (fault === "") eachPosted(tables, ring, (index) => void posted.add(index));
  const descriptors = fault !== "" ? [] : Array.from({ length: ring.count }, (_, index) => descriptorOf(dump, ring, index, posted.has(index) ? "device" : "driver"));
  return { ...ring, posted: posted.size, fault, descriptors };
}

function descriptorOf({ ram, tables }: Dump, ring: Ring, index: number, turn: DescriptorView["turn"]): DescriptorView {
  const at = ring.base + index * DESCRIPTOR_BYTES;
  const address = bufferAddressAt(tables, ring, index);
  return { index, turn, bufferAddress: address, buffer: bufferOf(tables, address), ...contentOf(ram, tables, ring, at) };
}

type Content = Pick<DescriptorView, "frameBytes" | "bits" | "errors"> & Partial<Pick<DescriptorView, "buffer">>;

function contentOf(ram: Memory, tables: KernelTables, ring: Ring, at: number): Content {
  if (ring.available !== NO_AVAILABLE) return chainedOf(tables, at as Address<"VirtqDescriptor">);
  if (ring.kind === "rx") {
    const rx = at as Address<"RxDescriptor">;
    return { frameBytes: RxDescriptor.frameBytes.get(ram, rx), bits: bitNames(RxStatus, RxDescriptor.status.get(ram, rx)), errors: RxDescriptor.errors.get(ram, rx) };
  }
  const tx = at as Address<"TxDescriptor">;
  return { frameBytes: TxDescriptor.frameBytes.get(ram, tx), bits: [...bitNames(TxCommand, TxDescriptor.command.get(ram, tx)), ...bitNames(TxStatus, TxDescriptor.status.get(ram, tx))], errors: 0 };
}

/** A descriptor of a virtio queue; of one that names a table the buffer that is in there. */
function chainedOf(tables: KernelTables, at: Address<"VirtqDescriptor">): Content {
  const { ram } = tables;
  const flags = VirtqDescriptor.flags.get(ram, at);
  const content = { frameBytes: VirtqDescriptor.bytes.get(ram, at) >>> 0, bits: bitNames(VirtqDescriptorFlag, flags), errors: 0 };
  let buffer = -1;
  if ((flags & VirtqDescriptorFlag.INDIRECT) !== 0) eachIndirect(tables, at, (address) => (buffer = Math.max(buffer, bufferOf(tables, address))));
  return buffer < 0 ? content : { ...content, buffer };
}

function bitNames(bits: Readonly<Record<string, number>>, value: number): string[] {
  return Object.entries(bits).filter(([, bit]) => (value & bit) !== 0).map(([name]) => name);
}
