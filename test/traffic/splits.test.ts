/**
 * Goal: how a client's bytes come does not matter. Method: every stream of two captures through net, cut in two at every
 * byte, in order, reversed, and overlapping with rubbish where bytes come a second time; and byte by byte.
 */

import { describe, expect, test } from "vitest";
import { NetBench } from "../services/net/bench.ts";
import { quickFrame } from "./quick-frames.ts";
import type { Piece } from "./splits.ts";
import { MANNERS, segments, streamsOf } from "./splits.ts";

const COUNTED = ["total", "badRequestLine", "badBody", "unfinished"] as const;

type Seen = NetBench["seen"][number];

const said = ({ method, target, host, version, head, offset, nth, outcome }: Seen): unknown[] => [method, target, host, version, head, offset, nth, outcome];

const FIN = 1;
const SYN = 2;
const ACK = 16;
/** Connections to play before the books are looked at. */
const BATCH = 256;
const PORT_FIRST = 1000;

/** Plays streams in pieces, each as a connection under its own port. */
class Player {
  readonly bench = new NetBench();
  #round = 0;

  /** What net said about each connection, as a text; and what it counted of all. */
  play(connections: readonly (readonly Piece[])[]): { readonly decisions: readonly string[]; readonly counted: readonly number[] } {
    const { bench } = this;
    this.#round++;
    const before = bench.machine.inspect("state.net");
    bench.seen.length = 0;
    bench.world.transmitted.length = 0;
    bench.offer(...connections.flatMap((pieces, index) => this.#frames(pieces, index)));
    const after = bench.machine.inspect("state.net");
    const bySource = new Map<string, Seen[]>();
    for (const seen of bench.seen) bySource.set(seen.source, [...(bySource.get(seen.source) ?? []), seen]);
    const decisions = connections.map((_, index) => JSON.stringify((bySource.get(`10.0.0.1:${PORT_FIRST + index}`) ?? []).map(said)));
    return { decisions, counted: COUNTED.map((name) => (after[name] as number) - (before[name] as number)) };
  }

  #frames(pieces: readonly Piece[], index: number): Uint8Array[] {
    const [sport, initial] = [PORT_FIRST + index, this.#round * 7_777_777 + index * 77];
    const end = pieces.reduce((most, { at, data }) => Math.max(most, at + data.length), 0);
    return [quickFrame(sport, initial, SYN, ""), ...pieces.map(({ at, data }) => quickFrame(sport, initial + 1 + at, ACK, data)), quickFrame(sport, initial + 1 + end, ACK | FIN, "")];
  }
}

/** The first difference in words; "" if there is none. */
function differences(player: Player, streams: readonly string[], pieces: (stream: string, cut: number) => readonly Piece[], cuts: (stream: string) => readonly number[]): string {
  for (const [index, stream] of streams.entries()) {
    const { decisions: [expected], counted } = player.play([segments(stream, 0, stream.length)]);
    const all = cuts(stream);
    for (let first = 0; first < all.length; first += BATCH) {
      const batch = all.slice(first, first + BATCH);
      const got = player.play(batch.map((cut) => pieces(stream, cut)));
      const wrong = got.decisions.findIndex((decisions) => decisions !== expected);
      if (wrong >= 0) return `stream ${index + 1} cut at ${batch[wrong]}: ${got.decisions[wrong]}; in one piece: ${expected}`;
      if (got.counted.some((count, nth) => count !== counted[nth] * batch.length)) return `stream ${index + 1}, cuts from ${batch[0]}: counted ${got.counted}, in one piece ${counted}`;
    }
  }
  return "";
}

const everyByte = (stream: string): number[] => Array.from({ length: stream.length - 1 }, (_, index) => index + 1);

describe.each(["01-curl-gets", "09a-malformed-nginx"])("%s: every stream gives the same decisions and counts", (capture) => {
  const streams = streamsOf(capture);

  test.each(MANNERS)("cut at every byte, %s", (_manner, pieces) => {
    const player = new Player();
    expect(differences(player, streams, pieces, everyByte)).toBe("");
    player.bench.shutdown();
    expect([player.bench.used("streams"), player.bench.buffersInUse()]).toEqual([0, 0]);
  });

  test("byte by byte: in order, backwards, and every second byte first", () => {
    const single = (stream: string): Piece[] => [...stream].map((data, at) => ({ at, data }));
    const orders = (stream: string, order: number): Piece[] => {
      const pieces = single(stream);
      if (order === 0) return pieces;
      return order === 1 ? pieces.reverse() : [...pieces.filter(({ at }) => at % 2 === 1), ...pieces.filter(({ at }) => at % 2 === 0)];
    };
    expect(differences(new Player(), streams.filter((stream) => stream.length < 1000), orders, () => [0, 1, 2])).toBe("");
  });
});
