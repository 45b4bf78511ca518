/** Heads that are handed on: what goes, what stays, what is added (RFC 9110, 7.6; RFC 9112, 3.2; RFC 7239). */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ForwardRule } from "../../../../services/net/http/forwarded-response.ts";
import { forwardRequest, forwardResponse, readResponse, requestForwardsLeft } from "./proxy-heads.ts";

const request = (line: string, ...lines: readonly string[]): string => `${[line, ...lines].join("\r\n")}\r\n\r\n`;
const OWN = ["Via: 1.1 veridian", "X-Forwarded-For: 10.1.0.7", "X-Forwarded-Proto: http", "Forwarded: for=10.1.0.7;proto=http"];

describe("requests", () => {
  const rows: readonly (readonly [rule: string, lines: readonly string[], wanted: readonly string[]])[] = [
    ["as they are, but for blanks", ["GET /a?b HTTP/1.1", "Host:a", "Accept:\t*/*  "], ["GET /a?b HTTP/1.1", "Host: a", "Accept: */*", ...OWN]],
    ["7.6.1: what Connection names, in any case and order", ["GET / HTTP/1.1", "X-a: 1", "Host: a", "connection: x-B ,, X-A", "Connection: x-c", "X-B: 2", "X-C: 3", "X-D: 4"], ["GET / HTTP/1.1", "Host: a", "X-D: 4", ...OWN]],
    ["7.6.1: of one connection, named or not", ["GET / HTTP/1.1", "Host: a", "Keep-Alive: 1", "Proxy-Connection: x", "TE: trailers", "Upgrade: h2c", "Proxy-Authorization: x", "Proxy-Authenticate: x"], ["GET / HTTP/1.1", "Host: a", ...OWN]],
    ["7.6.1: never what frames the message", ["POST / HTTP/1.1", "Host: a", "Connection: Host, Content-Length, Transfer-Encoding", "Content-Length: 3"], ["POST / HTTP/1.1", "Host: a", "Content-Length: 3", ...OWN]],
    ["chunks, and what comes behind them", ["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Trailer: X"], ["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Trailer: X", ...OWN]],
    ["3.2.1: absolute form", ["GET http://B.example:81/c/d?e HTTP/1.1", "Host: a", "Z: y"], ["GET /c/d?e HTTP/1.1", "Z: y", "Host: B.example:81", ...OWN]],
    ["3.2.1: absolute form, no path", ["GET http://b HTTP/1.1", "Host: a"], ["GET / HTTP/1.1", "Host: b", ...OWN]],
    ["3.2.1: absolute form, a query only", ["GET http://b?c/d HTTP/1.1", "Host: a"], ["GET /?c/d HTTP/1.1", "Host: b", ...OWN]],
    ["3.2.4: absolute form of OPTIONS *", ["OPTIONS http://b HTTP/1.1", "Host: a"], ["OPTIONS * HTTP/1.1", "Host: b", ...OWN]],
    ["3.2.4: OPTIONS *", ["OPTIONS * HTTP/1.1", "Host: a"], ["OPTIONS * HTTP/1.1", "Host: a", ...OWN]],
    ["3.2.1: absolute form of an IPv6 host", ["GET http://[::1]:81/ HTTP/1.1", "Host: a"], ["GET / HTTP/1.1", "Host: [::1]:81", ...OWN]],
    ["a path that looks like an absolute form", ["GET /http://b/ HTTP/1.1", "Host: a"], ["GET /http://b/ HTTP/1.1", "Host: a", ...OWN]],
    ["HTTP/1.0: no Host, and nothing to expect", ["GET / HTTP/1.0", "Expect: 100-continue"], ["GET / HTTP/1.1", "Host:", "Via: 1.0 veridian", ...OWN.slice(1)]],
    ["HTTP/1.1: what is expected", ["PUT / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 1"], ["PUT / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 1", ...OWN]],
    ["7.6.3: other proxies", ["GET / HTTP/1.1", "Host: a", "Via: 1.0 fred"], ["GET / HTTP/1.1", "Host: a", "Via: 1.0 fred", ...OWN]],
    ["where it came by, in one line each, empty ones left out", ["GET / HTTP/1.1", "Host: a", "X-Forwarded-For: 1.1.1.1", "x-forwarded-for:", "X-Forwarded-For: 2.2.2.2, 3.3.3.3", "forwarded: for=x;by=y", "X-Forwarded-Proto: https"], ["GET / HTTP/1.1", "Host: a", OWN[0], "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 10.1.0.7", OWN[2], "Forwarded: for=x;by=y, for=10.1.0.7;proto=http"]],
    ["where it came by, even if Connection names it", ["GET / HTTP/1.1", "Host: a", "Connection: X-Forwarded-For, Via", "X-Forwarded-For: 1.1.1.1", "Via: 1.1 x"], ["GET / HTTP/1.1", "Host: a", OWN[0], "X-Forwarded-For: 1.1.1.1, 10.1.0.7", ...OWN.slice(2)]],
    ["7.6.2: Max-Forwards, one less", ["TRACE / HTTP/1.1", "Host: a", "Max-Forwards: 10"], ["TRACE / HTTP/1.1", "Host: a", OWN[0], "Max-Forwards: 9", ...OWN.slice(1)]],
    ["7.6.2: of other methods, as it is", ["GET / HTTP/1.1", "Host: a", "Max-Forwards: 10"], ["GET / HTTP/1.1", "Host: a", "Max-Forwards: 10", ...OWN]],
  ];
  test.each(rows)("%s", (_rule, [line, ...lines], wanted) => expect(forwardRequest(request(line, ...lines)).split("\r\n")).toEqual([...wanted, "", ""]));

  test("7.6.2: how often it may still be handed on", () => {
    for (const [value, left] of [["0", 0], ["1", 1], ["00", 0], ["999999999", 999_999_999], ["1000000000", -1], ["", -1], ["-1", -1], ["x", -1]] as const) expect([value, requestForwardsLeft(request("OPTIONS * HTTP/1.1", "Host: a", `Max-Forwards: ${value}`))]).toEqual([value, left]);
    expect(requestForwardsLeft(request("GET / HTTP/1.1", "Host: a", "Max-Forwards: 0"))).toBe(-1);
  });

  test("RFC 5952, 4 and RFC 7239, 6: an IPv6 client", () => {
    const rows: readonly (readonly [words: readonly number[], text: string])[] = [
      [[0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], "2001:db8::1"],
      [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], "2001:db8:0:1:1:1:1:1"],
      [[0x2001, 0, 0, 1, 0, 0, 0, 1], "2001:0:0:1::1"],
      [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], "2001:db8::1:0:0:1"],
      [[0, 0, 0, 0, 0, 0, 0, 0], "::"],
      [[0, 0, 0, 0, 0, 0, 0, 1], "::1"],
      [[1, 0, 0, 0, 0, 0, 0, 0], "1::"],
      [[0xfe80, 0, 0, 0, 0xabcd, 0xef, 0xa, 0], "fe80::abcd:ef:a:0"],
    ];
    for (const [words, text] of rows) {
      const bytes = words.flatMap((word) => [word >> 8, word & 0xff]);
      expect(forwardRequest(request("GET / HTTP/1.1", "Host: a"), bytes)).toContain(`X-Forwarded-For: ${text}\r\nX-Forwarded-Proto: http\r\nForwarded: for="[${text}]";proto=http\r\n\r\n`);
    }
  });

  test("however large it is, it grows by no more than 1,024 bytes", () => {
    const heads = [request("GET / HTTP/1.1", "Host:a", ...new Array<string>(511).fill("a:b")), request(`GET http://${"b".repeat(8000)} HTTP/1.1`, "Host:a"), request("GET / HTTP/1.1", "Host:a", ...new Array<string>(300).fill("Forwarded:a"), ...new Array<string>(200).fill("X-Forwarded-For:b"))];
    for (const head of heads) expect(forwardRequest(head, new Array<number>(16).fill(0xff)).length).toBeLessThanOrEqual(head.length + 1024);
  });
});

