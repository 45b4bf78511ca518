import { describe, expect, test } from "vitest";
import { HeadPhase, HeadScan, ScanResult, beginsWithRequestLine, clearHeadScan, scanHead } from "../../../../services/net/http/head-scan.ts";
import { POISONS, STREAM_AT, freshScan, place, readData, resultNames, scan, scanWhole, source, state } from "./harness.ts";

const HEAD_MAX = 65536;

/** Stream, answer (bytes of the head, or why there is none), where the rule stands. */
const CASES: readonly (readonly [string, number | string, string])[] = [
  ["", "more", "nothing yet"],
  ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, "RFC 9112, 2.1"],
  ["GET / HTTP/1.0\r\n\r\n", 18, "no header lines"],
  ["GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 18, "the first of two"],
  ["\r\nGET / HTTP/1.1\r\n\r\n", 18, "one empty line is skipped (RFC 9112, 2.2; contract)"],
  ["\r\n\r\nGET / HTTP/1.1\r\n\r\n", "badRequestLine", "a single one (contract)"],
  ["\r\n\r", "badRequestLine", "a second one, at its first byte"],
  ["\nGET / HTTP/1.1\r\n\r\n", "badRequestLine", "a bare LF is no empty line"],
  ["\rGET / HTTP/1.1\r\n\r\n", "badRequestLine", "nor is a bare CR"],
  ["\r\n / HTTP/1.1\r\n\r\n", "badRequestLine", "no method behind an empty line"],
  ["\r\nxGET / HTTP/1.1\r\n\r\n", "badRequestLine", "the line begins with its first byte"],
  ["\r", "more", "may become an empty line"],
  ["\r\n", "more", "an empty line alone"],
  ["GET / HTTP/1.1\n\n", "badRequestLine", "the request line ends in CRLF (contract)"],
  ["GET / HTTP/1.1\n", "badRequestLine", "at the bare LF"],
  ["GET / HTTP/1.1\r\r\n\r\n", "badRequestLine", "CR CR"],
  ["GET / HTTP/1.1 \r\n\r\n", "badRequestLine", "blank behind the version"],
  ["GET  / HTTP/1.1\r\n\r\n", "badRequestLine", "single spaces (RFC 9112, 3)"],
  ["GET /  HTTP/1.1\r\n\r\n", "badRequestLine", "single spaces"],
  ["GET\t/\tHTTP/1.1\r\n\r\n", "badRequestLine", "tabs"],
  [" GET / HTTP/1.1\r\n\r\n", "badRequestLine", "leading blank"],
  ["GET /a b HTTP/1.1\r\n\r\n", "badRequestLine", "blank in the target"],
  ["GET /\r\n\r\n", "badRequestLine", "HTTP/0.9"],
  ["GET \r\n", "badRequestLine", "no target"],
  ["GET\r\n", "badRequestLine", "no target"],
  [" / HTTP/1.1\r\n", "badRequestLine", "no method"],
  ["get / HTTP/1.1\r\n\r\n", "badRequestLine", "METHOD of A-Z, '-', '_' (contract)"],
  ["G@T / HTTP/1.1\r\n\r\n", "badRequestLine", "METHOD"],
  ["G3T / HTTP/1.1\r\n\r\n", "badRequestLine", "METHOD"],
  ["M-SEARCH * HTTP/1.1\r\n\r\n", 23, "METHOD"],
  ["A_B / HTTP/1.1\r\n\r\n", 18, "METHOD"],
  ["_ / HTTP/1.1\r\n\r\n", 16, "METHOD"],
  ["\x16\x03\x01\x02\x00\x01", "badRequestLine", "TLS"],
  ["GET / http/1.1\r\n\r\n", "badRequestLine", "HTTP-name is case-sensitive (RFC 9112, 2.3)"],
  ["GET / HTTP/1.1x\r\n\r\n", "badRequestLine", "version"],
  ["GET / HTTP/11\r\n\r\n", "badRequestLine", "version"],
  ["GET / HTTP/1.10\r\n\r\n", "badRequestLine", "DIGIT \".\" DIGIT"],
  ["GET / HTTP/10.0\r\n\r\n", "badRequestLine", "DIGIT \".\" DIGIT"],
  ["GET / HTTP/1,1\r\n\r\n", "badRequestLine", "version"],
  ["GET / HTTP/a.1\r\n\r\n", "badRequestLine", "version"],
  ["GET / HTHTTP/1.1\r\n\r\n", "badRequestLine", "version, also where a piece begins with one"],
  ["GET / HTTX/1.1\r\n\r\n", "badRequestLine", "version"],
  ["GET / HTTP/1.2\r\n", "badVersion", "505 for another HTTP version (contract)"],
  ["GET / HTTP/2.0\r\n", "badVersion", "505"],
  ["GET / HTTP/0.9\r\n", "badVersion", "505"],
  ["GET / HTTP/9.9\r\n", "badVersion", "505"],
  ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "badVersion", "the preface of HTTP/2"],
  ["GET / HTTP/2.0\r", "more", "until its CRLF is there"],
  ["GET /\x01\x7f\xff HTTP/1.1\r\n\r\n", 21, "control bytes wait for the blank line (contract)"],
  ["GET /\x00 HTTP/1.1\r\n\r\n", 19, "control bytes"],
  ["GET /\r HTTP/1.1\r\n\r\n", "badRequestLine", "CR in the target"],
  ["GET /\n HTTP/1.1\r\n\r\n", "badRequestLine", "LF in the target"],
  ["GET / HTTP/1.1\r\nA: b\n\n", "more", "LF LF ends no head"],
  ["GET / HTTP/1.1\r\nA: b\r\n\n", "more", "CRLF LF ends no head"],
  ["GET / HTTP/1.1\r\nA: b\n\r\n", "more", "LF CRLF ends no head"],
  ["GET / HTTP/1.1\r\n\n\r\n\r\n", 21, "CRLF CRLF ends it"],
  ["GET / HTTP/1.1\r\nA: b\n\nGET / HTTP/1.1\r\nC: d\r\n\r\n", 46, "what LF LF would part stays one head"],
  ["GET / HTTP/1.1\r\nA: b\r\r\n\r\n", 25, "CR CR LF CR LF"],
];

