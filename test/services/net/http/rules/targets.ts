/** RFC 9112, 3.2 and 3.3, with the sections of RFC 9110 that go with them: Host and the four forms of a target. */

import type { Rule } from "./rule.ts";
import { NEXT, bare, host, line } from "./rule.ts";

const malformed = (text: string): [string, string] => [text, "malformed"];
const routed = (text: string): [string, string] => [text, "routed"];

export const TARGETS: readonly Rule[] = [
  {
    section: "9112 3.2",
    rule: "No white space in a target: an invalid request line is answered 400 and not mended",
    stand: "kept",
    cases: [
      ...["/a b", "/ ", " /", "/a\nb", "/a\rb"].map((target): [string, string] => [line(`GET ${target} HTTP/1.1`), "badRequestLine"]),
      ...["/a\tb", "/\0", "/\x0b", "/\x1f", "/\x7f", "\x01", "http://a/\x01", "*\x01"].map((target) => malformed(line(`GET ${target} HTTP/1.1`))),
      ["GET /\x01 HTTP/1.1\r\nHost: a\r\n", "more"],
    ],
  },
  {
    section: "9112 3.2",
    rule: "A request of HTTP/1.1 without Host is answered 400",
    stand: "kept",
    cases: [
      malformed(bare()),
      malformed(bare("X: Host: a")),
      malformed(bare("Hosts: a")),
      malformed("GET http://a/ HTTP/1.1\r\n\r\n"),
      malformed("CONNECT a:80 HTTP/1.1\r\n\r\n"),
      routed("GET / HTTP/1.0\r\n\r\n"),
      malformed(`${bare()}${NEXT}`),
    ],
  },
  {
    section: "9112 3.2",
    rule: "Any request with more than one Host line is answered 400",
    stand: "kept",
    cases: [
      malformed(bare("Host: a", "Host: b")),
      malformed(bare("Host: a", "Host: a")),
      malformed(bare("Host: a", "hOST: a")),
      malformed(bare("Host: a", "X: y", "Host:")),
      malformed("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),
      malformed("GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    ],
  },
  {
    section: "9112 3.2",
    rule: "Any request with a Host that is no uri-host [ \":\" port ] is answered 400",
    stand: "kept",
    cases: [
      ...["a/b", "a b", "a\tb", "a,b c", "a@b", "u:p@a", "a?", "a#", "a\\b", "a:b", "a:-1", "a:+1", "a: 1", "a:1:2", ":80", ":", "a%", "a%4", "a%zz", "\xe9.test", "http://a", "//a", "\"a\"", "<a>", "a|b", "a^b", "a`b", "{a}"].map((value) => malformed(host(value))),
      ...["[::1", "::1", "[::1]a", "[::1]:a", "[1::2::3]", "[12345::]", "[1:2:3:4:5:6:7]", "[::1.2.3]", "[::1%25eth0]", "[::1%eth0]", "[]", "[v]", "[vz.a]", "[g::]", "[::1]]"].map((value) => malformed(host(value))),
      ...["a", "A.B-c_d~e", "a.", "1.2.3.4", "a:", "a:80", "a:080", "a%2f", "a!$&'()*+,;=b", "[::]", "[::1]:", "[::ffff:1.2.3.4]:8080", "[V10.x:y]", "*"].map((value) => routed(host(value))),
      malformed("GET / HTTP/1.0\r\nHost: a/b\r\n\r\n"),
      malformed("GET http://a/ HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    ],
  },
  {
    section: "9112 3.2",
    rule: "A client's Host says what the authority of its target says",
    stand: "elsewhere",
    why: "a server goes by the target (3.2.2, 3.3) and need not compare them: routed as sent, with both",
    cases: [routed("CONNECT a:443 HTTP/1.1\r\nHost: b\r\n\r\n"), routed("CONNECT a:443 HTTP/1.1\r\nHost: a:80\r\n\r\n"), routed("GET http://a/ HTTP/1.1\r\nHost: a:8080\r\n\r\n")],
  },
  {
    section: "9110 7.2",
    rule: "Host is empty where the target has no authority",
    stand: "stricter",
    why: "no target that is served is of that kind, and an http URI with an empty host is invalid (9110 4.2.1)",
    cases: [malformed(host("")), malformed(host(" \t")), malformed("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n"), malformed("GET / HTTP/1.0\r\nHost:\r\n\r\n")],
  },
  {
    section: "9112 3.2.1",
    rule: "origin-form is an absolute path and perhaps a query; there is no fragment",
    stand: "kept",
    cases: [
      ...["/", "/a/b;c=d", "/?", "/a?b?c/d", "//a", "/%41%2f"].map((target) => routed(line(`GET ${target} HTTP/1.1`))),
      ...["a", "?a", "a/b", "/a#b", "/#", "#", "/?#", "\\a", ".", "\xe9"].map((target) => malformed(line(`GET ${target} HTTP/1.1`))),
    ],
  },
  {
    section: "9112 3.2.1",
    rule: "Bytes of a path and a query that a URI cannot hold are escaped, dot segments are gone, escapes are whole",
    stand: "elsewhere",
    why: "paths are not net's: routed as sent, bytes of 0x80 and more too",
    cases: ["/../..", "/./a", "/%", "/%zz", "/%00", "/\"<>\\^`{|}", "/\x80\xff", "/[a]"].map((target) => routed(line(`GET ${target} HTTP/1.1`))),
  },
  {
    section: "9112 3.2.2",
    rule: "absolute-form is accepted",
    stand: "kept",
    cases: ["http://a", "http://a/", "http://a?b", "http://a/b?c", "HTTP://A:80/", "https://[::1]:443/", "x+y-1.z://a", "http://a:/"].map((target) => routed(line(`GET ${target} HTTP/1.1`))),
  },
  {
    section: "9112 3.2.2",
    rule: "absolute-form may be any absolute URI, one without authority too",
    stand: "stricter",
    why: "nothing that a balancer of http serves has such a name; a prefix of it may be read as a path",
    cases: ["urn:a:b", "mailto:a@b", "http:/a", "http:a", "http:", "a:/b", "1http://a", "+http://a", "://a", "ht\xe9p://a"].map((target) => malformed(line(`GET ${target} HTTP/1.1`))),
  },
  {
    section: "9112 3.2.2",
    rule: "With absolute-form the Host line is ignored, and a proxy sends one that says what the target says",
    stand: "elsewhere",
    why: "the decision lists Host as sent, and the copy that is sent on says both",
    cases: [routed("GET http://evil.test/ HTTP/1.1\r\nHost: good.test\r\n\r\n")],
  },
  {
    section: "9110 4.2.1",
    rule: "An http URI with an empty host is refused",
    stand: "kept",
    cases: ["http:///a", "http://", "http://:80/", "http://?a", "https:///"].map((target) => malformed(line(`GET ${target} HTTP/1.1`))),
  },
  {
    section: "9110 4.2.4",
    rule: "User information in a target from outside is an error",
    stand: "kept",
    cases: ["http://u@a/", "http://u:p@a/", "http://@a/", "http://good.test@evil.test/"].map((target) => malformed(line(`GET ${target} HTTP/1.1`))),
  },
  {
    section: "9112 3.2.3",
    rule: "authority-form is host and port, for CONNECT only, which takes no other form",
    stand: "kept",
    cases: [
      ...["a:443", "1.2.3.4:1", "[::1]:65535", "a:00443"].map((target) => routed(line(`CONNECT ${target} HTTP/1.1`))),
      ...["/", "*", "http://a:80/", "http://a:80", "a", "[::1]", "a:443/", "a:443?b", "u@a:443"].map((target) => malformed(line(`CONNECT ${target} HTTP/1.1`))),
      ...["a:443", "[::1]:443", "a.b:1"].map((target) => malformed(line(`GET ${target} HTTP/1.1`))),
    ],
  },
  {
    section: "9110 9.3.6",
    rule: "CONNECT to an empty or invalid port is answered 400",
    stand: "kept",
    cases: ["a:", "a:0", "a:65536", "a:99999999999999999999", "a:x", "a:-1", ":443", "a:80:90"].map((target) => malformed(line(`CONNECT ${target} HTTP/1.1`))),
  },
  {
    section: "9112 3.2.4",
    rule: "asterisk-form is \"*\", for OPTIONS only",
    stand: "elsewhere",
    why: "which methods go with it is policy; what merely begins with it is no form",
    cases: [routed(line("OPTIONS * HTTP/1.1")), routed(line("GET * HTTP/1.1")), malformed(line("OPTIONS ** HTTP/1.1")), malformed(line("OPTIONS */ HTTP/1.1")), malformed(line("OPTIONS *?a HTTP/1.1"))],
  },
  {
    section: "9112 3.3",
    rule: "The target URI is put together from target, Host and connection",
    stand: "elsewhere",
    why: "rules of the balancer look at target and header lines as sent",
    cases: [routed(line("GET /a HTTP/1.1"))],
  },
  {
    section: "9112 4",
    rule: "A status line answers",
    stand: "elsewhere",
    why: "net says a status in its decision, and answers nothing",
    cases: [routed(NEXT)],
  },
];
