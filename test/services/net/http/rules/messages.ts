/** RFC 9112, 2 and 3 up to the method: messages, versions, request lines. */

import type { Rule } from "./rule.ts";
import { NEXT, chunked, line, post } from "./rule.ts";

export const MESSAGES: readonly Rule[] = [
  {
    section: "9112 2.1",
    rule: "A message is a start line, field lines and an empty line, each ending in CRLF, and perhaps a body",
    stand: "kept",
    cases: [
      ["GET / HTTP/1.0\r\n\r\n", "routed"],
      [NEXT, "routed"],
      [NEXT + NEXT + NEXT, "routed routed routed"],
      [`${post("Content-Length: 3")}abc${NEXT}`, "routed routed"],
      ["GET / HTTP/1.1\r\nHost: a\r\n", "more"],
      ["", ""],
    ],
  },
  {
    section: "9112 2.2",
    rule: "A message is octets; LF, CR and NUL inside a multi-byte character, however encoded, are none",
    stand: "kept",
    cases: [
      [post("X: \xc0\x8ab\xe2\x80\xa8\xc4\x8a"), "routed"],
      [line("GET /\xe5\x98\x8a\xe5\x98\x8dX HTTP/1.1"), "routed"],
      [post("X: \xe5\x98\n"), "malformed"],
      [post("X: \xc4\x8d\r"), "malformed"],
    ],
  },
  {
    section: "9112 2.2",
    rule: "A single LF may be taken as the end of a line, and a CR before it ignored",
    stand: "stricter",
    why: "what one reader takes for two lines another takes for one; the contract's lines end in CRLF",
    cases: [
      ["GET / HTTP/1.1\nHost: a\n\n", "badRequestLine"],
      ["GET / HTTP/1.1\nHost: a\r\n\r\n", "badRequestLine"],
      ["GET / HTTP/1.1\r\nHost: a\n\n", "more"],
      ["GET / HTTP/1.1\r\nHost: a\r\n\n", "more"],
      ["GET / HTTP/1.1\r\nHost: a\n\r\n", "more"],
      [`GET / HTTP/1.1\r\nHost: a\n\n${NEXT}`, "malformed"],
      [`GET / HTTP/1.1\r\nHost: a\r\n\n${NEXT}`, "malformed"],
      [post("X: b\nY: c"), "malformed"],
      [chunked("3\nabc\r\n0\r\n\r\n"), "routed badBody"],
      [chunked("3\r\nabc\n0\r\n\r\n"), "routed badBody"],
      [chunked("3\r\nabc\r\n0\n\r\n"), "routed badBody"],
      [chunked("3\r\nabc\r\n0\r\n\n"), "routed badBody"],
    ],
  },
  {
    section: "9112 2.2",
    rule: "A bare CR makes its element invalid",
    stand: "kept",
    cases: [
      [post("X: b\rc"), "malformed"],
      [post("X: b\r"), "malformed"],
      [post("X\r: b"), "malformed"],
      [post("\rX: b"), "malformed"],
      [post("X:\rb"), "malformed"],
      [line("GET /\r HTTP/1.1"), "badRequestLine"],
      [line("GET\r/ HTTP/1.1"), "badRequestLine"],
      [line("GET / HTTP/1.1\r"), "badRequestLine"],
      [`\r${NEXT}`, "badRequestLine"],
      [chunked("3;a\rb\r\nabc\r\n0\r\n\r\n"), "routed badBody"],
      [chunked("0\r\nA: b\rc\r\n\r\n"), "routed badBody"],
      [`${post("Content-Length: 3")}\r\n\r${NEXT}`, "routed routed"],
      [`${chunked("3\r\n\r\r\r\r\n0\r\n\r\n")}${NEXT}`, "routed routed"],
    ],
  },
  {
    section: "9112 2.2",
    rule: "At least one empty line in front of a request line is ignored",
    stand: "kept",
    cases: [
      [`\r\n${NEXT}`, "routed"],
      [`${NEXT}\r\n${NEXT}`, "routed routed"],
      [`${post("Content-Length: 3")}abc\r\n${NEXT}`, "routed routed"],
      [`${chunked("0\r\n\r\n")}\r\n${NEXT}`, "routed routed"],
      [`\r\n\r\n${NEXT}`, "badRequestLine"],
      [`\n${NEXT}`, "badRequestLine"],
    ],
  },
  {
    section: "9112 2.2",
    rule: "White space between the start line and the first field line is refused, or its lines are consumed",
    stand: "kept",
    cases: [
      ["GET / HTTP/1.1\r\n Host: a\r\n\r\n", "malformed"],
      ["GET / HTTP/1.1\r\n\tX: b\r\nHost: a\r\n\r\n", "malformed"],
      ["GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", "malformed"],
      ["GET / HTTP/1.1\r\n \r\n\r\n", "malformed"],
    ],
  },
  {
    section: "9112 2.2",
    rule: "What is no HTTP message is answered 400, and the connection closed",
    stand: "kept",
    cases: [
      ["\x16\x03\x01\x02\x00\x01", "badRequestLine"],
      ["SSH-2.0-OpenSSH_9.6\r\n", "badRequestLine"],
      ["HTTP/1.1 200 OK\r\n\r\n", "badRequestLine"],
      [`${NEXT}garbage\r\n${NEXT}`, "routed badRequestLine"],
      [`${NEXT}\0`, "routed badRequestLine"],
      [`\xef\xbb\xbf${NEXT}`, "badRequestLine"],
    ],
  },
  {
    section: "9112 2.3",
    rule: "HTTP-version is \"HTTP/\" DIGIT \".\" DIGIT, in this case of letters",
    stand: "kept",
    cases: [
      ...["http/1.1", "Http/1.1", "HTTP/11", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/1.10", "HTTP/01.1", "HTTP/1.01", "HTTP/1,1", "HTTP /1.1", "HTTP/ 1.1", "HTTP/1.1x", "HTTP/+1.1", "HTTPS/1.1", "RTSP/1.0"].map(
        (version): [string, string] => [line(`GET / ${version}`), "badRequestLine"],
      ),
      [line("GET /"), "badRequestLine"],
    ],
  },
  {
    section: "9112 2.3",
    rule: "An intermediary sends its own version on",
    stand: "elsewhere",
    why: "what is sent on is a copy of the client's bytes",
    cases: [["GET / HTTP/1.0\r\nHost: a\r\n\r\n", "routed"]],
  },
  {
    section: "9110 2.5",
    rule: "A higher minor version of a known major one is processed as the highest known",
    stand: "contract",
    why: "only HTTP/1.0 and HTTP/1.1 are served; another version is answered 505",
    cases: [[line("GET / HTTP/1.2"), "badVersion"], [line("GET / HTTP/1.9"), "badVersion"]],
  },
  {
    section: "9110 15.6.6",
    rule: "A major version that is not served is answered 505",
    stand: "kept",
    cases: [
      ...["0.9", "0.0", "2.0", "3.0", "9.9"].map((version): [string, string] => [line(`GET / HTTP/${version}`), "badVersion"]),
      ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "badVersion"],
    ],
  },
  {
    section: "9112 3",
    rule: "Parts of a request line are parted by one SP; any white space may be taken for it",
    stand: "stricter",
    why: "readers differ on it, which is what smuggling lives on (11.2)",
    cases: [
      ...["GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", " GET / HTTP/1.1", "\tGET / HTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1.1\t", "GET\x0b/ HTTP/1.1", "GET / \x0cHTTP/1.1", "GET/ HTTP/1.1"].map(
        (text): [string, string] => [line(text), "badRequestLine"],
      ),
    ],
  },
  {
    section: "9112 3",
    rule: "A method that is longer than any known is answered 501",
    stand: "elsewhere",
    why: "which methods there are is policy",
    cases: [[line(`${"M".repeat(4000)} / HTTP/1.1`), "routed"]],
  },
  {
    section: "9112 3",
    rule: "A target that is longer than one wishes to parse is answered 414",
    stand: "kept",
    cases: [
      [line(`GET /${"t".repeat(8191)} HTTP/1.1`), "routed"],
      [line(`GET /${"t".repeat(8192)} HTTP/1.1`), "uriTooLong"],
      [`${line(`GET /${"t".repeat(8192)} HTTP/1.1`)}${NEXT}`, "uriTooLong"],
    ],
  },
  {
    section: "9112 3",
    rule: "Request lines of at least 8,000 octets are supported",
    stand: "kept",
    cases: [[line(`GET /${"t".repeat(8000 - 14)} HTTP/1.1`), "routed"]],
  },
  {
    section: "9112 3.1",
    rule: "A method is a token, and its case counts",
    stand: "contract",
    why: "METHOD is of A-Z, \"-\" and \"_\"",
    cases: [
      ...["get", "Get", "G3T", "G!T", "G.T", "~"].map((method): [string, string] => [line(`${method} / HTTP/1.1`), "badRequestLine"]),
      ...["G@T", "G(T", "G:T", "\xc7ET", "G\0T", ""].map((method): [string, string] => [line(`${method} / HTTP/1.1`), "badRequestLine"]),
      ...["M-SEARCH", "A_B", "-", "_", "X"].map((method): [string, string] => [line(`${method} / HTTP/1.1`), "routed"]),
    ],
  },
  {
    section: "9110 9.1",
    rule: "A method that is not known is answered 501, one that is not allowed 405",
    stand: "elsewhere",
    why: "methods are policy: routed as sent",
    cases: [[line("BREW / HTTP/1.1"), "routed"], [line("TRACE / HTTP/1.1"), "routed"], [line("OPTIONS / HTTP/1.1"), "routed"]],
  },
];
