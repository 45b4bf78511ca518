/** What is written for Perfetto reads back, by the published field numbers, as a sound trace of the run. */

import { describe, expect, test } from "vitest";
import { Cost } from "../../../../kernel/costs.ts";
import { KernelTrace } from "../../../../kernel/trace-kinds.ts";
import { ProtobufWriter } from "../../../../sim/explore/perfetto/protobuf.ts";
import { PerfettoRecorder } from "../../../../sim/explore/perfetto/recorder.ts";
import { Theatre } from "../../../../sim/explore/theatre.ts";
import { planted } from "../planted.ts";
import type { Read } from "./reading.ts";
import { readMessage, readTrace } from "./reading.ts";

const SLICE_BEGIN = 1n;
const SLICE_END = 2n;
const INSTANT = 3n;
const COUNTER = 4n;

interface Track {
  readonly uuid: bigint;
  readonly name: string;
  readonly counter?: Read;
  readonly thread?: Read;
  readonly parent_uuid?: bigint;
}

interface Event {
  readonly timestamp: bigint;
  readonly type: bigint;
  readonly track_uuid: bigint;
  readonly name?: string;
  readonly counter_value?: bigint;
  readonly flow_ids?: readonly bigint[];
  readonly terminating_flow_ids?: readonly bigint[];
}

const theatre = new Theatre(planted);

/** Cycles that all processes have used so far. */
function cyclesUsed(): number {
  return theatre.world.machine.report().processes.reduce((sum, process) => sum + process.cyclesUsed, 0);
}

interface Recorded {
  readonly packets: readonly Read[];
  readonly handled: number;
  readonly used: number;
  readonly ticks: number;
}

function record(seed: number): Recorded {
  const recorder = new PerfettoRecorder(theatre.world);
  let handled = 0;
  let before = -1;
  const counter = { probe: (kind: number) => void (handled += kind === KernelTrace.dispatch ? 1 : 0), between: () => void (before = before < 0 ? cyclesUsed() : before) };
  const { ticks } = theatre.play({ seed }, { watches: [recorder, counter] });
  return { packets: readTrace(recorder.bytes()), handled, used: cyclesUsed() - before, ticks };
}

const { packets, handled, used, ticks } = record(9);
const tracks = packets.flatMap((packet) => (packet["track_descriptor"] === undefined ? [] : [packet["track_descriptor"] as unknown as Track]));
const events = packets.flatMap((packet) => (packet["track_event"] === undefined ? [] : [{ ...(packet["track_event"] as object), timestamp: packet["timestamp"] } as unknown as Event]));
const trackNamed = (name: string): Track => tracks.find((track) => track.name === name)!;

