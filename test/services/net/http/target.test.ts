import { expect, test } from "vitest";
import { compare } from "./compare.ts";
import { readFirst } from "./harness.ts";

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
  ["DONNECT", "/", "routed", "another method"],
  ["CONNECTX", "/", "routed", "another method"],
  ["CONNECX", "/", "routed", "another method"],
];

test.each(TARGETS)("%s %j: %s (%s)", (method, target, outcome) => {
  const stream = `${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
  expect(readFirst(stream)).toMatchObject({ outcome, method, target });
  compare(stream);
});
