/**
 * What crosses a boundary, collected: the records and numbers by which processes, kernel and devices talk to each other.
 * A section is one file, and has everything that the file declares: layouts, and tables of numbers by name.
 */

import * as mailboxRegisters from "../../hal/mailbox-registers.ts";
import * as nicDescriptors from "../../hal/nic/descriptors.ts";
import * as e1000PhyRegisters from "../../hal/nic/e1000-phy-registers.ts";
import * as e1000Registers from "../../hal/nic/e1000-registers.ts";
import * as virtioRegisters from "../../hal/nic/virtio/mmio-registers.ts";
import * as virtioNet from "../../hal/nic/virtio/net-layouts.ts";
import * as splitRing from "../../hal/nic/virtio/split-ring.ts";
import type { LayoutInfo } from "../../hal/layout.ts";
import * as rights from "../../kernel/capability/right.ts";
import * as errors from "../../kernel/errno.ts";
import * as faults from "../../kernel/fault.ts";
import * as messages from "../../kernel/message.ts";
import * as deliveries from "../../kernel/service.ts";
import * as driver from "../../services/driver-api.ts";
import * as echo from "../../services/examples/echo-api.ts";
import * as loop from "../../services/examples/loopback-api.ts";
import * as store from "../../services/examples/key-value-store-api.ts";
import * as names from "../../services/examples/name-server-api.ts";
import * as visitor from "../../services/examples/visitor-api.ts";
import * as gateway from "../../services/gateway-api.ts";
import * as balancer from "../../services/lb/api.ts";
import * as control from "../../services/lb/control.ts";
import * as metrics from "../../services/lb/metrics-api.ts";
import * as probes from "../../services/lb/probe-api.ts";
import * as net from "../../services/net/api.ts";
import * as operator from "../../services/operator-api.ts";
import * as supervisor from "../../services/supervisor/api.ts";

/** A Rust integer type: that of the field in which such a number stands. */
export type IntegerType = "u8" | "u16" | "u32" | "i32";

export interface NumberTable {
  readonly tableName: string;
  readonly type: IntegerType;
  readonly entries: readonly (readonly [name: string, value: number])[];
}

export interface AbiSection {
  readonly title: string;
  /** The file that declares all this, from the repository's root. */
  readonly path: string;
  readonly layouts: readonly LayoutInfo[];
  readonly tables: readonly NumberTable[];
}

/** Tables whose numbers do not stand in a signed word. */
const TYPES: Readonly<Record<string, IntegerType>> = Object.freeze({
  CloseEnd: "u8",
  ConnectionEnd: "u8",
  ControlBit: "u32",
  ControlOperation: "u8",
  E1000Register: "u32",
  E1000Statistic: "u32",
  EepromReadBit: "u32",
  EndpointRight: "u8",
  HeadPlace: "u8",
  InterruptCause: "u32",
  MailboxRegister: "u32",
  MailboxStatus: "u32",
  MdicBit: "u32",
  MeasureName: "u8",
  MemberFlag: "u8",
  MetricKind: "u8",
  ObjectType: "u8",
  OperatorTarget: "u16",
  Outcome: "u16",
  PhyControlBit: "u16",
  PhyGigabitBit: "u16",
  PhyPartnerBit: "u16",
  PhyRegister: "u8",
  PhySpecificBit: "u16",
  PhyStatusBit: "u16",
  ReceiveChecksumBit: "u32",
  ReceiveControlBit: "u32",
  RegionPermission: "u32",
  Right: "u8",
  RxError: "u8",
  RxStatus: "u8",
  StatusBit: "u32",
  TransmitControlBit: "u32",
  TxCommand: "u8",
  TxStatus: "u8",
  VirtioInterrupt: "u32",
  VirtioNetAck: "u8",
  VirtioNetClass: "u8",
  VirtioNetHash: "u32",
  VirtioNetMacCommand: "u8",
  VirtioNetMqCommand: "u8",
  VirtioNetRxCommand: "u8",
  VirtioNetStatus: "u16",
  VirtioNetVlanCommand: "u8",
  VirtioRegister: "u32",
  VirtioStatus: "u32",
  VirtqAvailableFlag: "u16",
  VirtqDescriptorFlag: "u16",
  VirtqUsedFlag: "u16",
});

