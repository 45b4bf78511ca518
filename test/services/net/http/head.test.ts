import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RequestDescriptor } from "../../../../services/lb/api.ts";
import { parseHead } from "../../../../services/net/http/head.ts";
import type { HeadAnswer } from "./harness.ts";
import { POISONS, STREAM_AT, descriptor, framing, place, readHead, scanWhole, source, state } from "./harness.ts";
import { referenceHead } from "./reference.ts";

function read(stream: string, entriesMax?: number): HeadAnswer {
  const bytes = scanWhole(stream);
  const headBytes = bytes === "headTooLarge" ? 65_536 : bytes;
  if (typeof headBytes !== "number") throw new Error(`no head: ${bytes}`);
  return readHead(STREAM_AT, headBytes, entriesMax);
}

/** A head with these lines behind its request line. */
function head(...lines: string[]): string {
  return `POST / HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

describe("what is read", () => {
  test("all of a plain head", () => {
    expect(read("GET /a?b=c HTTP/1.1\r\nHost:  shop.test:80\t\r\nAccept:*/*\r\nCookie: a=1; b\r\nCookie: c\r\nX-Empty:\r\nx-empty: \r\n\r\n")).toEqual({
      outcome: "routed",
      method: "GET",
      target: "/a?b=c",
      minor: 1,
      host: "shop.test:80",
      cookie: "a=1; b",
      headers: [["Host", "shop.test:80"], ["Accept", "*/*"], ["Cookie", "a=1; b"], ["Cookie", "c"], ["X-Empty", ""], ["x-empty", ""]],
      body: "none",
    });
  });

  test("the first cookie counts, be it empty", () => {
    expect(read(head("Host: a", "Cookie:", "Cookie: b")).cookie).toBe("");
  });

  test("names in any case", () => {
    expect(read("PUT / HTTP/1.1\r\nhOST: a\r\nCOOKIE: b\r\nContent-LENGTH: 3\r\n\r\n")).toMatchObject({ host: "a", cookie: "b", body: "length 3" });
    expect(read(head("Host: a", "TRANSFER-encoding: CHUNKED"))).toMatchObject({ body: "chunked" });
  });

  test("names of the same length are other names", () => {
    expect(read("GET / HTTP/1.0\r\nHos-: a\r\nCookia: b\r\nContent-Lengtj: 3\r\nTransfer_Encoding: x\r\n\r\n")).toMatchObject({
      outcome: "routed", host: null, cookie: "", body: "none",
    });
  });

  test("what the caller owns is left alone", () => {
    const stream = head("Host: a");
    place(stream);
    state.fill(descriptor, RequestDescriptor.size + 64, 0x77);
    parseHead(source, STREAM_AT, stream.length, state, descriptor, 1, state, framing);
    const ours = ["headBytes", "versionMinor", "hostPresent", "methodBytes", "targetOffset", "targetBytes", "hostOffset", "hostBytes", "cookieOffset", "cookieBytes", "headerCount"];
    for (const field of RequestDescriptor.fields.filter(({ name }) => !ours.includes(name))) {
      for (let i = 0; i < field.width; i++) expect(state.u8[descriptor + field.offset + i], field.name).toBe(0x77);
    }
    // One entry of room: nothing behind it is written.
    expect(state.u8[descriptor + RequestDescriptor.size + 8]).toBe(0x77);
  });

  test("a table too short for the head holds the first lines", () => {
    const stream = head("Host: a", "B: c", "D: e");
    place(stream);
    state.fill(descriptor, RequestDescriptor.size + 64, 0x77);
    parseHead(source, STREAM_AT, stream.length, state, descriptor, 2, state, framing);
    expect(state.u8[descriptor + RequestDescriptor.size + 15]).not.toBe(0x77);
    expect(state.u8[descriptor + RequestDescriptor.size + 16]).toBe(0x77);
  });

  test("nothing around the head is read", () => {
    for (const stream of ["GET / HTTP/1.0\r\n\r\n", head("Host: a", "X: y"), head("Host: a", "X y"), head("Host: a", " b")]) {
      const answers = POISONS.map((poison) => {
        place(stream, stream.length, poison);
        return readHead(STREAM_AT, stream.length);
      });
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    }
  });
});

/** Head, outcome, where the rule stands. */
const OUTCOMES: readonly (readonly [string, string, string])[] = [
  // --- field lines (RFC 9112, 5; RFC 9110, 5.5 and 5.6.2) ---
  [head("Host: a", "X : b"), "malformed", "space before the colon (RFC 9112, 5.1)"],
  [head("Host: a", "X\t: b"), "malformed", "tab before the colon"],
  [head("Host: a", ": b"), "malformed", "empty name"],
  [head("Host: a", "garbage"), "malformed", "no colon"],
  [head("Host: a", "X Y: b"), "malformed", "blank in the name"],
  [head("Host: a", "X(: b"), "malformed", "delimiter in the name"],
  [head("Host: a", "X\xe9: b"), "malformed", "a byte of 0x80 and more in the name"],
  [head("Host: a", "X: b", " c"), "malformed", "obs-fold (RFC 9112, 5.2)"],
  [head("Host: a", "X: b", "\tc"), "malformed", "obs-fold"],
  [head(" Host: a"), "malformed", "blank before the first line (RFC 9112, 2.2)"],
  [head("Host: a", "X: b\rc"), "malformed", "bare CR (RFC 9112, 2.2)"],
  [head("Host: a", "X: b\r"), "malformed", "CR CR LF"],
  [head("Host: a", "X: b\nY: c"), "malformed", "bare LF"],
  [head("Host: a\nX: b"), "malformed", "bare LF"],
  [head("Host: a", "X: b\0c"), "malformed", "NUL (RFC 9110, 5.5)"],
  [head("Host: a", "X: \x01"), "malformed", "a control byte (RFC 9110, 5.5)"],
  [head("Host: a", "X: \x7f"), "malformed", "DEL"],
  [head("Host: a", "X: b\tc\t"), "routed", "a tab is no such byte"],
  [head("Host: a", "X: \x80\xff"), "routed", "obs-text (RFC 9110, 5.5)"],
  [head("Host: a", "!#$%&'*+-.^_`|~09azAZ: b"), "routed", "every tchar"],
  [head("Host: a", "X_Y: b"), "routed", "an underscore"],
  // --- Host (RFC 9112, 3.2) ---
  [head(), "malformed", "HTTP/1.1 without Host"],
  [head("Host: a", "Host: a"), "malformed", "twice"],
  [head("Host: a", "hOsT: b"), "malformed", "twice"],
  [head("Host:"), "malformed", "empty (RFC 9110, 4.2.1)"],
  [head("Host: \t"), "malformed", "empty"],
  [head("Host: a b"), "malformed", "no uri-host"],
  [head("Host: a/b"), "malformed", "no uri-host"],
  [head("Host: a@b"), "malformed", "user information"],
  [head("Host: a?"), "malformed", "no uri-host"],
  [head("Host: a:b"), "malformed", "no port"],
  [head("Host: :80"), "malformed", "no host"],
  [head("Host: [::1"), "malformed", "no IP-literal"],
  [head("Host: [1::2::3]"), "malformed", "no IP-literal"],
  [head("Host: ::1"), "malformed", "IPv6 without brackets"],
  [head("Host: a%zz"), "malformed", "no escape"],
  [head("Host: \xe9"), "malformed", "a byte of 0x80 and more"],
  [head("Host: [::1]:8080"), "routed", "IP-literal and port"],
  [head("Host: [v1.a:b]"), "routed", "IPvFuture"],
  [head("Host: a.b-c_d~e%2f!$&'()*+,;=:"), "routed", "every byte of a reg-name, empty port"],
  ["GET / HTTP/1.0\r\n\r\n", "routed", "HTTP/1.0 without Host"],
  ["GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "malformed", "any request message (RFC 9112, 3.2)"],
  ["GET / HTTP/1.0\r\nHost:\r\n\r\n", "malformed", "any request message"],
  // --- Content-Length (RFC 9110, 8.6; RFC 9112, 6.3) ---
  [head("Host: a", "Content-Length: 0"), "routed", "zero"],
  [head("Host: a", "Content-Length: 007"), "routed", "1*DIGIT"],
  [head("Host: a", "Content-Length: 9007199254740991"), "routed", "2^53 - 1"],
  [head("Host: a", "Content-Length: 9007199254740992"), "malformed", "2^53"],
  [head("Host: a", "Content-Length: 99999999999999999999"), "malformed", "overflow"],
  [head("Host: a", `Content-Length: ${"9".repeat(400)}`), "malformed", "overflow"],
  [head("Host: a", `Content-Length: ${"0".repeat(400)}5`), "routed", "1*DIGIT"],
  [head("Host: a", "Content-Length:"), "malformed", "empty"],
  [head("Host: a", "Content-Length: -1"), "malformed", "no digit"],
  [head("Host: a", "Content-Length: +3"), "malformed", "no digit"],
  [head("Host: a", "Content-Length: 0x3"), "malformed", "no digit"],
  [head("Host: a", "Content-Length: 3 3"), "malformed", "no digit"],
  [head("Host: a", "Content-Length: 3, 3"), "malformed", "a list"],
  [head("Host: a", "Content-Length: 3", "Content-Length: 3"), "malformed", "repeated"],
  [head("Host: a", "Content-Length: 3", "Content-Length: 5"), "malformed", "conflicting"],
  [head("Host: a", "Content-Length: x", "Content-Length: 5"), "malformed", "the first is faulty"],
  ["POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n", "routed", "HTTP/1.0 has it"],
  // --- Transfer-Encoding (RFC 9112, 6.1, 6.3, 7) ---
  [head("Host: a", "Transfer-Encoding: chunked"), "routed", "alone"],
  [head("Host: a", "Transfer-Encoding: Chunked"), "routed", "case-insensitive (RFC 9112, 7)"],
  [head("Host: a", "Transfer-Encoding: chunked", "Content-Length: 3"), "malformed", "with Content-Length (6.1)"],
  [head("Host: a", "Content-Length: 3", "Transfer-Encoding: chunked"), "malformed", "with Content-Length"],
  [head("Host: a", "Content-Length: 3", "Transfer-Encoding: gzip"), "malformed", "before unsupported"],
  ["POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "malformed", "HTTP/1.0 (6.1)"],
  ["POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "malformed", "HTTP/1.0, before unsupported"],
  [head("Host: a", "Transfer-Encoding: xchunked"), "unsupportedCoding", "not understood (6.1)"],
  [head("Host: a", "Transfer-Encoding: identity"), "unsupportedCoding", "no coding any more"],
  [head("Host: a", "Transfer-Encoding: gzip, chunked"), "unsupportedCoding", "not understood"],
  [head("Host: a", "Transfer-Encoding: gzip ,\tdeflate, chunked"), "unsupportedCoding", "blanks around commas"],
  [head("Host: a", "Transfer-Encoding: x;a=b;c = \"d, \\\"e\", chunked"), "unsupportedCoding", "parameters (7)"],
  [head("Host: a", "Transfer-Encoding: chunked, chunked"), "malformed", "twice (6.1)"],
  [head("Host: a", "Transfer-Encoding: chunked, gzip"), "malformed", "not last (6.3)"],
  [head("Host: a", "Transfer-Encoding: chunked;a=b"), "malformed", "chunked has no parameters (7.1)"],
  [head("Host: a", "Transfer-Encoding: gzip;a"), "malformed", "no parameter"],
  [head("Host: a", "Transfer-Encoding: gzip;a=\"b"), "malformed", "no end of the quoted string"],
  [head("Host: a", "Transfer-Encoding: gzip;a=\"b\\\""), "malformed", "no end of the quoted string"],
  [head("Host: a", "Transfer-Encoding:"), "malformed", "empty"],
  [head("Host: a", "Transfer-Encoding: ,chunked"), "malformed", "empty element"],
  [head("Host: a", "Transfer-Encoding: chunked,"), "malformed", "empty element"],
  [head("Host: a", "Transfer-Encoding: chunked x"), "malformed", "junk"],
  [head("Host: a", "Transfer-Encoding: \"chunked\""), "malformed", "no token"],
  [head("Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), "malformed", "repeated"],
  [head("Host: a", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked"), "malformed", "repeated"],
  [head("Host: a", "Transfer-Encoding:", "Transfer-Encoding: chunked"), "malformed", "repeated"],
];

describe("header lines", () => {
  test.each(OUTCOMES)("%j: %s (%s)", (stream, outcome) => {
    expect(read(stream).outcome).toBe(outcome);
  });
});

/** Method, target, outcome, where the rule stands. */
const TARGETS: readonly (readonly [string, string, string, string])[] = [
  ["GET", "/", "routed", "origin-form (RFC 9112, 3.2.1)"],
  ["GET", "/../a/./%zz//?\"<>\\^`{|}", "routed", "paths are not net's"],
  ["GET", "/\x80\xff", "routed", "bytes of 0x80 and more (contract)"],
  ["GET", "/a\x01", "malformed", "a control byte (contract)"],
  ["GET", "/a\0b", "malformed", "NUL"],
  ["GET", "/a\tb", "malformed", "a tab"],
  ["GET", "/a\x7f", "malformed", "DEL"],
  ["GET", "/a#b", "malformed", "no form has a fragment"],
  ["GET", "health", "malformed", "none of the forms"],
  ["GET", "?a", "malformed", "none of the forms"],
  ["OPTIONS", "*", "routed", "asterisk-form (3.2.4)"],
  ["GET", "*", "routed", "which methods may is policy"],
  ["OPTIONS", "*a", "malformed", "none of the forms"],
  ["TRACE", "/", "routed", "policy"],
  ["BREW", "/", "routed", "policy"],
  ["GET", "http://evil.test/health", "routed", "absolute-form (3.2.2), whatever Host says"],
  ["GET", "http://evil.test", "routed", "no path"],
  ["GET", "http://evil.test?a", "routed", "no path, a query"],
  ["GET", "x+y-1.z://[::1]:8/", "routed", "any scheme"],
  ["GET", "http:///a", "malformed", "empty host (RFC 9110, 4.2.1)"],
  ["GET", "http://u@h/", "malformed", "user information (RFC 9110, 4.2.4)"],
  ["GET", "http://h:x/", "malformed", "no port"],
  ["GET", "http:/a", "malformed", "no authority"],
  ["GET", "http://", "malformed", "no authority"],
  ["GET", "http:", "malformed", "no authority"],
  ["GET", "1http://h/", "malformed", "a scheme begins with a letter"],
  ["GET", "://h/", "malformed", "no scheme"],
  ["GET", "a.b:443", "malformed", "authority-form is CONNECT's (3.2.3)"],
  ["CONNECT", "a.b:443", "routed", "authority-form"],
  ["CONNECT", "[::1]:443", "routed", "authority-form"],
  ["CONNECT", "a.b", "malformed", "no port (RFC 9110, 9.3.6)"],
  ["CONNECT", "a.b:", "malformed", "an empty port"],
  ["CONNECT", "a.b:0", "malformed", "an invalid port"],
  ["CONNECT", "a.b:65535", "routed", "the last port"],
  ["CONNECT", "a.b:65536", "malformed", "an invalid port"],
  ["CONNECT", `a.b:${"9".repeat(400)}`, "malformed", "an invalid port"],
  ["CONNECT", "/", "malformed", "nothing but authority-form"],
  ["CONNECT", "*", "malformed", "nothing but authority-form"],
  ["CONNECT", "http://a/", "malformed", "nothing but authority-form"],
  ["CONNECTX", "/", "routed", "another method"],
  ["CONNECX", "/", "routed", "another method"],
];

describe("targets", () => {
  test.each(TARGETS)("%s %j: %s (%s)", (method, target, outcome) => {
    expect(read(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)).toMatchObject({ outcome, method, target });
  });
});

describe("limits at their edges, and which of two faults counts", () => {
  const lines = (count: number): string[] => ["Host: a", ...Array.from({ length: count - 1 }, (_, i) => `X-${i}: y`)];
  const target = (bytes: number): string => `/${"t".repeat(bytes - 1)}`;
  const withTarget = (bytes: number, ...rest: string[]): string => head(...rest).replace("POST /", `POST ${target(bytes)}`);

  test.each([
    ["target of 8,192 bytes", withTarget(8192, "Host: a"), "routed"],
    ["target of 8,193 bytes", withTarget(8193, "Host: a"), "uriTooLong"],
    ["target of 8,193 bytes and no Host", withTarget(8193), "uriTooLong"],
    ["target of 8,193 bytes and a control byte", withTarget(8193, "Host: a").replace("/tt", "/t\x01"), "uriTooLong"],
    ["target of 8,193 bytes and 513 lines", withTarget(8193, ...lines(513)), "uriTooLong"],
    ["target of 8,193 bytes and an unsupported coding", withTarget(8193, "Host: a", "Transfer-Encoding: x"), "uriTooLong"],
    ["512 lines", head(...lines(512)), "routed"],
    ["513 lines", head(...lines(513)), "headTooLarge"],
    ["513 lines without a colon in the first", head("x", ...lines(512)), "headTooLarge"],
    ["512 lines without a colon in the first", head("x", ...lines(511)), "malformed"],
    ["513 lines, no Host", head(...lines(514).slice(1)), "headTooLarge"],
    ["513 lines, a fold in the last", head(...lines(512), " b"), "headTooLarge"],
    ["no Host and an unsupported coding", head("Transfer-Encoding: x"), "malformed"],
    ["65,536 bytes without a blank line", `POST / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(65_600)}`, "headTooLarge"],
    ["65,536 bytes without a blank line, malformed", `POST / HTTP/1.1\r\nHost: a\r\nX : ${"y".repeat(65_600)}`, "headTooLarge"],
    ["65,536 bytes without a blank line, a long target", `POST ${target(9000)} HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(65_600)}`, "headTooLarge"],
    ["65,536 bytes with a target of all of them", `GET ${target(65_521)} HTTP/1.1\r\n\r\n`, "headTooLarge"],
  ])("%s: %#", (_, stream, outcome) => {
    expect(read(stream)).toMatchObject({ outcome });
  });

  test("a head of 65,536 bytes is read whole", () => {
    const stream = head("Host: a", `X: ${"y".repeat(65_536 - 33)}`);
    expect(stream.length).toBe(65_536);
    const answer = read(stream);
    expect(answer).toMatchObject({ outcome: "routed", host: "a" });
    expect(answer.headers[1]?.[1]).toHaveLength(65_536 - 33);
  });

  test("512 lines are all in the table", () => {
    expect(read(head(...lines(512))).headers).toEqual(lines(512).map((line) => line.split(": ")));
  });
});

describe("what is told of a refused head", () => {
  test.each([
    [head(" Host: a"), null],
    [head("Host : a"), null],
    [head("Host: a", "Host: b"), "a"],
    [head("Host: a/b"), "a/b"],
    [head("Host:"), ""],
    [head("X y", "Host: a"), "a"],
    [head("Host: a\nX: y"), "a"],
    [head("Host: a\rX: y"), "a"],
    [head("Host: a\0b \t"), "a\0b"],
    [head("X: y\nhost:a "), "a"],
    [head("X: y\n\nHost: a"), null],
    [head("X: y\n", "Host: a"), null],
    [head("Host: a", "X: y\n\nHost: b"), "a"],
    [`POST / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(65_600)}`, "a"],
    [`POST / HTTP/1.1\r\nX: ${"y".repeat(65_505)}\r\nHost: abcdefghijkl\r\n\r\n`, null],
  ])("case %#", (stream, host) => {
    const answer = read(stream);
    expect(answer.outcome).not.toBe("routed");
    expect(answer).toMatchObject({ method: "POST", target: "/", host, headers: [], body: "none" });
  });
});

describe("against the reference parser", () => {
  const blank = fc.constantFrom("", " ", "\t", "  ");
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("Host", "host", "Cookie", "Content-Length", "Transfer-Encoding", "Accept", "X-A", "Hast", "TRANSFER-ENCODING") },
    { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(..."aZ0-_.~ (:\t\xe9"), maxLength: 6 }) },
  );
  const value = fc.oneof(
    fc.constantFrom("a", "example.test:80", "", "0", "3", "12", "chunked", "gzip, chunked", "Chunked", "chunked, gzip", "x;y=\"z\"", "[::1]", "9007199254740992"),
    fc.string({ unit: fc.constantFrom(..."ab0 :/,;=\"\\[]%\t\r\n\0\x01\x7f\x80\xff"), maxLength: 12 }),
  );
  const line = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(name, blank, value, blank).map(([n, before, v, after]) => `${n}:${before}${v}${after}`) },
    { weight: 1, arbitrary: fc.constantFrom("", "x", " folded", "a: b\n\nHost: c", "Host: a") },
  );
  const target = fc.oneof(
    fc.constantFrom("/", "/a?b", "*", "http://a/b", "http://a:8", "a.b:443", "health", "/#", "/\x01", "/\xff"),
    fc.string({ unit: fc.constantFrom(..."/:aZ09[].@%?#*+-\x01\x7f\xff"), minLength: 1, maxLength: 10 }),
  );
  const request = fc
    .tuple(
      fc.constantFrom("", "", "\r\n", "\r\n\r\n"),
      fc.constantFrom("GET", "POST", "CONNECT", "A-_", "get", ""),
      target,
      fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/1.", "http/1.1"),
      fc.array(line, { maxLength: 6 }),
      fc.constantFrom("\r\n", "\r\n", "\r\n", "\n"),
    )
    .map(([before, method, t, version, lines, end]) => `${before}${method} ${t} ${version}\r\n${lines.map((text) => text + end).join("")}\r\n`);
  const mutated = fc.tuple(request, fc.nat(), fc.constantFrom("", "\r", "\n", "\0", " ", "\t", ":", "x", "\x80", "\r\n"), fc.nat(2)).map(([text, at, insert, removed]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + insert + text.slice(place + removed);
  });

  function compare(stream: string): void {
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

  test("generated heads", () => {
    fc.assert(fc.property(request, compare), { seed: 1, numRuns: 20_000 });
  });

  test("mutated heads", () => {
    fc.assert(fc.property(mutated, compare), { seed: 2, numRuns: 30_000 });
  });

  test("the tables of this file", () => {
    for (const [stream] of OUTCOMES) compare(stream);
    for (const [method, t] of TARGETS) compare(`${method} ${t} HTTP/1.1\r\nHost: a\r\n\r\n`);
  });

  test("all outcomes are generated", () => {
    const seen = new Set(fc.sample(request, { seed: 1, numRuns: 20_000 }).map((stream) => {
      const answer = referenceHead(stream);
      return answer.kind === "head" ? answer.outcome : answer.kind;
    }));
    expect([...seen].sort()).toEqual(["badRequestLine", "badVersion", "malformed", "more", "routed", "unsupportedCoding"]);
  });
});
