/** Responses of the proxy's own: each is a response that its own reader takes, of the length that it says. */

import { expect, test } from "vitest";
import { OUTCOMES } from "../../../../services/lb/api.ts";
import { REFUSAL_BYTES_MAX, writeRefusal } from "../../../../services/net/http/refusal.ts";
import { Memory } from "../../../../hal/memory.ts";
import { latin1 } from "./harness.ts";
import { readResponse } from "./proxy-heads.ts";

const memory = new Memory(new ArrayBuffer(1024));

function refusal(status: number, close: boolean, headOnly: boolean): string {
  return latin1(memory.u8.slice(8, 8 + writeRefusal(memory, 8, status, close, headOnly)));
}

const STATUSES = [...new Set([...OUTCOMES.slice(1).map(({ status }) => status), 200, 408, 501, 502, 503, 504, 505])];

test.each(STATUSES)("%i", (status) => {
  for (const close of [false, true]) {
    const text = refusal(status, close, false);
    const read = readResponse(text);
    expect(read).toMatchObject({ status, keepAlive: !close });
    if (read === null || read === "more") throw new Error("it is no response");
    expect(read.body).toBe(`length ${text.length - read.headBytes}`);
    expect(text.length).toBeLessThanOrEqual(REFUSAL_BYTES_MAX);
    // RFC 9110, 9.3.2: the same without the body.
    expect(refusal(status, close, true)).toBe(text.slice(0, read.headBytes));
  }
});

test("an outcome without words of its own is an internal error", () => {
  expect(refusal(599, false, false)).toContain("HTTP/1.1 599 Internal Server Error\r\n");
});
