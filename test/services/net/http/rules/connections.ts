/** RFC 9112, 8 and 9, and what of RFC 9110 has to do with a connection's further use. */

import type { Rule } from "./rule.ts";
import { NEXT, chunked, line, post } from "./rule.ts";

export const CONNECTIONS: readonly Rule[] = [
  {
    section: "9112 8",
    rule: "An incomplete request may be answered before the connection is closed",
    stand: "contract",
    why: "a head that is cut off is counted as unfinished, and is no request; the decision on a body that is cut off stands",
    cases: [["GET / HTTP/1.1\r\nHost: a", "more"], [`${NEXT}GET`, "routed more"], [chunked("3\r\na"), "routed inBody"]],
  },
  {
    section: "9112 9.3",
    rule: "Connections of HTTP/1.1 persist",
    stand: "kept",
    cases: [[NEXT.repeat(20), Array<string>(20).fill("routed").join(" ")], [`${post("Connection: keep-alive")}${NEXT}`, "routed routed"]],
  },
  {
    section: "9112 9.3",
    rule: "A proxy does not keep a connection of HTTP/1.0",
    stand: "contract",
    why: "a request exists whenever a head is complete; net closes nothing in the client's face, the server that is behind it does",
    cases: [["GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n", "routed routed"]],
  },
  {
    section: "9112 9.3",
    rule: "A body is read to its end before the next request",
    stand: "kept",
    cases: [[`${post(`Content-Length: ${NEXT.length}`)}${NEXT}${NEXT}`, "routed routed"], [`${chunked(`${NEXT.length.toString(16)}\r\n${NEXT}\r\n0\r\n\r\n`)}${NEXT}`, "routed routed"]],
  },
  {
    section: "9112 9.3.2",
    rule: "Requests may come before earlier ones are answered",
    stand: "kept",
    cases: [[`${post("Content-Length: 1")}a${chunked("0\r\n\r\n")}${NEXT}`, "routed routed routed"]],
  },
  {
    section: "9112 9.6",
    rule: "No request is processed behind one with the connection option close",
    stand: "contract",
    why: "as for HTTP/1.0",
    cases: [[`${post("Connection: close")}${NEXT}`, "routed routed"]],
  },
  {
    section: "9110 7.6.1",
    rule: "An intermediary takes out the fields that Connection names",
    stand: "elsewhere",
    why: "what is sent on is a copy of the client's bytes; framing goes by the lines, whatever Connection says of them",
    cases: [[`${post("Connection: Content-Length, Host", "Content-Length: 3")}abc${NEXT}`, "routed routed"]],
  },
  {
    section: "9110 7.8",
    rule: "Behind an upgrade that the server took, another protocol is spoken",
    stand: "elsewhere",
    why: "the answer is not seen: bytes that are no request line end the flow",
    cases: [[`${post("Upgrade: websocket", "Connection: Upgrade")}\x81\x05hello`, "routed badRequestLine"], [`${post("Upgrade: h2c", "Connection: Upgrade")}${NEXT}`, "routed routed"]],
  },
  {
    section: "9110 9.3.6",
    rule: "Behind a CONNECT that was granted, the connection is a tunnel",
    stand: "elsewhere",
    why: "as above",
    cases: [[`${line("CONNECT a:443 HTTP/1.1")}\x16\x03\x01`, "routed badRequestLine"]],
  },
  {
    section: "9110 10.1.1",
    rule: "Expect: 100-continue asks for an answer before the body",
    stand: "elsewhere",
    why: "net answers nothing; the body follows or does not",
    cases: [[`${post("Expect: 100-continue", "Content-Length: 3")}abc${NEXT}`, "routed routed"], [post("Expect: 100-continue", "Content-Length: 3"), "routed inBody"]],
  },
];
