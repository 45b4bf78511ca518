/**
 * Which frames a virtio network device takes (VIRTIO 1.2, 5.1.6.5.1 to 5.1.6.5.3). It begins in promiscuous mode, which
 * goes before all else; without it the VLAN filter, if negotiated, looks at a customer's tag that comes first, and then unicast,
 * multicast and broadcast frames each have their own rules.
 */

import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { isTagged } from "./net-flow.ts";
import { VirtioNetRxCommand } from "./net-layouts.ts";
import { MAC_BYTES, MAC_TABLE_LENGTH_MAX, VirtioNetState } from "./net-state.ts";

type StateAddress = Address<"VirtioNetState">;

const VLAN_ID = 0xfff;

/** Is a mode of VirtioNetRxCommand on? */
export function hasReceiveMode(ram: Memory, state: StateAddress, command: number): boolean {
  return ((VirtioNetState.receiveMode.get(ram, state) >>> command) & 1) === 1;
}

export function setReceiveMode(ram: Memory, state: StateAddress, command: number, isOn: boolean): void {
  const others = VirtioNetState.receiveMode.get(ram, state) & ~(1 << command);
  VirtioNetState.receiveMode.set(ram, state, isOn ? others | (1 << command) : others);
}

/** Lets the frames of a VLAN in, or no longer; `id` is below 4,096. */
export function setVlan(ram: Memory, state: StateAddress, id: number, isIn: boolean): void {
  const at = VirtioNetState.vlanTable.at(state) + (id >> 3);
  const bit = 1 << (id & 7);
  ram.u8[at] = isIn ? ram.u8[at] | bit : ram.u8[at] & ~bit;
}

/** Does the device want a frame whose bytes begin at `at`? `mac` is the address in RAM of its own address; `byVlan`: the VLAN filter is negotiated. */
export function wantsFrame(ram: Memory, state: StateAddress, mac: number, byVlan: boolean, at: number, frameBytes: number): boolean {
  if (hasReceiveMode(ram, state, VirtioNetRxCommand.PROMISC)) return true;
  if (frameBytes < MAC_BYTES) return false;
  if (byVlan && isTagged(ram, at, frameBytes) && !hasVlan(ram, state, ram.view.getUint16(at + 14) & VLAN_ID)) return false;
  if (isBroadcast(ram, at)) return !hasReceiveMode(ram, state, VirtioNetRxCommand.NOBCAST);
  return (ram.u8[at] & 1) === 1 ? wantsMulticast(ram, state, at) : wantsUnicast(ram, state, mac, at);
}

function wantsUnicast(ram: Memory, state: StateAddress, mac: number, at: number): boolean {
  if (hasReceiveMode(ram, state, VirtioNetRxCommand.NOUNI)) return false;
  if (hasReceiveMode(ram, state, VirtioNetRxCommand.ALLUNI) || VirtioNetState.unicastOverflow.get(ram, state) === 1) return true;
  return sameMac(ram, mac, at) || inTable(ram, state, at, 0, VirtioNetState.unicasts.get(ram, state));
}

function wantsMulticast(ram: Memory, state: StateAddress, at: number): boolean {
  if (hasReceiveMode(ram, state, VirtioNetRxCommand.NOMULTI)) return false;
  if (hasReceiveMode(ram, state, VirtioNetRxCommand.ALLMULTI) || VirtioNetState.multicastOverflow.get(ram, state) === 1) return true;
  const first = VirtioNetState.unicasts.get(ram, state);
  return inTable(ram, state, at, first, first + VirtioNetState.multicasts.get(ram, state));
}

function inTable(ram: Memory, state: StateAddress, at: number, first: number, end: number): boolean {
  const table = VirtioNetState.macTable.at(state);
  for (let i = first; i < end && i < MAC_TABLE_LENGTH_MAX; i++) if (sameMac(ram, table + i * MAC_BYTES, at)) return true;
  return false;
}

function hasVlan(ram: Memory, state: StateAddress, id: number): boolean {
  return ((ram.u8[VirtioNetState.vlanTable.at(state) + (id >> 3)] >> (id & 7)) & 1) === 1;
}

function sameMac(ram: Memory, a: number, b: number): boolean {
  for (let i = 0; i < MAC_BYTES; i++) if (ram.u8[a + i] !== ram.u8[b + i]) return false;
  return true;
}

function isBroadcast(ram: Memory, at: number): boolean {
  for (let i = 0; i < MAC_BYTES; i++) if (ram.u8[at + i] !== 0xff) return false;
  return true;
}
