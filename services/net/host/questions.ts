/** Frames of ARP and neighbour discovery that the machine sends: questions, answers, and defences of its own addresses. */

import { Emitter } from "../emission.ts";
import { frameOf, openFrame } from "../emit.ts";
import { emitterOf } from "../proxy/state.ts";
import type { NetContext } from "../state.ts";
import { ARP_FRAME_BYTES, ArpOperation, writeArpFrame } from "./arp-packet.ts";
import { NEIGHBOUR_FRAME_BYTES, NeighbourFlag, NeighbourMessageType, writeAllNodes, writeNeighbourFrame, writeSolicitedNode } from "./neighbour-message.ts";
import type { NeighbourAddress } from "./records.ts";
import { HostNeighbour, HostState, hostOf } from "./records.ts";
import { sendNow } from "./waiting.ts";

/** Asks for the neighbour's MAC address: everybody who may have the address, or only whom had it. */
export function sendQuestion(context: NetContext, entry: NeighbourAddress, everybody: boolean): void {
  const { memory } = context;
  const host = hostOf(context);
  const about = HostNeighbour.address.at(entry);
  const own = HostNeighbour.own.get(memory, entry);
  if (HostNeighbour.family.get(memory, entry) === 4) {
    const to = everybody ? HostState.broadcast.at(host) : HostNeighbour.mac.at(entry);
    return sendArp(context, ArpOperation.request, to, own, HostState.nobody.at(host), about);
  }
  // RFC 4861, 7.2.2 and 7.3.3.
  writeSolicitedNode(memory, HostState.group.at(host), HostState.groupMac.at(host), about);
  if (everybody) sendNeighbourMessage(context, NeighbourMessageType.solicitation, 0, HostState.groupMac.at(host), HostState.group.at(host), own, about);
  else sendNeighbourMessage(context, NeighbourMessageType.solicitation, 0, HostNeighbour.mac.at(entry), about, own, about);
}

/** Tells who asked (HostState.peer and peerMac) that the own address `own` is here. */
export function sendArpAnswer(context: NetContext, own: number): void {
  const host = hostOf(context);
  sendArp(context, ArpOperation.reply, HostState.peerMac.at(host), own, HostState.peerMac.at(host), HostState.peer.at(host));
}

/** The same by neighbour discovery; `asksForAll` if who asked has no address yet (RFC 4861, 7.2.4). */
export function sendAdvertisement(context: NetContext, own: number, asksForAll: boolean): void {
  const host = hostOf(context);
  if (asksForAll) return announce(context, 6, own);
  sendNeighbourMessage(context, NeighbourMessageType.advertisement, NeighbourFlag.solicited | NeighbourFlag.override, HostState.peerMac.at(host), HostState.peer.at(host), own, own);
}

/** Tells everybody on the link that the own address is here (RFC 5227, 2.3; RFC 4861, 7.2.6). */
export function announce(context: NetContext, family: number, own: number): void {
  const { memory } = context;
  const host = hostOf(context);
  if (family === 4) return sendArp(context, ArpOperation.request, HostState.broadcast.at(host), own, HostState.nobody.at(host), own);
  writeAllNodes(memory, HostState.group.at(host), HostState.groupMac.at(host));
  sendNeighbourMessage(context, NeighbourMessageType.advertisement, NeighbourFlag.override, HostState.groupMac.at(host), HostState.group.at(host), own, own);
}

// That a frame finds no buffer, or the driver takes none, is as if it had been lost on the way; the Emitter counts it.

function sendArp(context: NetContext, operation: number, toMac: number, own: number, targetMac: number, target: number): void {
  const { memory, shared } = context;
  const emitter = emitterOf(context);
  const handle = openFrame(context, emitter);
  if (handle < 0) return;
  const at = frameOf(context, emitter, handle, ARP_FRAME_BYTES);
  writeArpFrame(shared, at, operation, memory, toMac, Emitter.mac.at(emitter), own, targetMac, target);
  sendNow(context, handle, ARP_FRAME_BYTES);
}

function sendNeighbourMessage(context: NetContext, type: number, flags: number, toMac: number, to: number, own: number, about: number): void {
  const { memory, shared } = context;
  const emitter = emitterOf(context);
  const handle = openFrame(context, emitter);
  if (handle < 0) return;
  const at = frameOf(context, emitter, handle, NEIGHBOUR_FRAME_BYTES);
  writeNeighbourFrame(shared, at, type, flags, memory, toMac, to, Emitter.mac.at(emitter), own, about);
  sendNow(context, handle, NEIGHBOUR_FRAME_BYTES);
}
