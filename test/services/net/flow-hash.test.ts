/** The flow table's hash against another writing of HalfSipHash, which published vectors have been tried on; and what the secret is for. */

import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { drawSecret, flowHash } from "../../../services/net/flow-hash.ts";
import { keyedHash } from "../../../services/net/tcp/keyed-hash.ts";
import { FlowKey } from "../../../services/net/segment.ts";

/** HalfSipHash with so many rounds, 32 bits out, over bytes; unsigned. */
function halfSipHash(input: readonly number[], key: readonly [number, number], rounds: number, finalRounds: number): number {
  const v = [key[0], key[1], 0x6c796765 ^ key[0], 0x74656462 ^ key[1]].map((word) => word >>> 0);
  const turn = (word: number, bits: number): number => ((word << bits) | (word >>> (32 - bits))) >>> 0;
  const mix = (times: number): void => {
    for (; times > 0; times--) {
      v[0] = (v[0] + v[1]) >>> 0;
      v[1] = (turn(v[1], 5) ^ v[0]) >>> 0;
      v[0] = turn(v[0], 16);
      v[2] = (v[2] + v[3]) >>> 0;
      v[3] = (turn(v[3], 8) ^ v[2]) >>> 0;
      v[0] = (v[0] + v[3]) >>> 0;
      v[3] = (turn(v[3], 7) ^ v[0]) >>> 0;
      v[2] = (v[2] + v[1]) >>> 0;
      v[1] = (turn(v[1], 13) ^ v[2]) >>> 0;
      v[2] = turn(v[2], 16);
    }
  };
  const padded = [...input, ...new Array<number>(3 - (input.length % 4)).fill(0), input.length & 255];
  for (let at = 0; at < padded.length; at += 4) {
    const word = (padded[at] | (padded[at + 1] << 8) | (padded[at + 2] << 16) | (padded[at + 3] << 24)) >>> 0;
    v[3] = (v[3] ^ word) >>> 0;
    mix(rounds);
    v[0] = (v[0] ^ word) >>> 0;
  }
  v[2] = (v[2] ^ 0xff) >>> 0;
  mix(finalRounds);
  return (v[1] ^ v[3]) >>> 0;
}

test("the other writing gives the published values of HalfSipHash-2-4 (key 00 01 .. 07, input 00 01 ..)", () => {
  // By length of the input; bytes of the result in order.
  const published = [[0, "a9359f5b"], [1, "27475ab8"], [4, "2a6e4689"], [7, "8bcf63c5"], [8, "d0b8848f"], [12, "57f0872f"], [36, "e75cc6ec"], [63, "59ea4a74"]] as const;
  for (const [length, bytes] of published) {
    const hash = halfSipHash(Array.from({ length }, (_, index) => index), [0x03020100, 0x07060504], 2, 4);
    expect([0, 8, 16, 24].map((shift) => ((hash >>> shift) & 255).toString(16).padStart(2, "0")).join("")).toBe(bytes);
  }
});

const KEY = 64 as Address<"FlowKey">;
const memory = new Memory(new ArrayBuffer(256));

function fill(version: 4 | 6, draw: (index: number) => number): number[] {
  memory.fill(KEY, FlowKey.size, 0);
  const places = version === 4 ? [0, 1, 2, 3, 16, 17, 18, 19, 32, 33, 34, 35] : Array.from({ length: 36 }, (_, index) => index);
  places.forEach((place, index) => (memory.u8[KEY + place] = draw(index)));
  FlowKey.family.set(memory, KEY, version);
  return places.map((place) => memory.u8[KEY + place]);
}

test("the hash is HalfSipHash-1-3 of addresses and ports", () => {
  for (let round = 0; round < 200; round++) {
    const draw = (index: number): number => (Math.imul(round * 97 + index, 0x9e37_79b9) >>> 21) & 255;
    for (const version of [4, 6] as const) {
      const [secret0, secret1] = [drawSecret(round, 0, 0), drawSecret(round, 0, 1)];
      const input = fill(version, draw);
      expect(flowHash(memory, KEY, secret0, secret1) >>> 0).toBe(halfSipHash(input, [secret0, secret1], 1, 3));
    }
  }
});

test("that of a TCP stack is the same of a whole key and of one word more", () => {
  for (let round = 0; round < 100; round++) {
    const words = 1 + (round % 12);
    for (let index = 0; index < words * 4; index++) memory.u8[KEY + index] = (Math.imul(round * 31 + index, 0x9e37_79b9) >>> 23) & 255;
    const more = Math.imul(round, 0x85eb_ca6b) | 0;
    const input = [...memory.u8.subarray(KEY, KEY + words * 4), more & 255, (more >>> 8) & 255, (more >>> 16) & 255, more >>> 24];
    expect(keyedHash(memory, KEY, words, more, 7 * round, ~round) >>> 0).toBe(halfSipHash(input, [7 * round, ~round], 1, 3));
  }
});

describe("the secret", () => {
  const MASK = 1023;
  const keyOf = (number: number): void => void fill(4, (index) => (index < 4 ? (number >>> (8 * index)) & 255 : 7));

  test("is another one for each seed, generation and place", () => {
    const drawn = new Set<number>();
    for (let seed = 0; seed < 20; seed++) for (let generation = 0; generation < 20; generation++) for (const ordinal of [0, 1]) drawn.add(drawSecret(seed * 0x9999_999, generation, ordinal));
    expect(drawn.size).toBe(800);
  });

  test("scatters keys that fall together under another one", () => {
    const [a0, a1, b0, b1] = [drawSecret(1, 0, 0), drawSecret(1, 0, 1), drawSecret(1, 1, 0), drawSecret(1, 1, 1)];
    const together: number[] = [];
    for (let number = 0; together.length < 1000; number++) {
      keyOf(number);
      if ((flowHash(memory, KEY, a0, a1) & MASK) === 5) together.push(number);
    }
    const chains = new Map<number, number>();
    for (const number of together) {
      keyOf(number);
      const bucket = flowHash(memory, KEY, b0, b1) & MASK;
      chains.set(bucket, (chains.get(bucket) ?? 0) + 1);
    }
    // Of a thousand thrown into a thousand, the fullest holds 5 or 6 as a rule.
    expect(Math.max(...chains.values())).toBeLessThanOrEqual(10);
    expect(chains.size).toBeGreaterThan(550);
  });
});
