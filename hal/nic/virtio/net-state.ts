/**
 * What a virtio network device remembers beside its transport and its queues, and the kinds of event that it schedules:
 * at most one of each kind.
 */

import type { Address } from "../../field.ts";
import { bytes, i32, nested, u16 } from "../../field.ts";
import type { Table } from "../../layout.ts";
import { layout } from "../../layout.ts";
import type { WireParts } from "../../wire.ts";
import { RSS_KEY_BYTES, RSS_TABLE_LENGTH_MAX, VirtioNetControl, VirtioNetHeader, VirtioNetRssConfig } from "./net-layouts.ts";
import type { VirtioTransportParts } from "./transport-state.ts";

export const VirtioNetEvent = Object.freeze({
  /** The next frame is here. */
  arrival: 1,
  /** The next step of the frame being received. */
  receive: 2,
  /** The next step of the frame being sent. */
  transmit: 3,
  /** The next command of the control queue. */
  control: 4,
  /** The cable was plugged in or pulled out. */
  plug: 5,
});

/** What the receive event is for. */
export const ReceiveStage = Object.freeze({ idle: 0, payload: 1, writeBack: 2 });

/** What the transmit event is for. */
export const TransmitStage = Object.freeze({ idle: 0, fetch: 1, payload: 2, launch: 3, writeBack: 4 });

export const MAC_BYTES = 6;
/** Addresses in the filter table, unicast and multicast together; when more are set, all of that kind pass. */
export const MAC_TABLE_LENGTH_MAX = 64;
/** One bit for each of 4,096 VLANs. */
const VLAN_TABLE_BYTES = 512;
/** Flows whose transmit queue is remembered (5.1.6.5.6); a power of two. */
export const FLOW_TABLE_LENGTH = 128;

/** The longest RSS parameters: head, table, three bytes, key; rounded up. */
const SCALING_BYTES = (VirtioNetRssConfig.size + RSS_TABLE_LENGTH_MAX * 2 + 3 + RSS_KEY_BYTES + 7) & ~7;

export const VirtioNetState = layout("VirtioNetState", {
  /** One of ReceiveStage; one of TransmitStage, and the pair whose frame is being sent. */
  receiveStage: i32,
  transmitStage: i32,
  transmitPair: i32,
  /** Bytes of the frame being sent, without its header. */
  transmitBytes: i32,
  /** 1 while the control event is scheduled. */
  controlPending: i32,
  /** Queue pairs that the driver may use. */
  pairs: i32,
  /** 1 when RSS_CONFIG was the last command about queues. */
  rss: i32,
  hashTypes: i32,
  indirectionTableMask: i32,
  unclassifiedQueue: i32,
  /** A bit for each VirtioNetRxCommand. */
  receiveMode: i32,
  /** Addresses in the table, the unicast ones first; 1 when there were too many of a kind. */
  unicasts: i32,
  multicasts: i32,
  unicastOverflow: i32,
  multicastOverflow: i32,
  reserved: i32,
  key: bytes(RSS_KEY_BYTES),
  indirectionTable: bytes(RSS_TABLE_LENGTH_MAX * 2),
  macTable: bytes(MAC_TABLE_LENGTH_MAX * MAC_BYTES),
  vlanTable: bytes(VLAN_TABLE_BYTES),
  /** RSS parameters that are being read. */
  scaling: bytes(SCALING_BYTES),
  /** The command being carried out, and a place for the numbers in its data. */
  command: nested(VirtioNetControl),
  operand: bytes(MAC_BYTES),
  /** The header of the frame being received. */
  header: nested(VirtioNetHeader),
});

/** One record for each pair of queues. */
export const VirtioNetPair = layout("VirtioNetPair", 16, {
  /** 1 while the receive queue sleeps: it was found dry, and the driver has not notified the device since. */
  receiveAsleep: i32,
  /** 1 while the transmit queue is worked on: it was notified, and not found empty since. */
  transmitAwake: i32,
  /** Frames received on the queue since the reset. */
  receivedOrdinal: i32("identity"),
  reserved: i32,
});

/** The queue on which a flow's frames leave; found by the flow's hash. */
export const VirtioNetFlow = layout("VirtioNetFlow", 8, {
  hash: i32,
  /** Its pair plus 1; 0 marks an entry that is not used. */
  pair: u16,
  reserved: u16,
});

/** What a frame's headers say of the flow it belongs to (net-flow.ts). */
export const FlowFields = layout("FlowFields", 16, {
  /** Address in RAM of source and destination address, one behind the other, and how long both are: 8, 32, or 0 for no IP. */
  addressesAt: i32("scratch"),
  addressBytes: i32("scratch"),
  /** Address in RAM of source and destination port; 0 when there are none to be seen. */
  portsAt: i32("scratch"),
  /** IP protocol of the ports. */
  protocol: i32("scratch"),
});

export interface VirtioNetParts {
  readonly transport: VirtioTransportParts;
  readonly state: Address<"VirtioNetState">;
  readonly configuration: Address<"VirtioNetConfig">;
  readonly pairs: Table<"VirtioNetPair">;
  readonly flows: Table<"VirtioNetFlow">;
  readonly fields: Address<"FlowFields">;
  readonly account: Address<"NicAccount">;
  readonly wire: WireParts;
  /** Where a frame is gathered before it leaves. */
  readonly gather: number;
  readonly gatherBytes: number;
  readonly mac: readonly number[];
  /** Offered feature bits 0 to 31, and 32 to 63. */
  readonly featuresLow: number;
  readonly featuresHigh: number;
  /** 0 when MTU is not offered. */
  readonly mtu: number;
}