describe("the trace of a run", () => {
  test("is packets of one sequence, the first of which says that it stands for itself", () => {
    expect(packets.every((packet) => packet["trusted_packet_sequence_id"] === 1n)).toBe(true);
    expect(packets.map((packet) => packet["sequence_flags"]).filter((flags) => flags !== undefined)).toEqual([1n]);
    expect(packets[0]["sequence_flags"]).toBe(1n);
    expect(packets.every((packet) => (packet["track_event"] === undefined) !== (packet["track_descriptor"] === undefined))).toBe(true);
  });

  test("describes each track once, before its first event, within the machine", () => {
    const known = new Set<bigint>();
    for (const packet of packets) {
      const track = packet["track_descriptor"] as unknown as Track | undefined;
      if (track === undefined) expect(known.has((packet["track_event"] as unknown as Event).track_uuid)).toBe(true);
      else {
        expect(known.has(track.uuid)).toBe(false);
        if (known.size > 0) expect(track.parent_uuid).toBe(1n);
        known.add(track.uuid);
      }
    }
    for (const name of ["driver", "lb", "net", "operator", "supervisor"]) expect(trackNamed(name).thread).toMatchObject({ pid: 1n, thread_name: name });
    for (const name of ["nic0 receive 0", "nic0 transmit", "queued at net.frames", "DMA buffers in use"]) expect(tracks.map((track) => track.name)).toContain(name);
    expect(tracks.some(({ name }) => /^backend 10\.30\.[01]\.[12]:8080$/.test(name))).toBe(true);
  });

  test("has a slice for each handler, ended before the next begins on its track", () => {
    const open = new Map<bigint, bigint>();
    let slices = 0;
    for (const { type, track_uuid: track, timestamp } of events) {
      if (type === SLICE_BEGIN) {
        expect(open.has(track)).toBe(false);
        open.set(track, timestamp);
        slices += 1;
      } else if (type === SLICE_END) {
        expect(open.get(track)! <= timestamp).toBe(true);
        open.delete(track);
      }
    }
    expect(open.size).toBe(0);
    expect(slices).toBe(handled);
  });

  test("has slices as long as the processes ran, but for the dispatcher's own work before them", () => {
    let [length, begun] = [0n, 0n];
    for (const { type, timestamp } of events) {
      if (type === SLICE_BEGIN) begun = timestamp;
      if (type === SLICE_END) length += timestamp - begun;
    }
    expect(Number(length) + handled * Cost.dispatch).toBe(used);
  });

  test("runs in the machine's time", () => {
    for (let i = 1; i < events.length; i++) expect(events[i].timestamp >= events[i - 1].timestamp).toBe(true);
    expect(Number(events.at(-1)!.timestamp / 1_000_000n)).toBe(ticks);
  });

  test("has counters on their own tracks, with a value each, and names for all else", () => {
    for (const { type, track_uuid: track, counter_value: value, name } of events) {
      const counts = tracks.find(({ uuid }) => uuid === track)!.counter !== undefined;
      expect(counts).toBe(type === COUNTER);
      expect(value !== undefined).toBe(type === COUNTER);
      expect(name !== undefined).toBe(type === SLICE_BEGIN || type === INSTANT);
    }
  });

  test("leads from each message to its handler, on another track, once and later", () => {
    const begun = new Map<bigint, Event>();
    let ended = 0;
    for (const event of events) {
      for (const flow of event.flow_ids ?? []) begun.set(flow, event);
      for (const flow of event.terminating_flow_ids ?? []) {
        const from = begun.get(flow)!;
        expect(from.type).toBe(INSTANT);
        expect(event.type).toBe(SLICE_BEGIN);
        expect(from.timestamp <= event.timestamp).toBe(true);
        if (/^(sends|the call)/.test(from.name!)) expect(from.track_uuid).not.toBe(event.track_uuid);
        begun.delete(flow);
        ended += 1;
      }
    }
    expect(ended).toBeGreaterThan(handled / 2);
  });

  test("is the same each time", () => {
    expect(record(9).packets).toEqual(packets);
    expect(record(10).packets).not.toEqual(packets);
  });
});

describe("protocol buffers", () => {
  const message = { 1: ["whole", "whole"], 2: ["fixed", "fixed64"], 3: ["text", "text"], 300: ["far", "whole"] } as const;

  test.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])("hold %i", (value) => {
    const bytes = new ProtobufWriter().whole(1, value).fixed64(2, value).whole(300, value).bytes();
    expect(readMessage(bytes, message, "probe")).toEqual({ whole: BigInt(value), fixed: BigInt(value), far: BigInt(value) });
  });

  test("hold texts of any length and script", () => {
    for (const text of ["", "net", "\u00e4\u20ac\u{1f600}", "x".repeat(5000)]) expect(readMessage(new ProtobufWriter().text(3, text).bytes(), message, "probe")).toEqual({ text });
  });

  test("hold no number that is not whole, or below 0", () => {
    for (const value of [-1, 0.5, 2 ** 53, NaN]) expect(() => new ProtobufWriter().whole(1, value)).toThrow("whole number");
  });

  test("are as in the published example: 150 in field 1 is 08 96 01", () => {
    expect([...new ProtobufWriter().whole(1, 150).bytes()]).toEqual([0x08, 0x96, 0x01]);
    expect([...new ProtobufWriter().text(2, "testing").bytes()]).toEqual([0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
  });
});
