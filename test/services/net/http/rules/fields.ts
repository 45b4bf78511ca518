/** RFC 9112, 5, and RFC 9110, 5: field lines, names, values, lists, their limits. */

import type { Rule } from "./rule.ts";
import { NEXT, bare, chunked, post } from "./rule.ts";

const malformed = (text: string): [string, string] => [text, "malformed"];
const routed = (text: string): [string, string] => [text, "routed"];
/** Control bytes but tab, LF and CR. */
const CONTROLS = [...Array.from({ length: 32 }, (_, code) => code).filter((code) => ![0x09, 0x0a, 0x0d].includes(code)), 0x7f].map((code) => String.fromCharCode(code));

export const FIELDS: readonly Rule[] = [
  {
    section: "9112 5",
    rule: "A field line is name, colon, value, with blanks around the value; the case of names does not count",
    stand: "kept",
    cases: [
      routed(bare("hOST:a")),
      routed(post("X:", "Y: ", "Z:\t", "W: \t b \t c \t")),
      [`${post("CONTENT-length:\t3\t ")}abc${NEXT}`, "routed routed"],
      [`${post("transfer-ENCODING:  chunked  ")}0\r\n\r\n${NEXT}`, "routed routed"],
      malformed(post("X")),
      malformed(post("X b")),
      malformed(post("Content-Length")),
      malformed(post("", "X: y").replace("\r\n\r\nX", "\r\n \r\nX")),
    ],
  },
  {
    section: "9112 5.1",
    rule: "White space between a name and its colon is answered 400",
    stand: "kept",
    cases: [
      malformed(post("X : y")),
      malformed(post("X\t: y")),
      malformed(bare("Host : a")),
      malformed(post("Content-Length : 3")),
      malformed(post("Transfer-Encoding : chunked")),
      malformed(post("Content-Length: 3", "Transfer-Encoding\x0b: chunked")),
    ],
  },
  {
    section: "9112 5.1",
    rule: "Blanks around a value are no part of it",
    stand: "kept",
    cases: [routed(bare("Host: \t a \t ")), [`${post("Content-Length:3\t")}abc${NEXT}`, "routed routed"], malformed(bare("Host: \x0ba")), malformed(post("Content-Length: \xa03"))],
  },
  {
    section: "9110 5.1",
    rule: "A name is a token",
    stand: "kept",
    cases: [
      routed(post("!#$%&'*+-.^_`|~09azAZ: y")),
      ...["", " ", "X Y", "X(", "X)", "X,", "X/", "X;", "X<", "X=", "X>", "X?", "X@", "X[", "X\\", "X]", "X{", "X}", "\"X\"", "X\x80", "\xe9", "X\0", "X\x7f"].map((name) => malformed(post(`${name}: y`))),
    ],
  },
  {
    section: "9112 5.2",
    rule: "obs-fold is refused, or replaced by SP",
    stand: "kept",
    cases: [
      malformed(post("X: y", " z")),
      malformed(post("X: y", "\tz")),
      malformed(post("X: y ", " ")),
      malformed(post("X:", " y")),
      malformed(bare("Host:", " a")),
      malformed(bare("Host: a", " b")),
      malformed(post("Content-Length: 3", " 4")),
      malformed(post("Transfer-Encoding:", " chunked")),
      malformed(post("X: y", " Transfer-Encoding: chunked")),
      [chunked("0\r\nA: b\r\n c\r\n\r\n"), "routed badBody"],
    ],
  },
  {
    section: "9110 5.3",
    rule: "Lines of one name keep their order; whoever may not repeat is refused where that matters",
    stand: "kept",
    cases: [routed(post("Cookie: a=b", "Cookie: c=d", "X: 1", "X: 2")), malformed(post("Host: b")), malformed(post("Content-Length: 1", "Content-Length: 1"))],
  },
  {
    section: "9110 5.4",
    rule: "Fields that are larger than one wishes are answered by a status of 4xx",
    stand: "kept",
    cases: [
      routed(post(...Array<string>(511).fill("X: y"))),
      [post(...Array<string>(512).fill("X: y")), "headTooLarge"],
      routed(post(`X: ${"y".repeat(65_536 - 33)}`)),
      [post(`X: ${"y".repeat(65_536 - 32)}`), "headTooLarge"],
      [post(`${"x".repeat(65_600)}: y`), "headTooLarge"],
    ],
  },
  {
    section: "9110 5.5",
    rule: "CR, LF and NUL in a value are refused, or replaced by SP",
    stand: "kept",
    cases: [malformed(post("X: a\0b")), malformed(post("X: \0")), malformed(post("X: a\0")), malformed(post("X: a\rb")), malformed(post("X: a\nb")), malformed(bare("Host: a\0")), [chunked("0\r\nA: b\0\r\n\r\n"), "routed badBody"]],
  },
  {
    section: "9110 5.5",
    rule: "Other control bytes in a value are invalid, and may be kept in a safe context",
    stand: "stricter",
    why: "net knows of no such context",
    cases: [...CONTROLS.map((control) => malformed(post(`X: a${control}b`))), routed(post("X: a\tb"))],
  },
  {
    section: "9110 5.5",
    rule: "Bytes of 0x80 and more in a value are data",
    stand: "kept",
    cases: [routed(post("X: \x80\xa0\xff")), routed(post("Cookie: \xff=\xfe"))],
  },
  {
    section: "9110 5.6.1.2",
    rule: "Empty elements of a list are ignored, as long as they are few",
    stand: "stricter",
    why: "in Transfer-Encoding, the one list that net reads, they serve to hide; nginx refuses them too",
    cases: [",chunked", "chunked,", "chunked, ,", ",", "", "gzip,,chunked"].map((value) => malformed(post(`Transfer-Encoding: ${value}`))),
  },
];
