/** ARP frames that come in (RFC 826, RFC 5227). */

import type { Address } from "../../../hal/field.ts";
import { EthernetHeader } from "../ethernet.ts";
import { IpAddress } from "../neighbour.ts";
import type { NetContext } from "../state.ts";
import { ArpOperation, ArpPacket, isArpPacket } from "./arp-packet.ts";
import { Told, hear } from "./hear.ts";
import { ownCount, ownTable } from "./next-hop.ts";
import { findAddress } from "./own-addresses.ts";
import { copyAddressBytes, copyMac } from "./packet.ts";
import { sendArpAnswer } from "./questions.ts";
import { mayAnswer } from "./rate.ts";
import { HostState, countHost, hostOf } from "./records.ts";

/** A frame of the ARP type has come. */
export function arpFrame(context: NetContext, at: number, frameBytes: number): void {
  const { memory, shared } = context;
  const host = hostOf(context);
  countHost(context, HostState.neighbourMessages);
  if (!isArpPacket(shared, at, frameBytes)) return countHost(context, HostState.malformedMessages);
  const arp = (at + EthernetHeader.size) as Address<"ArpPacket">;
  memory.fill(HostState.peer.at(host), IpAddress.size, 0);
  memory.fill(HostState.target.at(host), IpAddress.size, 0);
  copyAddressBytes(memory, HostState.peer.at(host), shared, ArpPacket.senderAddress.at(arp), 4);
  copyAddressBytes(memory, HostState.target.at(host), shared, ArpPacket.targetAddress.at(arp), 4);
  copyMac(memory, HostState.peerMac.at(host), shared, ArpPacket.senderMac.at(arp));
  const own = findAddress(memory, ownTable(context), ownCount(context), 4, HostState.target.at(host));
  const asks = ArpPacket.operation.get(shared, arp) === ArpOperation.request;
  // Who looks whether anybody has the address has none himself yet (RFC 5227, 2.1.1).
  const probes = asks && IpAddress.word0.get(memory, HostState.peer.at(host)) === 0;
  if (!probes && !hear(context, 4, own === 0 ? Told.claim : asks ? Told.question : Told.answer, true)) return;
  if (asks && own !== 0 && mayAnswer(context)) sendArpAnswer(context, own);
}
