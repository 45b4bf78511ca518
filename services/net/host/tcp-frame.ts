/**
 * The frame of a segment that a TCP stack sends: Ethernet II, IPv4 (RFC 791) or IPv6 (RFC 8200) without options, TCP
 * (RFC 9293) with the options of a SYN, checksums correct. Nothing is allocated. Every IPv4 packet is atomic (don't
 * fragment), so that its identification means nothing (RFC 6864, 4.1) and is 0.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { copyBytes } from "../../../kernel/collections/byte-string.ts";
import { checksumAdd, checksumPseudoHeader, checksumValue } from "../checksum.ts";
import { EtherType, EthernetHeader } from "../ethernet.ts";
import { IpProtocol } from "../ip-protocol.ts";
import { IPV4_ADDRESS_BYTES, Ipv4Header } from "../ipv4.ts";
import { IPV6_ADDRESS_BYTES, Ipv6Header } from "../ipv6.ts";
import { FlowKey } from "../segment.ts";
import { TcpHeader } from "../tcp.ts";
import { TcpOption } from "../tcp/options.ts";
import { TcpOutput } from "../tcp/stack.ts";

const TIME_TO_LIVE = 64;
const VERSION_4 = 0x45;
const VERSION_6 = 0x60000000;
const DO_NOT_FRAGMENT = 0x4000;
const OPTION_WORD_BYTES = 4;

type Output = Address<"TcpOutput">;

/** Bytes of the frame that `writeTcpFrame` will write. */
export function tcpFrameBytes(memory: Memory, output: Output): number {
  const family = FlowKey.family.get(memory, TcpOutput.key.at(output));
  return EthernetHeader.size + (family === 4 ? Ipv4Header.size : Ipv6Header.size) + tcpBytes(memory, output);
}

/**
 * Writes the frame of `output` (in `memory`, as its data) at `at` in `target`, where there is room for tcpFrameBytes();
 * MAC addresses are six bytes each at `sourceMacAt` and `destinationMacAt` in `memory`. Answers the frame's bytes.
 */
export function writeTcpFrame(target: Memory, at: number, memory: Memory, output: Output, sourceMacAt: number, destinationMacAt: number): number {
  const ethernet = at as Address<"EthernetHeader">;
  const key = TcpOutput.key.at(output);
  const family = FlowKey.family.get(memory, key);
  const segmentBytes = tcpBytes(memory, output);
  copyMac(target, EthernetHeader.destination.at(ethernet), memory, destinationMacAt);
  copyMac(target, EthernetHeader.source.at(ethernet), memory, sourceMacAt);
  EthernetHeader.etherType.set(target, ethernet, family === 4 ? EtherType.ipv4 : EtherType.ipv6);
  const ipAt = at + EthernetHeader.size;
  const tcpAt = family === 4 ? writeIpv4(target, ipAt, memory, key, segmentBytes) : writeIpv6(target, ipAt, memory, key, segmentBytes);
  writeTcp(target, tcpAt as Address<"TcpHeader">, memory, output);
  const addressesBytes = 2 * (family === 4 ? IPV4_ADDRESS_BYTES : IPV6_ADDRESS_BYTES);
  const sum = checksumPseudoHeader(target, tcpAt - addressesBytes, addressesBytes, IpProtocol.tcp, segmentBytes);
  TcpHeader.checksum.set(target, tcpAt as Address<"TcpHeader">, checksumValue(checksumAdd(target, tcpAt, segmentBytes, sum)));
  return tcpAt - at + segmentBytes;
}

/** Header, options and data. */
function tcpBytes(memory: Memory, output: Output): number {
  return TcpHeader.size + optionBytes(memory, output) + TcpOutput.dataBytes.get(memory, output) + TcpOutput.moreBytes.get(memory, output);
}

/** A word for the MSS, and a word for window scale with its padding. */
function optionBytes(memory: Memory, output: Output): number {
  return (TcpOutput.segmentBytesMax.get(memory, output) !== 0 ? OPTION_WORD_BYTES : 0) + (TcpOutput.windowScale.get(memory, output) !== 0 ? OPTION_WORD_BYTES : 0);
}