describe("what a head is", () => {
  test.each(CASES)("%j: %s (%s)", (stream, expected) => {
    expect(scanWhole(stream)).toBe(expected);
  });

  test("lines are counted without request line and blank line", () => {
    scanWhole("GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n");
    expect(HeadScan.lines.get(state, scan)).toBe(2);
    scanWhole("GET / HTTP/1.1\r\n\r\n");
    expect(HeadScan.lines.get(state, scan)).toBe(0);
    scanWhole("GET / HTTP/1.1\r\nA: b\r\nC: d\r\nE");
    expect(HeadScan.lines.get(state, scan)).toBe(2);
  });

  test.each([
    ["\r\nGET / HTTP/1.1\r\n\r\n", 2],
    ["GET / HTTP/1.1\r\n\r\n", 0],
  ])("skippedBytes of %j is %i", (stream, skipped) => {
    scanWhole(stream);
    expect(HeadScan.skippedBytes.get(state, scan)).toBe(skipped);
  });
});

/** Scans the stream as it would come in pieces that end at these places; each byte is scanned once, and only within bounds. */
function scanPieces(stream: string, ends: readonly number[], poison: number = POISONS[0]): number | string {
  freshScan();
  let result: number = ScanResult.more;
  for (const end of ends) {
    place(stream, end, poison);
    result = scanHead(source, STREAM_AT, end, state, scan);
    if (result !== ScanResult.more) break;
    expect(HeadScan.scannedBytes.get(state, scan)).toBe(end);
  }
  return result > 0 ? result : resultNames[result]!;
}