describe("responses", () => {
  const rows: readonly (readonly [rule: string, rules: number, lines: readonly string[], wanted: readonly string[]])[] = [
    ["as they are", 0, ["HTTP/1.1 200 All fine", "A:b", "Content-Length: 5"], ["HTTP/1.1 200 All fine", "A:b", "Content-Length: 5", "Via: 1.1 veridian"]],
    ["of HTTP/1.0", 0, ["HTTP/1.0 404", "Content-Length: 5"], ["HTTP/1.1 404", "Content-Length: 5", "Via: 1.0 veridian"]],
    ["7.6.1: what Connection names", 0, ["HTTP/1.1 200 OK", "X-A: 1", "Connection: x-b, X-A", "x-B : 2", "C: 3", "Keep-Alive: 4", "Upgrade: 5", "Proxy-Authenticate: 6"], ["HTTP/1.1 200 OK", "C: 3", "Via: 1.1 veridian"]],
    ["7.6.1: never what frames it", 0, ["HTTP/1.1 200 OK", "Connection: Content-Length", "Content-Length: 5"], ["HTTP/1.1 200 OK", "Content-Length: 5", "Via: 1.1 veridian"]],
    ["5.1: blanks before a colon", 0, ["HTTP/1.1 200 OK", "A \t:b", "Content-Length : 5"], ["HTTP/1.1 200 OK", "A:b", "Content-Length: 5", "Via: 1.1 veridian"]],
    ["6.3: one length", 0, ["HTTP/1.1 200 OK", "Content-Length: 5", "A: b", "content-length: 5"], ["HTTP/1.1 200 OK", "Content-Length: 5", "A: b", "Via: 1.1 veridian"]],
    ["8.6: no length in 1xx and 204", 0, ["HTTP/1.1 204 No", "Content-Length: 0"], ["HTTP/1.1 204 No", "Via: 1.1 veridian"]],
    ["6.1: no coding in 1xx and 204", 0, ["HTTP/1.1 103 Hints", "Transfer-Encoding: chunked"], ["HTTP/1.1 103 Hints", "Via: 1.1 veridian"]],
    ["8.6: a length in 304", 0, ["HTTP/1.1 304 Not", "Content-Length: 5"], ["HTTP/1.1 304 Not", "Content-Length: 5", "Via: 1.1 veridian"]],
    ["6.1: no coding for HTTP/1.0", ForwardRule.plain | ForwardRule.close, ["HTTP/1.1 200 OK", "Trailer: X", "Transfer-Encoding: chunked", "A: b"], ["HTTP/1.1 200 OK", "A: b", "Via: 1.1 veridian", "Connection: close"]],
    ["9.3: HTTP/1.0 that goes on", ForwardRule.plain | ForwardRule.keepAlive, ["HTTP/1.1 200 OK", "Content-Length: 5"], ["HTTP/1.1 200 OK", "Content-Length: 5", "Via: 1.1 veridian", "Connection: keep-alive"]],
    ["several cookies", 0, ["HTTP/1.1 200 OK", "Set-Cookie: a", "Set-Cookie: b"], ["HTTP/1.1 200 OK", "Set-Cookie: a", "Set-Cookie: b", "Via: 1.1 veridian"]],
  ];
  test.each(rows)("%s", (_rule, rules, lines, wanted) => expect(forwardResponse(`${lines.join("\r\n")}\r\n\r\n`, rules).split("\r\n")).toEqual([...wanted, "", ""]));
});

test("what is handed on is read again with the same body, and no field twice that was there once", () => {
  const line = fc.constantFrom("Content-Length: 3", "content-length:3", "Connection: close", "Connection: x, content-length", "X: y", "Transfer-Encoding : chunked", "Keep-Alive: 1", "Trailer: Z", "A:");
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.constantFrom("200", "204", "304", "103"), (lines, status) => {
      const head = `HTTP/1.1 ${status} x\r\n${lines.map((each) => `${each}\r\n`).join("")}\r\n`;
      const before = readResponse(head);
      if (before === null || before === "more") return;
      const after = readResponse(forwardResponse(head));
      expect(after).toMatchObject({ status: before.status, body: before.body });
    }),
    { seed: 7, numRuns: 3000 },
  );
});
