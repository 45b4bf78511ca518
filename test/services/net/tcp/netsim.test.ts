/**
 * Goal: know what loss, delay and buffers do to throughput, and see it when a change alters that. Method: one stream over a
 * line of one full segment a tick (11.7 Mbit/s) in each direction with a queue of 64 segments before it, for 5 seconds;
 * the table is recorded in test/golden/tcp-throughput.txt (UPDATE_GOLDEN=1 records it anew).
 */

import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { TcpEvent, tcpWrite } from "../../../../services/net/tcp/api.ts";
import { UPDATE } from "../../../house/golden.ts";
import type { Packet } from "./rig.ts";
import { Host, Line } from "./rig.ts";

const GOLDEN = new URL("../../../golden/tcp-throughput.txt", import.meta.url);
const TICKS = 5000;
/** Lost of 1,000 segments. */
const LOSSES = [0, 1, 10, 50, 100, 200];
const ROUND_TRIPS = [4, 20, 100];
const BUFFERS = [8, 32, 128];
const QUEUE = 64;

/** A rate of one segment a tick each way: what finds the queue full is lost. */
function rated(line: Line, lossPerMille: number, seed: number): void {
  const freeAt = [0, 0];
  let state = seed;
  const draw = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % 1000;
  };
  line.fate = ({ from, data }: Packet) => {
    const wait = Math.max(0, freeAt[from]! - line.tick);
    if (wait >= QUEUE) return [];
    freeAt[from] = Math.max(freeAt[from]!, line.tick) + (data.length + 40) / 1500;
    return draw() < lossPerMille ? [] : [Math.floor(wait)];
  };
}

interface Measured {
  readonly bytesPerTick: number;
  readonly retransmissions: number;
  readonly timeouts: number;
}

function measure(lossPerMille: number, roundTripTicks: number, bufferKib: number): Measured {
  const limits = { sendBytesMax: bufferKib * 1024, receiveBytesMax: bufferKib * 1024 - 32, connectionsMax: 4, bufferBytesMax: 700_000, triesMax: 100, connectTriesMax: 100 };
  const hosts = [new Host(0, limits, 1 << 20), new Host(1, limits, 1 << 20)] as const;
  const line = new Line(hosts, roundTripTicks / 2);
  rated(line, lossPerMille, 77 + lossPerMille * 31 + roundTripTicks);
  const source = new Memory(new ArrayBuffer(1 << 17));
  const connection = hosts[0].connect(80) as ConnectionAddress;
  let opened = false;
  let bytes = 0;
  while (line.tick < TICKS) {
    line.step();
    for (const { events } of hosts[0].events()) opened ||= (events & TcpEvent.opened) !== 0;
    if (opened) tcpWrite(hosts[0].heap, hosts[0].port, hosts[0].stack, connection, source, 0, source.bytes);
    for (const event of hosts[1].events()) bytes += hosts[1].read(event.connection).length;
  }
  return { bytesPerTick: bytes / TICKS, retransmissions: hosts[0].count("retransmissions"), timeouts: hosts[0].count("timeouts") };
}

/** Rows of loss, columns of round trips and buffers: bytes a tick, that is KB/s; segments sent again, time-outs. */
function table(): { readonly text: string; readonly cells: readonly (readonly Measured[])[] } {
  const columns = ROUND_TRIPS.flatMap((roundTrip) => BUFFERS.map((buffer) => [roundTrip, buffer] as const));
  const cells = LOSSES.map((loss) => columns.map(([roundTrip, buffer]) => measure(loss, roundTrip, buffer)));
  const head = ["KB/s", ...columns.map(([roundTrip, buffer]) => `${roundTrip} ms ${buffer} KiB`)];
  const rows = LOSSES.map((loss, row) => [`${loss / 10} %`, ...cells[row]!.map(({ bytesPerTick, retransmissions, timeouts }) => `${bytesPerTick.toFixed(0)} (${retransmissions}, ${timeouts})`)]);
  const text = [head, ...rows].map((words) => words.map((word, i) => word.padStart(i === 0 ? 6 : 18)).join("")).join("\n");
  return { text: `Throughput of one stream; in brackets segments sent again and time-outs.\n\n${text}\n`, cells };
}

test("throughput over loss is as recorded, and as it should be", () => {
  const { text, cells } = table();
  if (UPDATE) writeFileSync(GOLDEN, text);
  expect(text).toBe(readFileSync(GOLDEN, "utf8"));
  // Without loss the line is full, or a window a round trip is through.
  const clean = cells[0]!;
  expect(clean[1]!.bytesPerTick).toBeGreaterThan(0.95 * 1420);
  // (A window of five segments, of which every fifth is acknowledged late.)
  expect(clean[6]!.bytesPerTick).toBeGreaterThan(0.65 * (8192 / 102));
  // More loss never helps much.
  for (let row = 1; row < cells.length; row++) for (const [column, { bytesPerTick }] of cells[row]!.entries()) expect(bytesPerTick).toBeLessThan(cells[row - 1]![column]!.bytesPerTick * 1.2 + 10);
});
