/** RFC 9112, 6: what says how long a body is, and what makes that doubtful. */

import type { Rule } from "./rule.ts";
import { NEXT, chunked, line, post } from "./rule.ts";

const malformed = (text: string): [string, string] => [text, "malformed"];
const unsupported = (value: string): [string, string] => [`${post(`Transfer-Encoding: ${value}`)}0\r\n\r\n${NEXT}`, "unsupportedCoding"];
const coding = (value: string): [string, string] => malformed(`${post(`Transfer-Encoding: ${value}`)}0\r\n\r\n${NEXT}`);
const length = (value: string): [string, string] => malformed(`${post(`Content-Length: ${value}`)}abc${NEXT}`);

export const FRAMING: readonly Rule[] = [
  {
    section: "9112 6",
    rule: "Content-Length or Transfer-Encoding announce a body, whatever the method",
    stand: "kept",
    cases: [
      ...["GET /", "HEAD /", "DELETE /", "TRACE /", "CONNECT a:80", "BREW /"].map((start): [string, string] => [`${start} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc${NEXT}`, "routed routed"]),
      [`GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\n\r\n${NEXT}`, "routed routed"],
      ["POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n", "routed routed"],
    ],
  },
  {
    section: "9112 6.1",
    rule: "The chunked coding is understood",
    stand: "kept",
    cases: [[`${chunked("3\r\nabc\r\n0\r\n\r\n")}${NEXT}`, "routed routed"], [chunked("3\r\nab"), "routed inBody"]],
  },
  {
    section: "9112 6.1",
    rule: "A transfer coding that is not understood is answered 501",
    stand: "kept",
    cases: ["gzip, chunked", "xchunked", "x", "chunkedx", "chunke", "identity", "gzip ,\tdeflate , chunked", "x;a=b, chunked"].map(unsupported),
  },
  {
    section: "9112 6.1",
    rule: "chunked is applied once only",
    stand: "kept",
    cases: ["chunked, chunked", "chunked,chunked", "CHUNKED, chunked", "gzip, chunked, chunked"].map(coding),
  },
  {
    section: "9112 6.1",
    rule: "Of several Transfer-Encoding lines one list is made",
    stand: "stricter",
    why: "the list would never be chunked alone; nginx and haproxy refuse it too",
    cases: [
      malformed(post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")),
      malformed(post("Transfer-Encoding: gzip", "Transfer-Encoding: chunked")),
      malformed(post("Transfer-Encoding: chunked", "Transfer-Encoding: identity")),
      malformed(post("Transfer-Encoding: chunked", "Transfer-Encoding:")),
      malformed(post("Transfer-Encoding:", "Transfer-Encoding: chunked")),
    ],
  },
  {
    section: "9112 6.1",
    rule: "Content-Length with Transfer-Encoding may be refused, and closes the connection in any case",
    stand: "stricter",
    why: "framing is in doubt: whoever overlooks one of them reads other requests",
    cases: [
      malformed(`${post("Content-Length: 6", "Transfer-Encoding: chunked")}0\r\n\r\nG${NEXT}`),
      malformed(`${post("Transfer-Encoding: chunked", "Content-Length: 4")}5c\r\nGPOST / HTTP/1.1\r\n\r\n`),
      malformed(post("Transfer-Encoding: chunked", "Content-Length: 0")),
      malformed(post("Transfer-Encoding: gzip, chunked", "Content-Length: 3")),
      malformed(post("Transfer-Encoding: identity", "Content-Length: 3")),
      malformed(post("Transfer-Encoding: x", "Content-Length: x")),
    ],
  },
  {
    section: "9112 6.1",
    rule: "Transfer-Encoding in HTTP/1.0 is faulty framing",
    stand: "kept",
    cases: [
      malformed(`POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${NEXT}`),
      malformed("POST / HTTP/1.0\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
      malformed("POST / HTTP/1.0\r\nTransfer-Encoding: identity\r\n\r\n"),
      malformed("POST / HTTP/1.0\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"),
    ],
  },
  {
    section: "9110 8.6",
    rule: "Content-Length is decimal digits; anything else is answered 400 and closes the connection",
    stand: "kept",
    cases: [
      [`${post("Content-Length: 0")}${NEXT}`, "routed routed"],
      [`${post("Content-Length: 003")}abc${NEXT}`, "routed routed"],
      ...["", "-1", "-0", "+3", "0x3", "3a", "a", "3.0", "3e0", "3 3", "3;a", "\"3\"", "3_0", "\xb3", "3\xa0", "\xd9\xa3", "infinity"].map(length),
    ],
  },
  {
    section: "9110 8.6",
    rule: "Large numerals must not overflow or lose digits",
    stand: "kept",
    cases: [
      [`${post("Content-Length: 9007199254740991")}abc`, "routed inBody"],
      [`${post(`Content-Length: ${"0".repeat(1000)}3`)}abc${NEXT}`, "routed routed"],
      ...["9007199254740992", "9007199254740993", "18446744073709551616", "18446744073709551619", "4294967299000000000000", "99999999999999999999", "9".repeat(1000)].map(length),
    ],
  },
  {
    section: "9112 6.3",
    rule: "A Content-Length that is repeated, as a list or as lines, is refused unless all values are the same, and then may be",
    stand: "stricter",
    why: "whoever takes the first of them, or all, or none, reads other requests",
    cases: [length("3, 3"), length("3,3"), length("3, 5"), length("3,"), length(",3"), length("3\r\nContent-Length: 3"), length("3\r\nContent-Length: 5"), length("x\r\nContent-Length: 3"), length("3\r\nX: y\r\ncontent-length: 3")],
  },
  {
    section: "9112 6.3",
    rule: "If chunked is there and not the last coding, the request is answered 400",
    stand: "kept",
    cases: ["chunked, gzip", "chunked, identity", "chunked,x", "gzip, chunked, x"].map(coding),
  },
  {
    section: "9112 6.3",
    rule: "If chunked is not there at all, the request is answered 400 too",
    stand: "contract",
    why: "the coding is unknown, which is UnsupportedCoding, 501, as 6.1 has it and nginx; nothing after it is read in any case",
    cases: ["gzip", "identity", "xchunked", "deflate, gzip", "trailers"].map(unsupported),
  },
  {
    section: "9112 6.3",
    rule: "A body of a stated length that does not come is incomplete",
    stand: "kept",
    cases: [[`${post("Content-Length: 3")}ab`, "routed inBody"], [post("Content-Length: 1"), "routed inBody"]],
  },
  {
    section: "9112 6.3",
    rule: "A request that announces no body has none",
    stand: "kept",
    cases: [[`${post()}${NEXT}`, "routed routed"], [`${post("Content-Type: text/plain")}abc`, "routed badRequestLine"], [`${line("PUT / HTTP/1.1")}{}`, "routed badRequestLine"]],
  },
  {
    section: "9112 6.3",
    rule: "A body without Content-Length may be answered 411",
    stand: "elsewhere",
    why: "policy",
    cases: [[chunked("0\r\n\r\n"), "routed"]],
  },
  {
    section: "9112 11.2",
    rule: "Framing that readers take differently smuggles requests: nothing is read behind a refused head",
    stand: "kept",
    cases: [
      malformed(`${post("Content-Length: 0", "Content-Length: 33")}${NEXT}`),
      malformed(`${post("Transfer-Encoding: chunked", "Transfer-encoding: x")}0\r\n\r\n${NEXT}`),
      malformed(`${post("Transfer-Encoding:\x0bchunked")}0\r\n\r\n${NEXT}`),
      malformed(`${post("Transfer-Encoding: \"chunked\"")}0\r\n\r\n${NEXT}`),
      malformed(`${post("Content-Length: 3", "X: y\rTransfer-Encoding: chunked")}0\r\n\r\n${NEXT}`),
      malformed(`${post("X: y\nTransfer-Encoding: chunked")}0\r\n\r\n${NEXT}`),
      [`${post("Transfer_Encoding: chunked", "X-Content-Length: 3")}${NEXT}`, "routed routed"],
    ],
  },
];