/** The key has the peer as source: it is who the frame goes to. */
function writeIpv4(target: Memory, at: number, memory: Memory, key: Address<"FlowKey">, segmentBytes: number): number {
  const header = at as Address<"Ipv4Header">;
  Ipv4Header.versionAndWords.set(target, header, VERSION_4);
  Ipv4Header.serviceType.set(target, header, 0);
  Ipv4Header.totalBytes.set(target, header, Ipv4Header.size + segmentBytes);
  Ipv4Header.identification.set(target, header, 0);
  Ipv4Header.fragment.set(target, header, DO_NOT_FRAGMENT);
  Ipv4Header.timeToLive.set(target, header, TIME_TO_LIVE);
  Ipv4Header.protocol.set(target, header, IpProtocol.tcp);
  Ipv4Header.checksum.set(target, header, 0);
  target.view.setInt32(Ipv4Header.source.at(header), FlowKey.destination0.get(memory, key), true);
  target.view.setInt32(Ipv4Header.destination.at(header), FlowKey.source0.get(memory, key), true);
  Ipv4Header.checksum.set(target, header, checksumValue(checksumAdd(target, header, Ipv4Header.size, 0)));
  return at + Ipv4Header.size;
}

function writeIpv6(target: Memory, at: number, memory: Memory, key: Address<"FlowKey">, segmentBytes: number): number {
  const header = at as Address<"Ipv6Header">;
  Ipv6Header.versionAndFlow.set(target, header, VERSION_6);
  Ipv6Header.payloadBytes.set(target, header, segmentBytes);
  Ipv6Header.nextHeader.set(target, header, IpProtocol.tcp);
  Ipv6Header.hopLimit.set(target, header, TIME_TO_LIVE);
  const source = Ipv6Header.source.at(header);
  const destination = Ipv6Header.destination.at(header);
  target.view.setInt32(source, FlowKey.destination0.get(memory, key), true);
  target.view.setInt32(source + 4, FlowKey.destination1.get(memory, key), true);
  target.view.setInt32(source + 8, FlowKey.destination2.get(memory, key), true);
  target.view.setInt32(source + 12, FlowKey.destination3.get(memory, key), true);
  target.view.setInt32(destination, FlowKey.source0.get(memory, key), true);
  target.view.setInt32(destination + 4, FlowKey.source1.get(memory, key), true);
  target.view.setInt32(destination + 8, FlowKey.source2.get(memory, key), true);
  target.view.setInt32(destination + 12, FlowKey.source3.get(memory, key), true);
  return at + Ipv6Header.size;
}

/** All but the checksum, which is 0. */
function writeTcp(target: Memory, header: Address<"TcpHeader">, memory: Memory, output: Output): void {
  const key = TcpOutput.key.at(output);
  const options = optionBytes(memory, output);
  TcpHeader.sourcePort.set(target, header, FlowKey.destinationPort.get(memory, key));
  TcpHeader.destinationPort.set(target, header, FlowKey.sourcePort.get(memory, key));
  TcpHeader.sequence.set(target, header, TcpOutput.sequence.get(memory, output));
  TcpHeader.acknowledgement.set(target, header, TcpOutput.acknowledgement.get(memory, output));
  TcpHeader.words.set(target, header, ((TcpHeader.size + options) >> 2) << 4);
  TcpHeader.flags.set(target, header, TcpOutput.flags.get(memory, output));
  TcpHeader.window.set(target, header, TcpOutput.window.get(memory, output));
  TcpHeader.checksum.set(target, header, 0);
  TcpHeader.urgentPointer.set(target, header, 0);
  writeOptions(target, header + TcpHeader.size, memory, output);
  const dataAt = header + TcpHeader.size + options;
  const dataBytes = TcpOutput.dataBytes.get(memory, output);
  copyBytes(target, dataAt, memory, TcpOutput.dataAt.get(memory, output), dataBytes);
  const moreBytes = TcpOutput.moreBytes.get(memory, output);
  if (moreBytes > 0) copyBytes(target, dataAt + dataBytes, memory, TcpOutput.moreAt.get(memory, output), moreBytes);
}

function writeOptions(target: Memory, at: number, memory: Memory, output: Output): void {
  const segmentBytesMax = TcpOutput.segmentBytesMax.get(memory, output);
  const windowScale = TcpOutput.windowScale.get(memory, output);
  let next = at;
  if (segmentBytesMax !== 0) {
    target.view.setInt32(next, (TcpOption.segmentBytesMax << 24) | (4 << 16) | segmentBytesMax);
    next += OPTION_WORD_BYTES;
  }
  if (windowScale !== 0) target.view.setInt32(next, (TcpOption.padding << 24) | (TcpOption.windowScale << 16) | (3 << 8) | (windowScale - 1));
}

// Wire headers begin where they begin: words are moved at any alignment.

function copyMac(target: Memory, to: number, memory: Memory, from: number): void {
  target.view.setInt32(to, memory.view.getInt32(from));
  target.view.setInt16(to + 4, memory.view.getInt16(from + 4));
}
