/**
 * What a virtio network device remembers beside its transport and its queues, and the kinds of event that it schedules:
 * at most one of each kind, but for plug.
 */

import type { Address } from "../../field.ts";
import { bytes, i32, u16 } from "../../field.ts";
import { layout } from "../../layout.ts";
import type { WireParts } from "../../wire.ts";
import { RSS_KEY_BYTES, RSS_TABLE_LENGTH_MAX } from "./net-layouts.ts";

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

/** Addresses in the MAC filter table, unicast and multicast together. */
export const MAC_TABLE_LENGTH_MAX = 64;
const MAC_BYTES = 6;
/** One bit for each of 4,096 VLANs. */
const VLAN_TABLE_BYTES = 512;

export const VirtioNetState = layout("VirtioNetState", {
  /** The address that frames for this machine carry. */
  mac: bytes(MAC_BYTES),
  /** Queue pairs in use. */
  pairs: u16,
  /** 1 while RSS_CONFIG has set the steering. */
  rss: i32,
  hashTypes: i32,
  indirectionTableMask: u16,
  unclassifiedQueue: u16,
  key: bytes(RSS_KEY_BYTES),
  indirectionTable: bytes(RSS_TABLE_LENGTH_MAX * 2),
  /** Bits of the receive mode by command number, and which addresses the table holds. */
  receiveMode: i32,
  unicasts: u16,
  multicasts: u16,
  macTable: bytes(MAC_TABLE_LENGTH_MAX * MAC_BYTES),
  vlanTable: bytes(VLAN_TABLE_BYTES),
});

export interface VirtioNetParts {
  readonly state: Address<"VirtioNetState">;
  readonly account: Address<"NicAccount">;
  readonly wire: WireParts;
  /** Where a frame is gathered before it leaves. */
  readonly gather: number;
  readonly gatherBytes: number;
  readonly queuePairs: number;
  readonly mac: readonly number[];
}