describe("a head cut anywhere gives the same answer", () => {
  const heads = [
    ...CASES.map(([stream]) => stream),
    ...readData<{ stream: string }[]>("malformed.json.gz").map((entry) => Buffer.from(entry.stream, "hex").toString("latin1")),
    ...readData<{ capture: string; stream: string }[]>("streams.json.gz")
      .filter((entry) => entry.capture.startsWith("01"))
      .map((entry) => Buffer.from(entry.stream, "base64").toString("latin1")),
  ].map((stream) => stream.slice(0, 1200));

  test.each(heads.filter((stream) => stream !== ""))("%j in two pieces", (stream) => {
    const whole = scanWhole(stream);
    const lines = HeadScan.lines.get(state, scan);
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(scanPieces(stream, [cut, stream.length], POISONS[cut % POISONS.length]), `cut at ${cut}`).toBe(whole);
      expect(HeadScan.lines.get(state, scan)).toBe(lines);
    }
  });

  test.each(heads.filter((stream) => stream !== ""))("%j byte by byte", (stream) => {
    for (const poison of POISONS) expect(scanPieces(stream, Array.from(stream, (_, i) => i + 1), poison)).toBe(scanWhole(stream));
  });
});

describe("a head's size", () => {
  const line = "GET / HTTP/1.1\r\n";

  /** A head of so many bytes in all, blank line included. */
  function headOf(bytes: number): string {
    return `${line}A: ${"x".repeat(bytes - line.length - 7)}\r\n\r\n`;
  }

  test.each([
    [headOf(65_535), 65_535],
    [headOf(65_536), 65_536],
    [headOf(65_537), "headTooLarge"],
    [`\r\n${headOf(65_536)}`, 65_536],
    [`\r\n${headOf(65_537)}`, "headTooLarge"],
    [headOf(70_000 - 100).slice(0, 65_535), "more"],
    [headOf(70_000 - 100).slice(0, 65_536), "headTooLarge"],
    [`\r\n${headOf(70_000 - 100).slice(0, 65_535)}`, "more"],
    [`\r\n${headOf(70_000 - 100).slice(0, 65_536)}`, "headTooLarge"],
  ])("case %#", (stream, expected) => {
    expect(scanWhole(stream)).toBe(expected);
    expect(scanPieces(stream, [...Array.from({ length: 9 }, (_, i) => HEAD_MAX - 6 + i).filter((end) => end < stream.length), stream.length])).toBe(expected);
  });

  /** A request line of so many bytes, CRLF included. */
  function lineOf(bytes: number): string {
    return `GET /${"x".repeat(bytes - 16)} HTTP/1.1\r\n`;
  }

  test.each([
    ["complete in the last byte, no blank line", lineOf(65_536), "headTooLarge"],
    ["the same behind an empty line", `\r\n${lineOf(65_536)}`, "headTooLarge"],
    ["one byte from complete behind an empty line", `\r\n${lineOf(65_537)}`, "badRequestLine"],
    ["one byte from complete", lineOf(65_537), "badRequestLine"],
    ["one byte from complete, and no more came", lineOf(65_537).slice(0, 65_535), "more"],
    ["a method without end", "A".repeat(65_536), "badRequestLine"],
    ["a method that may end yet", "A".repeat(65_535), "more"],
    ["complete with its blank line", `${lineOf(65_534)}\r\n`, 65_536],
    ["another version, complete in the last byte", lineOf(65_536).replace("1.1", "2.1"), "badVersion"],
  ])("a request line %s", (_, stream, expected) => {
    expect(scanWhole(stream)).toBe(expected);
  });
});

test("a cleared scan has seen nothing", () => {
  state.fill(scan, HeadScan.size, 0x55);
  clearHeadScan(state, scan);
  expect(HeadScan.view(state, scan)).toMatchObject({ scannedBytes: 0, skippedBytes: 0, lines: 0, phase: HeadPhase.start, versionBytes: 0 });
});

describe("a flow seen from its middle", () => {
  test.each([
    ["GET / HTTP/1.1\r\n", true],
    ["GET / HTTP/1.1\r\nHost: a", true],
    ["GET / HTTP/1.1\r", false],
    ["\r\nGET / HTTP/1.1\r\n", false],
    ["GET / HTTP/1.2\r\n", false],
    ["hello\r\n", false],
    ["", false],
  ])("%j begins with a request line: %s", (stream, expected) => {
    place(stream);
    state.fill(scan, HeadScan.size, 0x55);
    expect(beginsWithRequestLine(source, STREAM_AT, stream.length, state, scan)).toBe(expected);
    if (expected) expect(HeadScan.phase.get(state, scan)).toBe(HeadPhase.fields);
  });
});
