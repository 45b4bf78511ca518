/** What net says, as plain objects to compare with: decided requests as its trace shows them, and frames it sent. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { DecisionMessage, HeaderEntry, HeadPlace, OUTCOMES, RequestDescriptor } from "../../../services/lb/api.ts";
import { textOf } from "../../frames.ts";

/** A decided request. Texts are latin-1. */
export interface Seen {
  readonly ordinal: number;
  /** Addresses as their bytes in decimal, and ports. */
  readonly source: string;
  readonly destination: string;
  readonly queue: number;
  readonly flow: number;
  readonly tick: number;
  readonly cycle: number;
  readonly method: string;
  readonly target: string;
  readonly host: string | null;
  readonly version: number;
  readonly head: string;
  readonly offset: number;
  readonly nth: number;
  readonly outcome: string;
  /** One of HeadPlace. */
  readonly place: number;
  readonly headers: readonly (readonly [string, string])[];
}

/** Where things lie in RAM. */
export interface Places {
  readonly requests: number;
  readonly streams: number;
  readonly bufferAt: (handle: number) => number;
}

export function readDecided(ram: Memory, places: Places, descriptorOffset: number, decision: Address<"DecisionMessage">): Seen {
  const descriptor = (places.requests + descriptorOffset) as Address<"RequestDescriptor">;
  const get = (field: { get(memory: Memory, at: Address<"RequestDescriptor">): number }): number => field.get(ram, descriptor);
  const place = get(RequestDescriptor.headPlace);
  const base = place === HeadPlace.streams ? places.streams : places.bufferAt(get(RequestDescriptor.headHandle));
  const headAt = base + get(RequestDescriptor.headOffset);
  const head = textOf(ram.u8.subarray(headAt, headAt + get(RequestDescriptor.headBytes)));
  const text = (offset: number, bytes: number): string => head.slice(offset, offset + bytes);
  const address = (at: number): string => [...ram.u8.subarray(at, at + (get(RequestDescriptor.family) === 4 ? 4 : 16))].join(".");
  return {
    ordinal: get(RequestDescriptor.ordinal),
    source: `${address(RequestDescriptor.source.at(descriptor))}:${get(RequestDescriptor.sourcePort)}`,
    destination: `${address(RequestDescriptor.destination.at(descriptor))}:${get(RequestDescriptor.destinationPort)}`,
    queue: get(RequestDescriptor.queue),
    flow: get(RequestDescriptor.flow),
    tick: get(RequestDescriptor.arrivalTick),
    cycle: get(RequestDescriptor.arrivalCycle),
    method: text(0, get(RequestDescriptor.methodBytes)),
    target: text(get(RequestDescriptor.targetOffset), get(RequestDescriptor.targetBytes)),
    host: get(RequestDescriptor.hostPresent) === 1 ? text(get(RequestDescriptor.hostOffset), get(RequestDescriptor.hostBytes)) : null,
    version: get(RequestDescriptor.versionMinor),
    head,
    offset: RequestDescriptor.streamOffset.get(ram, descriptor),
    nth: get(RequestDescriptor.nthInFlow),
    outcome: OUTCOMES[DecisionMessage.outcome.get(ram, decision)].name,
    place,
    headers: Array.from({ length: get(RequestDescriptor.headerCount) }, (_, index) => readHeader(ram, descriptor, index, text)),
  };
}

function readHeader(ram: Memory, descriptor: number, index: number, text: (offset: number, bytes: number) => string): readonly [string, string] {
  const entry = (descriptor + RequestDescriptor.size + index * HeaderEntry.size) as Address<"HeaderEntry">;
  return [text(HeaderEntry.nameOffset.get(ram, entry), HeaderEntry.nameBytes.get(ram, entry)), text(HeaderEntry.valueOffset.get(ram, entry), HeaderEntry.valueBytes.get(ram, entry))];
}

export interface Sent {
  readonly macs: string;
  /** IPv4 with dots, IPv6 as 32 hex digits. */
  readonly source: string;
  readonly destination: string;
  readonly sport: number;
  readonly dport: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly window: number;
  readonly data: string;
}

/** A frame that net sent, whose lengths and checksums other tests look after. */
export function readSent(bytes: Uint8Array): Sent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hex = (from: number, count: number): string => [...bytes.subarray(from, from + count)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const version6 = view.getUint16(12) === 0x86dd;
  const tcp = version6 ? 54 : 34;
  const end = version6 ? 54 + view.getUint16(18) : 14 + view.getUint16(16);
  return {
    macs: `${hex(0, 6)} ${hex(6, 6)}`,
    source: version6 ? hex(22, 16) : [...bytes.subarray(26, 30)].join("."),
    destination: version6 ? hex(38, 16) : [...bytes.subarray(30, 34)].join("."),
    sport: view.getUint16(tcp),
    dport: view.getUint16(tcp + 2),
    sequence: view.getUint32(tcp + 4),
    acknowledgement: view.getUint32(tcp + 8),
    window: view.getUint16(tcp + 14),
    data: textOf(bytes.subarray(tcp + (bytes[tcp + 12] >> 4) * 4, end)),
  };
}
