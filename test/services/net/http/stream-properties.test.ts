/** Whole streams, made at random and broken at random, that come in pieces: read as the reference reads them in one. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareStream } from "./compare.ts";
import { POISONS, readData } from "./harness.ts";
import { readPieces } from "./pieces.ts";
import { referenceChunks, referenceStream } from "./reference-stream.ts";

const chunk = fc
  .tuple(fc.string({ unit: fc.constantFrom(..."ab\r\n0; G"), minLength: 1, maxLength: 30 }), fc.constantFrom("", "", "", ";x", " ;y=\"z\"", "\t; a = b", ";", "; \xff"), fc.constantFrom("", "", "0", "00"))
  .map(([data, extension, zeros]) => `${zeros}${data.length.toString(16)}${extension}\r\n${data}\r\n`);
const trailer = fc.constantFrom("", "", "A: b\r\n", "A:\r\nHost: c\r\n", "Content-Length: 9\r\n");
const chunks = fc.tuple(fc.array(chunk, { maxLength: 4 }), fc.constantFrom("0", "000", "0;q"), trailer).map(([parts, last, fields]) => `${parts.join("")}${last}\r\n${fields}\r\n`);
const fields = fc.array(fc.constantFrom("Accept: */*", "Cookie: a=b", "X:", "X: \t y \t", "Connection: close", "Expect: 100-continue", "X: \x80"), { maxLength: 3 }).map((lines) => lines.map((line) => `${line}\r\n`).join(""));
const start = fc.constantFrom("GET / HTTP/1.1", "POST /a?b HTTP/1.1", "HEAD http://a/ HTTP/1.1", "CONNECT a:1 HTTP/1.1", "PUT /\x80 HTTP/1.0");
const noBody = fc.tuple(start, fields).map(([line, more]) => `${line}\r\nHost: a\r\n${more}\r\n`);
const withLength = fc.tuple(start, fields, fc.string({ unit: fc.constantFrom(..."GET / H:\r\n"), maxLength: 40 })).map(([line, more, body]) => `${line}\r\nHost: a\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`);
const withChunks = fc.tuple(start, fields, chunks).map(([line, more, body]) => `${line.replace("1.0", "1.1")}\r\n${more}Transfer-Encoding: chunked\r\nhost: a\r\n\r\n${body}`);
const request = fc.tuple(fc.constantFrom("", "", "", "\r\n"), fc.oneof(noBody, withLength, withChunks)).map(([before, text]) => before + text);
const stream = fc.array(request, { minLength: 1, maxLength: 5 }).map((requests) => requests.join(""));

const INSERTS = ["", "\r", "\n", "\r\n", "\0", " ", "\t", ":", ";", ",", "0", "f", "x", "\x7f", "\xff", "Host: b\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "\r\n\r\n"];
const edit = fc.tuple(fc.nat(), fc.constantFrom(...INSERTS), fc.nat(2));
const broken = fc.tuple(stream, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([text, edits]) =>
  edits.reduce((sofar, [at, insert, removed]) => {
    const place = at % (sofar.length + 1);
    return sofar.slice(0, place) + insert + sofar.slice(place + removed);
  }, text),
);
const cuts = fc.array(fc.nat(), { maxLength: 12 });

function readAnyhow(text: string, places: readonly number[]): void {
  const ends = [...places.map((place) => place % (text.length + 1)), text.length].sort((a, b) => a - b);
  compareStream(text, readPieces(text, ends, POISONS[places.length % POISONS.length]));
}

describe("against the reference, in pieces", () => {
  test("sound streams", () => {
    fc.assert(
      fc.property(stream, cuts, (text, places) => {
        expect(referenceStream(text).end).toBe("whole");
        readAnyhow(text, places);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test("broken streams", () => {
    fc.assert(fc.property(broken, cuts, readAnyhow), { seed: 2, numRuns: 10_000 });
  });

  test("streams that end anywhere", () => {
    fc.assert(fc.property(stream, fc.nat(), cuts, (text, end, places) => readAnyhow(text.slice(0, end % (text.length + 1)), places)), { seed: 3, numRuns: 3000 });
  });

  test("all ends are met", () => {
    const ends = new Set(fc.sample(broken, { seed: 2, numRuns: 5000 }).map((text) => referenceStream(text).end));
    expect([...ends].sort()).toEqual(["badBody", "badRequestLine", "badVersion", "inBody", "malformed", "more", "unsupportedCoding", "whole"]);
  });

  test("what real clients sent, hostile ones too", () => {
    const texts = [
      ...readData<{ stream: string }[]>("streams.json.gz").map((entry) => Buffer.from(entry.stream, "base64").toString("latin1")),
      ...readData<{ stream: string }[]>("malformed.json.gz").map((entry) => Buffer.from(entry.stream, "hex").toString("latin1")),
    ];
    for (const text of texts) readAnyhow(text, [1, 17, 40, 100, 1000, 5000]);
    expect(texts.length).toBeGreaterThan(100);
  });
});

test.each([
  ["0\r\n\r\n", 5],
  ["3\r\nabc\r\n0\r\n\r\nGET", 13],
  ["3;x=\"y\"\r\nabc\r\n0\r\nA: b\r\n\r\n", 25],
  ["", "inBody"],
  ["3\r\nab", "inBody"],
  ["3\r\nabc\r", "inBody"],
  ["0\r\nA", "inBody"],
  ["3 \r", "badBody"],
  ["3\r\nabcd", "badBody"],
  ["20000000000000", "badBody"],
  ["1fffffffffffff", "inBody"],
  ["0\r\nA b", "badBody"],
] as const)("the reference's own reading of the body %j: %s", (text, expected) => {
  expect(referenceChunks(text)).toBe(expected);
});