function isLayout(exported: unknown): exported is LayoutInfo {
  return typeof exported === "object" && exported !== null && "layoutName" in exported;
}

function isNumberTable(exported: unknown): exported is Readonly<Record<string, number>> {
  if (typeof exported !== "object" || exported === null || Array.isArray(exported)) return false;
  const values = Object.values(exported);
  return values.length > 0 && values.every((value) => typeof value === "number");
}

/** `before`: what earlier sections have: a file may hand on what another declares. */
function section(title: string, path: string, file: Readonly<Record<string, unknown>>, before: readonly unknown[]): AbiSection {
  // By name: engines and bundlers differ in the order in which they list what a module exports.
  const exported = Object.entries(file).filter(([, value]) => !before.includes(value)).sort(([a], [b]) => (a < b ? -1 : 1));
  const layouts = exported.map(([, value]) => value).filter(isLayout);
  const tables = exported.flatMap(([tableName, value]) => {
    if (!isNumberTable(value)) return [];
    const type = TYPES[tableName] ?? "i32";
    const entries = Object.entries(value).map(([name, number]) => Object.freeze([name, type === "u32" ? number >>> 0 : number] as const));
    return [Object.freeze({ tableName, type, entries: Object.freeze(entries) })];
  });
  return Object.freeze({ title, path, layouts: Object.freeze(layouts), tables: Object.freeze(tables) });
}

/** From the kernel outwards. */
const FILES: readonly (readonly [title: string, path: string, file: Readonly<Record<string, unknown>>])[] = [
  ["Messages", "kernel/message.ts", messages],
  ["Capabilities", "kernel/capability/right.ts", rights],
  ["What a handler is run for", "kernel/service.ts", deliveries],
  ["Errors", "kernel/errno.ts", errors],
  ["Faults", "kernel/fault.ts", faults],
  ["NIC descriptors", "hal/nic/descriptors.ts", nicDescriptors],
  ["E1000 registers", "hal/nic/e1000-registers.ts", e1000Registers],
  ["E1000 PHY registers", "hal/nic/e1000-phy-registers.ts", e1000PhyRegisters],
  ["Virtio rings", "hal/nic/virtio/split-ring.ts", splitRing],
  ["Virtio registers", "hal/nic/virtio/mmio-registers.ts", virtioRegisters],
  ["Virtio network device", "hal/nic/virtio/net-layouts.ts", virtioNet],
  ["Mailbox registers", "hal/mailbox-registers.ts", mailboxRegisters],
  ["Driver and net", "services/driver-api.ts", driver],
  ["Net", "services/net/api.ts", net],
  ["Load balancer: requests and decisions", "services/lb/api.ts", balancer],
  ["Load balancer: control operations", "services/lb/control.ts", control],
  ["Load balancer: metrics", "services/lb/metrics-api.ts", metrics],
  ["Load balancer: probes of health", "services/lb/probe-api.ts", probes],
  ["Operator", "services/operator-api.ts", operator],
  ["Supervisor", "services/supervisor/api.ts", supervisor],
  ["Gateway", "services/gateway-api.ts", gateway],
  ["Example: echo", "services/examples/echo-api.ts", echo],
  ["Example: key-value store", "services/examples/key-value-store-api.ts", store],
  ["Example: loopback", "services/examples/loopback-api.ts", loop],
  ["Example: name server", "services/examples/name-server-api.ts", names],
  ["Example: visitor", "services/examples/visitor-api.ts", visitor],
];

export const ABI: readonly AbiSection[] = Object.freeze(
  FILES.map(([title, path, file], index) => section(title, path, file, FILES.slice(0, index).flatMap((earlier) => Object.values(earlier[2])))),
);
