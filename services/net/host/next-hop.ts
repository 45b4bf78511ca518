/**
 * Who a packet is handed to (RFC 1122, 3.3.1.1; RFC 4861, 5.2). In this order: whom the manifest names as a neighbour, with
 * the MAC address that it gives; whoever is on the link of an own address, by its prefix length; the gateway, by its MAC
 * address or its IP address. Own addresses without a prefix length say nothing of the link: then all are sent to the
 * gateway, and if there is none, all are on the link.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { Emitter } from "../emission.ts";
import { NeighbourTable, fixedMac } from "../neighbour.ts";
import { ProxyState } from "../proxy/records.ts";
import { emitterOf, proxyOf } from "../proxy/state.ts";
import type { NetContext } from "../state.ts";
import { OwnAddress, addressAt, findAddress, isOnLinkOf } from "./own-addresses.ts";
import { HostState, hostOf } from "./records.ts";

type Ip = Address<"IpAddress">;

/** What `nextHop` answers when the neighbour at HostState.hop is to be asked for its MAC address, and when there is no way. */
export const ASK = 0;
export const NO_WAY = -1;

/** Address of the MAC address through which the address (4 or 6) is reached; ASK; or NO_WAY. */
export function nextHop(context: NetContext, family: number, address: Ip): number {
  const { memory } = context;
  const table = neighboursOf(context);
  const fixed = fixedMac(memory, table, family, address);
  if (fixed !== 0) return fixed;
  if (isOnLink(context, family, address)) return ask(context, address);
  if (NeighbourTable.gatewayKnown.get(memory, table) !== 0) return NeighbourTable.gatewayMac.at(table);
  const gateway = gatewayOf(context, family);
  if (gateway === 0) return hasPrefix(context, family) || ownFor(context, family, address) === 0 ? NO_WAY : ask(context, address);
  const gatewayMac = fixedMac(memory, table, family, gateway);
  return gatewayMac !== 0 ? gatewayMac : ask(context, gateway);
}

/** Whether prefix lengths say that the address is on the link. */
export function isOnLink(context: NetContext, family: number, address: Ip): boolean {
  const { memory } = context;
  if (family === 6 && isLinkLocal(memory, address)) return true;
  const count = ownCount(context);
  for (let index = 0; index < count; index++) {
    const own = addressAt(ownTable(context), index);
    if (OwnAddress.family.get(memory, own) === family && isOnLinkOf(memory, own, address)) return true;
  }
  return false;
}

/** Whether somebody with this address may be heard as a neighbour: on the link, or nothing is known of the link, or a gateway. */
export function mayBeNeighbour(context: NetContext, family: number, address: Ip): boolean {
  if (isOnLink(context, family, address) || !hasPrefix(context, family)) return true;
  const host = hostOf(context);
  return findAddress(context.memory, HostState.gateways.get(context.memory, host), HostState.gatewayCount.get(context.memory, host), family, address) !== 0;
}

/** The own address in whose name that address is asked for: on the same link if there is one, of the same family; 0 if there is none. */
export function ownFor(context: NetContext, family: number, address: Ip): Address<"OwnAddress"> | 0 {
  const { memory } = context;
  let any: Address<"OwnAddress"> | 0 = 0;
  const count = ownCount(context);
  for (let index = 0; index < count; index++) {
    const own = addressAt(ownTable(context), index);
    if (OwnAddress.family.get(memory, own) !== family) continue;
    if (isOnLinkOf(memory, own, address)) return own;
    if (any === 0) any = own;
  }
  return any;
}

/** Whether the manifest says which MAC address this neighbour has. */
export function fixedMacOf(context: NetContext, family: number, address: Ip): number {
  return fixedMac(context.memory, neighboursOf(context), family, address);
}

export function ownTable(context: NetContext): number {
  return ProxyState.ownAddresses.get(context.memory, proxyOf(context));
}

export function ownCount(context: NetContext): number {
  return ProxyState.ownAddressCount.get(context.memory, proxyOf(context));
}

function hasPrefix(context: NetContext, family: number): boolean {
  const { memory } = context;
  const count = ownCount(context);
  for (let index = 0; index < count; index++) {
    const own = addressAt(ownTable(context), index);
    if (OwnAddress.family.get(memory, own) === family && OwnAddress.prefixBits.get(memory, own) !== 0) return true;
  }
  return false;
}

function gatewayOf(context: NetContext, family: number): Ip | 0 {
  const { memory } = context;
  const host = hostOf(context);
  const count = HostState.gatewayCount.get(memory, host);
  for (let index = 0; index < count; index++) {
    const gateway = addressAt(HostState.gateways.get(memory, host), index);
    if (OwnAddress.family.get(memory, gateway) === family) return gateway as Address as Ip;
  }
  return 0;
}

function ask(context: NetContext, address: Ip): number {
  const { memory } = context;
  memory.copy(HostState.hop.at(hostOf(context)), address, 16);
  return ASK;
}

/** fe80::/10 (RFC 4291, 2.4). */
function isLinkLocal(memory: Memory, address: Ip): boolean {
  return memory.u8[address] === 0xfe && (memory.u8[address + 1] & 0xc0) === 0x80;
}

function neighboursOf(context: NetContext): Address<"NeighbourTable"> {
  return Emitter.neighbours.get(context.memory, emitterOf(context)) as Address<"NeighbourTable">;
}
