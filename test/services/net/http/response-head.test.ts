/** Heads of responses: where they end, what they say of their body, and which are refused (RFC 9112, 4, 5 and 6.3). */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mayBeginResponse, scanResponseHead } from "../../../../services/net/http/response-head.ts";
import { STREAM_AT, place, source } from "./harness.ts";
import { readResponse } from "./proxy-heads.ts";

const head = (lines: string, status = "HTTP/1.1 200 OK"): string => `${status}\r\n${lines}${lines === "" ? "" : "\r\n"}\r\n`;

describe("the body", () => {
  const rows: readonly (readonly [rule: string, head: string, headOnly: boolean, body: string, keepAlive: boolean])[] = [
    ["6.3, 1: HEAD", head("Content-Length: 5"), true, "none", true],
    ["6.3, 1: HEAD, of a coding", head("Transfer-Encoding: chunked"), true, "none", true],
    ["6.3, 1: HEAD, of neither", head(""), true, "none", true],
    ["6.3, 1: 1xx", head("Content-Length: 5", "HTTP/1.1 103 Early Hints"), false, "none", true],
    ["6.3, 1: 204", head("", "HTTP/1.1 204 No Content"), false, "none", true],
    ["6.3, 1: 204 with a length of 0", head("Content-Length: 0", "HTTP/1.1 204 No Content"), false, "none", true],
    ["6.3, 1: 204 that announces a body is not trusted", head("Content-Length: 5", "HTTP/1.1 204 No Content"), false, "none", false],
    ["6.3, 1: 204 that announces chunks is not trusted", head("Transfer-Encoding: chunked", "HTTP/1.1 204 No Content"), false, "none", false],
    ["6.3, 1: 304", head("Content-Length: 5", "HTTP/1.1 304 Not Modified"), false, "none", true],
    ["6.3, 4: chunked", head("Transfer-Encoding: chunked"), false, "chunked", true],
    ["7: in any case, blanks around it", head("TRANSFER-encoding: \t CHUNKED \t"), false, "chunked", true],
    ["6.3, 6: a length", head("Content-Length: 5"), false, "length 5", true],
    ["6.3, 6: a length of 0", head("Content-Length: 0"), false, "length 0", true],
    ["6.3, 5: the same length twice", head("Content-Length: 5\r\nA: b\r\ncontent-length: 05"), false, "length 5", true],
    ["6.3, 6: the greatest length", head("Content-Length: 9007199254740991"), false, "length 9007199254740991", true],
    ["6.3, 8: neither", head(""), false, "untilClose", false],
    ["6.3, 8: neither, though it would stay", head("Connection: keep-alive"), false, "untilClose", false],
    ["9.3: close", head("Content-Length: 5\r\nConnection: close"), false, "length 5", false],
    ["9.3: close among others", head("Content-Length: 5\r\nConnection: a, , CLOSE ,b"), false, "length 5", false],
    ["9.3: close in a second line", head("Connection: a\r\nConnection: close\r\nContent-Length: 5"), false, "length 5", false],
    ["9.3: something that begins like it", head("Content-Length: 5\r\nConnection: closed"), false, "length 5", true],
    ["9.3: HTTP/1.0", head("Content-Length: 5", "HTTP/1.0 200 OK"), false, "length 5", false],
    ["9.3: HTTP/1.0 that stays", head("Content-Length: 5\r\nConnection: Keep-Alive", "HTTP/1.0 200 OK"), false, "length 5", true],
    ["9.3: HTTP/1.0 that says both", head("Content-Length: 5\r\nConnection: Keep-Alive, close", "HTTP/1.0 200 OK"), false, "length 5", false],
  ];
  test.each(rows)("%s", (_rule, text, headOnly, body, keepAlive) => {
    expect(readResponse(`${text}rest`, headOnly)).toMatchObject({ body, keepAlive, headBytes: text.length });
  });
});

