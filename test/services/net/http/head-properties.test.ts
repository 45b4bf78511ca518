import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare } from "./compare.ts";
import { referenceHead } from "./reference.ts";

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

  test("generated heads", () => {
    fc.assert(fc.property(request, compare), { seed: 1, numRuns: 20_000 });
  });

  test("mutated heads", () => {
    fc.assert(fc.property(mutated, compare), { seed: 2, numRuns: 30_000 });
  });

  test("all outcomes are generated", () => {
    const seen = new Set(fc.sample(request, { seed: 1, numRuns: 20_000 }).map((stream) => {
      const answer = referenceHead(stream);
      return answer.kind === "head" ? answer.outcome : answer.kind;
    }));
    expect([...seen].sort()).toEqual(["badRequestLine", "badVersion", "malformed", "more", "routed", "unsupportedCoding"]);
  });
});
