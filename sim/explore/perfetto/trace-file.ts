/**
 * A trace as Perfetto reads it (ui.perfetto.dev, trace_processor): a stream of packets that describe tracks, and of track
 * events on them. Field numbers are those of Perfetto's published protos: trace.proto, trace_packet.proto,
 * track_descriptor.proto, process_descriptor.proto, thread_descriptor.proto, counter_descriptor.proto, track_event.proto,
 * debug_annotation.proto. One cycle of the machine is one nanosecond.
 */

import { ProtobufWriter } from "./protobuf.ts";

export const TraceField = Object.freeze({ packet: 1 });
export const PacketField = Object.freeze({ timestamp: 8, sequenceId: 10, trackEvent: 11, sequenceFlags: 13, trackDescriptor: 60 });
export const TrackField = Object.freeze({ uuid: 1, name: 2, process: 3, thread: 4, parentUuid: 5, counter: 8 });
export const ProcessField = Object.freeze({ pid: 1, processName: 6 });
export const ThreadField = Object.freeze({ pid: 1, tid: 2, threadName: 5 });
export const CounterField = Object.freeze({ unitName: 6 });
export const EventField = Object.freeze({ debugAnnotations: 4, type: 9, trackUuid: 11, categories: 22, name: 23, counterValue: 30, flowIds: 47, terminatingFlowIds: 48 });
export const AnnotationField = Object.freeze({ stringValue: 6, name: 10 });
export const EventType = Object.freeze({ sliceBegin: 1, sliceEnd: 2, instant: 3, counter: 4 });

/** SEQ_INCREMENTAL_STATE_CLEARED: nothing before the first packet is needed to read what follows. */
const STATE_CLEARED = 1;
/** All packets are of one writer. */
const SEQUENCE = 1;
/** The machine is the one process; its processes are threads of it, so that they stand together. */
const PID = 1;

export const MACHINE_TRACK = 1;

export interface EventDetails {
  readonly category?: string;
  /** Arrows that begin here, and those that end here. */
  readonly flows?: readonly number[];
  readonly endingFlows?: readonly number[];
  /** Shown beside the event. */
  readonly notes?: Readonly<Record<string, string>>;
}

export class TraceFile {
  readonly #file = new ProtobufWriter();
  #packets = 0;
  #tracks = MACHINE_TRACK;

  constructor(machine: string) {
    const process = new ProtobufWriter().whole(ProcessField.pid, PID).text(ProcessField.processName, machine);
    this.#describe(new ProtobufWriter().whole(TrackField.uuid, MACHINE_TRACK).text(TrackField.name, machine).message(TrackField.process, process));
  }

  get packets(): number {
    return this.#packets;
  }

  bytes(): Uint8Array {
    return this.#file.bytes();
  }

  /** A track of a process of the machine's. Its number. */
  processTrack(name: string): number {
    const uuid = this.#nextTrack();
    const thread = new ProtobufWriter().whole(ThreadField.pid, PID).whole(ThreadField.tid, uuid).text(ThreadField.threadName, name);
    this.#describe(new ProtobufWriter().whole(TrackField.uuid, uuid).whole(TrackField.parentUuid, MACHINE_TRACK).text(TrackField.name, name).message(TrackField.thread, thread));
    return uuid;
  }

  /** A track of anything else. */
  track(name: string): number {
    const uuid = this.#nextTrack();
    this.#describe(new ProtobufWriter().whole(TrackField.uuid, uuid).whole(TrackField.parentUuid, MACHINE_TRACK).text(TrackField.name, name));
    return uuid;
  }

  counterTrack(name: string, unit: string): number {
    const uuid = this.#nextTrack();
    const counter = new ProtobufWriter().text(CounterField.unitName, unit);
    this.#describe(new ProtobufWriter().whole(TrackField.uuid, uuid).whole(TrackField.parentUuid, MACHINE_TRACK).text(TrackField.name, name).message(TrackField.counter, counter));
    return uuid;
  }

  begin(track: number, cycle: number, name: string, details: EventDetails = {}): void {
    this.#event(cycle, named(EventType.sliceBegin, track, name, details));
  }

  end(track: number, cycle: number): void {
    this.#event(cycle, new ProtobufWriter().whole(EventField.type, EventType.sliceEnd).whole(EventField.trackUuid, track));
  }

  instant(track: number, cycle: number, name: string, details: EventDetails = {}): void {
    this.#event(cycle, named(EventType.instant, track, name, details));
  }

  count(track: number, cycle: number, value: number): void {
    this.#event(cycle, new ProtobufWriter().whole(EventField.type, EventType.counter).whole(EventField.trackUuid, track).whole(EventField.counterValue, value));
  }

  #nextTrack(): number {
    this.#tracks += 1;
    return this.#tracks;
  }

  #describe(track: ProtobufWriter): void {
    this.#packet(new ProtobufWriter().message(PacketField.trackDescriptor, track));
  }

  #event(cycle: number, event: ProtobufWriter): void {
    this.#packet(new ProtobufWriter().whole(PacketField.timestamp, cycle).message(PacketField.trackEvent, event));
  }

  #packet(packet: ProtobufWriter): void {
    packet.whole(PacketField.sequenceId, SEQUENCE);
    if (this.#packets === 0) packet.whole(PacketField.sequenceFlags, STATE_CLEARED);
    this.#file.message(TraceField.packet, packet);
    this.#packets += 1;
  }
}

function named(type: number, track: number, name: string, { category = "", flows = [], endingFlows = [], notes = {} }: EventDetails): ProtobufWriter {
  const event = new ProtobufWriter().whole(EventField.type, type).whole(EventField.trackUuid, track).text(EventField.name, name);
  if (category !== "") event.text(EventField.categories, category);
  for (const flow of flows) event.fixed64(EventField.flowIds, flow);
  for (const flow of endingFlows) event.fixed64(EventField.terminatingFlowIds, flow);
  for (const [note, value] of Object.entries(notes)) event.message(EventField.debugAnnotations, new ProtobufWriter().text(AnnotationField.stringValue, value).text(AnnotationField.name, note));
  return event;
}
