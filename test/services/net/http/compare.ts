/** Our parser against the reference: one stream, the same reading. */

import { expect } from "vitest";
import type { HeadAnswer } from "./harness.ts";
import { STREAM_AT, readHead, scanWhole } from "./harness.ts";
import type { Walked } from "./pieces.ts";
import type { ReferenceHead } from "./reference.ts";
import { referenceHead } from "./reference.ts";
import { referenceStream } from "./reference-stream.ts";

/** The first head of a stream. */
export function compare(stream: string): void {
  const expected = referenceHead(stream);
  const result = scanWhole(stream);
  if (expected.kind !== "head") {
    expect(result).toBe(expected.kind);
    return;
  }
  expect(result).toBe(expected.outcome === "headTooLarge" && expected.bytes === 65_536 ? result : expected.bytes);
  compareHead(readHead(STREAM_AT + expected.skipped, expected.bytes), expected);
}

/** All of a stream, as we read it, in one piece or in many. */
export function compareStream(stream: string, { requests, end }: Walked): void {
  const expected = referenceStream(stream);
  expect(end).toBe(expected.end);
  expect(requests.map(({ offset, bytes }) => [offset, bytes])).toEqual(expected.requests.map(({ offset, head }) => [offset, head.bytes]));
  requests.forEach(({ head }, i) => compareHead(head, expected.requests[i]!.head));
}

function compareHead(answer: HeadAnswer, expected: ReferenceHead): void {
  const { method, target, minor, host, outcome, headers, cookie, body } = expected;
  expect({ outcome: answer.outcome, method: answer.method, target: answer.target, minor: answer.minor, host: answer.host }).toEqual({ outcome, method, target, minor, host });
  expect(answer.headers).toEqual(headers);
  if (outcome === "routed") expect(answer.cookie).toBe(cookie);
  expect(answer.body).toBe(body.kind === "length" ? `length ${body.bytes}` : body.kind);
}
