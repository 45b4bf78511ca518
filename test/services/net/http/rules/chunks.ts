/** RFC 9112, 7: the chunked coding, its extensions and trailers, and the grammar of codings. */

import type { Rule } from "./rule.ts";
import { NEXT, chunked, post } from "./rule.ts";

const bad = (body: string): [string, string] => [`${chunked(body)}${NEXT}`, "routed badBody"];
const good = (body: string): [string, string] => [`${chunked(body)}${NEXT}`, "routed routed"];
const END = "0\r\n\r\n";

export const CHUNKS: readonly Rule[] = [
  {
    section: "9112 7",
    rule: "The case of a coding's name does not count",
    stand: "kept",
    cases: [[`${post("Transfer-Encoding: CHUNKED")}${END}${NEXT}`, "routed routed"], [`${post("Transfer-Encoding: cHuNkEd")}${END}${NEXT}`, "routed routed"]],
  },
  {
    section: "9112 7.1",
    rule: "A chunk is its size in hex digits, CRLF, its data, CRLF; a chunk of size zero is the last",
    stand: "kept",
    cases: [
      good(`3\r\nabc\r\n${END}`),
      good(`0003\r\nabc\r\n0000\r\n\r\n`),
      good(`A\r\n0123456789\r\na\r\n0123456789\r\n${END}`),
      good(`5\r\n0\r\n\r\n\r\n${END}`),
      ...["\r\n", ";a\r\n", "g\r\n", "-1\r\n", "+3\r\nabc\r\n", "0x3\r\nabc\r\n", "3h\r\nabc\r\n", " 3\r\nabc\r\n", "3 \r\nabc\r\n", "3\t\r\nabc\r\n", "3 3\r\nabc\r\n", "3.0\r\nabc\r\n", "\xb3\r\n", "3,\r\nabc\r\n", "3\0\r\nabc\r\n"].map((body) => bad(`${body}${END}`)),
      bad(`3\r\nabcd\r\n${END}`),
      bad(`3\r\nab\r\n${END}`),
      bad(`3\r\nabc${END}`),
      bad(`3\r\nabc\r${END}`),
      [chunked("3\r\nabc\r\n0\r\n"), "routed inBody"],
      [chunked("3\r\nabc\r\n"), "routed inBody"],
    ],
  },
  {
    section: "9112 7.1",
    rule: "Large sizes must not overflow or lose digits",
    stand: "kept",
    cases: [
      [chunked("1fffffffffffff\r\nabc"), "routed inBody"],
      [chunked("000000000000000000001FFFFFFFFFFFFF\r\nabc"), "routed inBody"],
      ...["20000000000000", "20000000000001", "fffffffffffffff", "10000000000000003", "100000003000000000000003", "8000000000000003", "f".repeat(300)].map((size) => bad(`${size}\r\nabc\r\n${END}`)),
    ],
  },
  {
    section: "9112 7.1",
    rule: "Parameters of the chunked coding are an error",
    stand: "kept",
    cases: ["chunked;a=b", "chunked; a=\"b\"", "chunked;q=1", "gzip, chunked;a=b"].map((value): [string, string] => [post(`Transfer-Encoding: ${value}`), "malformed"]),
  },
  {
    section: "9112 7.1.1",
    rule: "Extensions that are not known are ignored; none are known",
    stand: "kept",
    cases: [
      good(`3;a\r\nabc\r\n0;b=c\r\n\r\n`),
      good(`3;a=b;c="d;e\\"f"\r\nabc\r\n${END}`),
      good(`3 ;\ta = b\r\nabc\r\n0\t;c\r\n\r\n`),
      good(`3;\xff\r\nabc\r\n${END}`),
      good(`3;;=\r\nabc\r\n${END}`),
      bad(`3;a\nabc\r\n${END}`),
      bad(`3;a\r\r\nabc\r\n${END}`),
      bad(`3;a="\r\nb"\r\nabc\r\n${END}`),
      bad(`3;a\0\r\nabc\r\n${END}`),
      bad(`3;a\x1b\r\nabc\r\n${END}`),
      bad(`3;a\x7f\r\nabc\r\n${END}`),
    ],
  },
  {
    section: "9112 7.1.1",
    rule: "The length of all extensions of a request is limited",
    stand: "kept",
    cases: [
      good(`3;${"x".repeat(8188)}\r\nabc\r\n${END}`),
      bad(`3;${"x".repeat(8189)}\r\nabc\r\n${END}`),
      // 66,666 bytes of extensions around 11,111 bytes of data are too many, half as many are not.
      bad(`${"1;xxxxx\r\na\r\n".repeat(15_000)}${END}`),
      good(`${"1;xxxxx\r\na\r\n".repeat(5000)}${END}`),
      good(`${"6;xxxxx\r\nabcdef\r\n".repeat(15_000)}${END}`),
    ],
  },
  {
    section: "9112 7.1.2",
    rule: "A trailer section is field lines, with all that holds for these",
    stand: "kept",
    cases: [
      good("0\r\nA: b\r\n\r\n"),
      good("0\r\nA:\r\nB: \t c \t\r\n\r\n"),
      ...["A", "A b: c", "A : b", ": b", " A: b", "A: b\r\n c", "A\xe9: b", "A: \x01", "A: b\nC: d", "(: a"].map((field) => bad(`0\r\n${field}\r\n\r\n`)),
      good(`0\r\nA: ${"x".repeat(65_536 - 7)}\r\n\r\n`),
      bad(`0\r\nA: ${"x".repeat(65_537 - 7)}\r\n\r\n`),
    ],
  },
  {
    section: "9112 7.1.2",
    rule: "Trailer fields are not merged into the header section",
    stand: "kept",
    cases: [good("0\r\nHost: b\r\nHost: c\r\nContent-Length: 5\r\nContent-Length: x\r\nTransfer-Encoding: gzip\r\n\r\n")],
  },
  {
    section: "9112 7.2",
    rule: "Parameters of compression codings are an error",
    stand: "kept",
    cases: [[post("Transfer-Encoding: gzip;a=b, chunked"), "unsupportedCoding"], [post("Transfer-Encoding: gzip;a=b"), "unsupportedCoding"]],
  },
  {
    section: "9110 10.1.4",
    rule: "A transfer coding is a token, and parameters \";\" name \"=\" ( token / quoted string )",
    stand: "kept",
    cases: [
      [post("Transfer-Encoding: x ; a = b ;c=\"d, \\\"e\" , chunked"), "unsupportedCoding"],
      ...["x;", "x;a", "x;=b", "x;a=", "x;a=\"b", "x;a=\"b\\\"", "x;a=b c", "x y", "\"x\"", "x, (", "\xe9", "chunked x", "chunked\x0b", "x/y"].map((value): [string, string] => [post(`Transfer-Encoding: ${value}`), "malformed"]),
    ],
  },
];
