/**
 * A strict reader of Perfetto traces: knows the published numbers and wire types of the fields that are used, and refuses
 * everything else, whatever lies behind its end, and every number that is longer than it need be.
 */

type Kind = "whole" | "fixed64" | "text" | Message;

interface Message {
  readonly [number: number]: readonly [name: string, kind: Kind, repeated?: "repeated"];
}

export type Read = Readonly<Record<string, unknown>>;

const PROCESS: Message = { 1: ["pid", "whole"], 6: ["process_name", "text"] };
const THREAD: Message = { 1: ["pid", "whole"], 2: ["tid", "whole"], 5: ["thread_name", "text"] };
const COUNTER: Message = { 6: ["unit_name", "text"] };
const TRACK: Message = { 1: ["uuid", "whole"], 2: ["name", "text"], 3: ["process", PROCESS], 4: ["thread", THREAD], 5: ["parent_uuid", "whole"], 8: ["counter", COUNTER] };
const ANNOTATION: Message = { 6: ["string_value", "text"], 10: ["name", "text"] };
const EVENT: Message = {
  4: ["debug_annotations", ANNOTATION, "repeated"],
  9: ["type", "whole"],
  11: ["track_uuid", "whole"],
  22: ["categories", "text", "repeated"],
  23: ["name", "text"],
  30: ["counter_value", "whole"],
  47: ["flow_ids", "fixed64", "repeated"],
  48: ["terminating_flow_ids", "fixed64", "repeated"],
};
const PACKET: Message = { 8: ["timestamp", "whole"], 10: ["trusted_packet_sequence_id", "whole"], 11: ["track_event", EVENT], 13: ["sequence_flags", "whole"], 60: ["track_descriptor", TRACK] };
const TRACE: Message = { 1: ["packet", PACKET, "repeated"] };

const WIRE_TYPES = Object.freeze({ whole: 0, fixed64: 1, text: 2 });

/** The packets of a trace file; throws for whatever is not as it is published. */
export function readTrace(bytes: Uint8Array): readonly Read[] {
  return (readMessage(bytes, TRACE, "trace")["packet"] ?? []) as readonly Read[];
}

export function readMessage(bytes: Uint8Array, message: Message, place: string): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) {
    const key = varint(bytes, cursor, place);
    const known = message[Number(key >> 3n)];
    if (known === undefined) throw new Error(`${place} has no field ${key >> 3n}`);
    const [name, kind, repeated] = known;
    const expected = typeof kind === "string" ? WIRE_TYPES[kind] : 2;
    if (Number(key & 7n) !== expected) throw new Error(`${place}.${name} is of wire type ${key & 7n}, not ${expected}`);
    const value = readValue(bytes, cursor, kind, `${place}.${name}`);
    if (repeated === "repeated") read[name] = [...((read[name] ?? []) as unknown[]), value];
    else if (name in read) throw new Error(`${place}.${name} is there twice`);
    else read[name] = value;
  }
  return read;
}

function readValue(bytes: Uint8Array, cursor: { at: number }, kind: Kind, place: string): unknown {
  if (kind === "whole") return varint(bytes, cursor, place);
  if (kind === "fixed64") return new DataView(take(bytes, cursor, 8, place).slice().buffer).getBigUint64(0, true);
  const content = take(bytes, cursor, Number(varint(bytes, cursor, place)), place);
  return kind === "text" ? new TextDecoder("utf-8", { fatal: true }).decode(content) : readMessage(content, kind, place);
}

function varint(bytes: Uint8Array, cursor: { at: number }, place: string): bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const [byte] = take(bytes, cursor, 1, place);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if (byte === 0 && shift > 0n) throw new Error(`${place} is longer than it need be`);
    if (value >= 1n << 64n) throw new Error(`${place} is above 64 bits`);
    return value;
  }
}

function take(bytes: Uint8Array, cursor: { at: number }, count: number, place: string): Uint8Array {
  if (cursor.at + count > bytes.length) throw new Error(`${place} ends at byte ${bytes.length}, within itself`);
  cursor.at += count;
  return bytes.subarray(cursor.at - count, cursor.at);
}
