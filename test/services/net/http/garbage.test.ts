/** Reading heads and bodies makes no JavaScript objects. In a file of its own, so that nothing else warms the code. */

import { expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { RequestDescriptor } from "../../../../services/lb/api.ts";
import { BodyFraming, skipBody } from "../../../../services/net/http/body.ts";
import { HeadScan, clearHeadScan, scanHead } from "../../../../services/net/http/head-scan.ts";
import { parseHead } from "../../../../services/net/http/head.ts";

/** Bytes of JavaScript heap that a call of `work` takes, after warming up: the median, so that a collection in between does no harm. */
function growth(work: () => void): number {
  for (let i = 0; i < 60; i++) work();
  const samples: number[] = [];
  for (let i = 0; i < 15; i++) {
    const before = process.memoryUsage().heapUsed;
    work();
    samples.push(process.memoryUsage().heapUsed - before);
  }
  return samples.sort((a, b) => a - b)[7]!;
}

const ROUNDS = 400;
const LINES_MAX = 16;
const source = new Memory(new ArrayBuffer(4096));
const state = new Memory(new ArrayBuffer(4096));
const scan = 0 as Address<"HeadScan">;
const framing = HeadScan.size as Address<"BodyFraming">;
const descriptor = 512 as Address<"RequestDescriptor">;

const STREAMS = [
  "GET /a?b=c HTTP/1.1\r\nHost: example.test:80\r\nCookie: a=b\r\nAccept: */*\r\n\r\n",
  "POST http://[::1]:80/ HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nA: b\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n folded\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip;a=\"b\", chunked\r\n\r\n",
  "CONNECT 1.2.3.4:443 HTTP/1.1\r\nHost: a%2f\r\n\r\n",
  "GET / HTTP/2.0\r\n\r\n",
];

/** Reads the stream in pieces of `step` bytes, as net does. */
function read(bytes: number, step: number): void {
  clearHeadScan(state, scan);
  for (let there = step; ; there += step) {
    const end = there < bytes ? there : bytes;
    const result = scanHead(source, 8, end, state, scan);
    if (result > 0) {
      parseHead(source, 8, result, state, descriptor, LINES_MAX, state, framing);
      let at = result;
      while (at < bytes) {
        const skipped = skipBody(source, 8 + at, bytes - at < step ? bytes - at : step, state, framing);
        if (skipped === 0) break;
        at += skipped;
      }
      return;
    }
    if (result < 0 || end === bytes) return;
  }
}

function place(stream: string): number {
  for (let i = 0; i < stream.length; i++) source.u8[8 + i] = stream.charCodeAt(i);
  return stream.length;
}

test.each(STREAMS)("%j", (stream) => {
  expect(BodyFraming.size + HeadScan.size).toBeLessThan(512);
  expect(RequestDescriptor.size).toBeLessThan(512);
  const bytes = place(stream);
  // The smallest object at each reading would take 16 bytes a round.
  const grown = growth(() => {
    for (let round = 0; round < ROUNDS; round++) read(bytes, 1 + (round & 31));
  });
  expect(grown).toBeLessThan(8 * ROUNDS);
});

test("the measure sees one small object a round", () => {
  let kept: object = {};
  const grown = growth(() => {
    for (let round = 0; round < ROUNDS; round++) kept = { round, kept: round };
  });
  expect(grown).toBeGreaterThan(8 * ROUNDS);
  expect(kept).toEqual({ round: ROUNDS - 1, kept: ROUNDS - 1 });
});
