/**
 * Sends a client's own segment on: its TCP header with all its flags and options, other addresses and ports around it. A
 * segment that is longer than the MTU goes as several.
 */

import type { Address } from "../../hal/field.ts";
import type { EmitContext } from "./emit.ts";
import { frameOf, openFrame, sendFrame } from "./emit.ts";
import { Emission, Emitter } from "./emission.ts";
import { EthernetHeader } from "./ethernet.ts";
import { nextHopMac } from "./neighbour.ts";
import { headerBytesOf, writePassedSegment } from "./outgoing-segment.ts";
import { sequenceAdd } from "./sequence.ts";
import { TcpFlag, TcpHeader } from "./tcp.ts";

/** Flags that belong to the first part of a segment, and to the last. */
const FIRST_ONLY = TcpFlag.syn | TcpFlag.urg;
const LAST_ONLY = TcpFlag.fin | TcpFlag.psh;

/**
 * Sends the segment of `segmentBytes` bytes at `tcpAt` in `context.shared`, judged before, as the Emission says (its
 * sequence, acknowledgement and window are not looked at). False if it was not handed to the driver to its end; what is
 * left is not sent later, and nothing is left allocated. Overwrites `context.outgoing`.
 */
export function emitPassed(context: EmitContext, emitter: Address<"Emitter">, emission: Address<"Emission">, tcpAt: number, segmentBytes: number): boolean {
  const { memory, shared } = context;
  const header = tcpAt as Address<"TcpHeader">;
  const family = Emission.family.get(memory, emission);
  const tcpBytes = (TcpHeader.words.get(shared, header) >> 4) << 2;
  const lowerBytes = headerBytesOf(family) - TcpHeader.size;
  const dataBytes = segmentBytes - tcpBytes;
  const dataMax = Emitter.mtu.get(memory, emitter) + EthernetHeader.size - lowerBytes - tcpBytes;
  const flags = TcpHeader.flags.get(shared, header);
  const sequence = TcpHeader.sequence.get(shared, header);
  const macAt = nextHopMac(memory, Emitter.neighbours.get(memory, emitter) as Address<"NeighbourTable">, family, Emission.destination.at(emission));
  let sent = 0;
  do {
    const part = Math.min(dataBytes - sent, dataMax);
    const partFlags = flags & (sent === 0 ? ~0 : ~FIRST_ONLY) & (sent + part === dataBytes ? ~0 : ~LAST_ONLY);
    // A SYN takes one sequence number in front of its data.
    const partSequence = sent === 0 ? sequence : sequenceAdd(sequence, sent + ((flags & TcpFlag.syn) === 0 ? 0 : 1));
    const frameBytes = lowerBytes + tcpBytes + part;
    const handle = openFrame(context, emitter);
    if (handle < 0) return false;
    const frameAt = frameOf(context, emitter, handle, frameBytes);
    writePassedSegment(shared, frameAt, memory, emitter, emission, macAt, tcpAt, tcpBytes, partSequence, partFlags, tcpAt + tcpBytes + sent, part);
    if (!sendFrame(context, emitter, emission, handle, frameBytes)) return false;
    sent += part;
  } while (sent < dataBytes);
  return true;
}