describe("refused", () => {
  const rows: readonly (readonly [rule: string, head: string])[] = [
    ["4: a name in lower case", head("", "http/1.1 200 OK")],
    ["4: two spaces", head("", "HTTP/1.1  200 OK")],
    ["4: a tab", head("", "HTTP/1.1\t200 OK")],
    ["4: a status of four digits", head("", "HTTP/1.1 2000 OK")],
    ["4: a status of letters", head("", "HTTP/1.1 2OO OK")],
    ["4: no status", head("", "HTTP/1.1 ")],
    ["4: HTTP/1.2", head("", "HTTP/1.2 200 OK")],
    ["4: HTTP/3.1", head("", "HTTP/3.1 200 OK")],
    ["RFC 9110, 15: below 100", head("", "HTTP/1.1 099 OK")],
    ["RFC 9110, 15: above 599", head("", "HTTP/1.1 600 OK")],
    ["4: DEL in the reason", head("", "HTTP/1.1 200 O\x7f")],
    ["4: an empty line before it", `\r\n${head("")}`],
    ["2.2: a status line that ends in a bare LF", "HTTP/1.1 200 OK\nA: b\r\n\r\n"],
    ["2.2: a bare CR", head("A: b\rc")],
    ["5: no colon", head("A")],
    ["5: an empty name", head(": b")],
    ["5: a name that is no token", head("A B: c")],
    ["5.2: a folded line", head("A: b\r\n c: d")],
    ["5.2: a folded line, by a tab", head("A: b\r\n\tc")],
    ["5.2: a blank before the first name", head(" A: b")],
    ["RFC 9110, 5.5: NUL", head("A: \0")],
    ["RFC 9110, 5.5: another control byte", head("A: b\x1f")],
    ["6.3, 3: a length and a coding", head("Content-Length: 5\r\nTransfer-Encoding: chunked")],
    ["6.3, 3: the other way round", head("Transfer-Encoding: chunked\r\nContent-Length: 5")],
    ["6.3, 5: two lengths", head("Content-Length: 5\r\nContent-Length: 6")],
    ["6.3, 5: a list of equal ones", head("Content-Length: 5, 5")],
    ["6.3, 5: an empty one", head("Content-Length: ")],
    ["6.3, 5: hexadecimal", head("Content-Length: 0x5")],
    ["6.3, 5: below zero", head("Content-Length: -5")],
    ["6.3, 5: 2^53", head("Content-Length: 9007199254740992")],
    ["6.3, 5: thirty digits", head(`Content-Length: ${"9".repeat(30)}`)],
    ["6.1: a coding that nobody knows", head("Transfer-Encoding: xchunked")],
    ["6.1: two codings", head("Transfer-Encoding: gzip, chunked")],
    ["6.1: chunked twice", head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")],
    ["6.1: an empty one", head("Transfer-Encoding:")],
    ["7.1: chunked with a parameter", head("Transfer-Encoding: chunked;a=b")],
    ["6.1: a coding in HTTP/1.0", head("Transfer-Encoding: chunked", "HTTP/1.0 200 OK")],
    ["513 lines", head(`${"A: b\r\n".repeat(512)}A: b`)],
    ["32 KiB without an end", `HTTP/1.1 200 OK\r\nA: ${"b".repeat(32 * 1024)}\r\n\r\n`],
  ];
  test.each(rows)("%s", (_rule, text) => expect(readResponse(text)).toBeNull());
});

test("let through: no reason, a tab and bytes above 127 in it, blanks before a colon, 512 lines, 32 KiB", () => {
  for (const status of ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200 O\tK", "HTTP/1.1 200 \xe9\xff"]) expect(readResponse(head("Content-Length: 5", status))).toMatchObject({ status: 200, body: "length 5" });
  expect(readResponse(head("Content-Length \t : 5"))).toMatchObject({ body: "length 5" });
  expect(readResponse(head(`${"A:\r\n".repeat(511)}Content-Length: 5`))).toMatchObject({ body: "length 5" });
  const rest = head("A: ").length;
  expect(readResponse(head(`A: ${"b".repeat(32 * 1024 - rest)}`))).toMatchObject({ headBytes: 32 * 1024 });
});

test("a head is found at the same place however it comes", () => {
  const text = head("A: b\r\nC: d\n\r\r\n\r");
  const whole = text.indexOf("\r\n\r\n") + 4;
  for (let seen = 0; seen <= text.length; seen++) {
    place(text, seen);
    expect(scanResponseHead(source, STREAM_AT, seen, 0)).toBe(seen < whole ? 0 : whole);
    for (const more of [seen, seen + 1, text.length]) {
      if (seen >= whole || more > text.length) continue;
      place(text, more);
      expect(scanResponseHead(source, STREAM_AT, more, seen)).toBe(more < whole ? 0 : whole);
    }
  }
});

test("what certainly begins no response is known at once", () => {
  for (const [text, may] of [["", true], ["H", true], ["HTTP/1.", true], ["HTTP/1.1 2", true], ["h", false], ["HTTP/2", false], ["220 ", false], ["\0", false]] as const) {
    place(text);
    expect([text, mayBeginResponse(source, STREAM_AT, text.length)]).toEqual([text, may]);
  }
});

test("whatever comes, nothing beyond the head is looked at, and the answer is one of the three", () => {
  const piece = fc.constantFrom("HTTP/1.1 200 OK\r\n", "HTTP/1.0 204\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "\r\n", "\n", "\r", " ", ":", "A", "\0", "9");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom(0x41, 0x0a, 0x20), (pieces, poison) => {
      const text = pieces.join("");
      place(text, text.length, poison);
      const answer = readResponse(text);
      if (answer !== null && answer !== "more") expect([answer.headBytes <= text.length, text.slice(0, answer.headBytes).endsWith("\r\n\r\n")]).toEqual([true, true]);
      else if (answer === "more") expect(text.includes("\r\n\r\n")).toBe(false);
    }),
    { seed: 6, numRuns: 3000 },
  );
});
