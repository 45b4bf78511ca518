/** Hosts of requests and of routes under semantics=strict. */

import { expect, test } from "vitest";
import { HostKind, HostText, hostPatternJudge, hostRead } from "../../../../services/lb/routing/host.ts";
import { Routing } from "../../../../services/lb/routing/routing.ts";
import { RoutingDesk, ask, route, rule } from "./routing-desk.ts";

const kinds = Object.fromEntries(Object.entries(HostKind).map(([name, kind]) => [kind, name]));
const desk = new RoutingDesk(true);
const host = Routing.host.at(desk.routing);

function judged(pattern: string): string {
  return kinds[hostPatternJudge(desk.memory, host, desk.source, desk.put(pattern, true), pattern.length)]!;
}

function read(text: string): string {
  const kind = hostRead(desk.memory, host, desk.source, desk.put(text, true), text.length);
  if (kind !== HostKind.name && kind !== HostKind.version4) return kinds[kind]!;
  const at = HostText.at.get(desk.memory, host);
  return String.fromCharCode(...desk.source.u8.subarray(at, at + HostText.bytes.get(desk.memory, host)));
}

test.each([
  ["any", ""],
  ["name", "example", "a.example", "A.Example.", "a_b.example", "a-1.2.example", "1.2.3.example", "x"],
  ["wildcard", "*.example", "*.a.example.", "*.x"],
  ["version4", "10.0.0.1", "255.255.255.255", "1.2.3.4."],
  ["version6", "[::1]", "[2001:DB8::1]", "[::ffff:10.0.0.1]", "[1:2:3:4:5:6:7:8]"],
  [
    "invalid", ".", "..", ".example", "a..example", "a.example..", "*", "*.", "*.*.example", "a.*.example", "*example", "*.10.0.0.1", "*.[::1]", "*.1", "a.1", "1", "10.0.0.256", "10.0.0.01", "10.0.0", "[", "[]",
    "]", "[::1", "[::1]:80", "[10.0.0.1]", "[::1%eth0]", "a.example:80", "a b", "a@b", "a/b", "\xe9", "a%41", "a\x00", "[0000:0000:0000:0000:0000:0000:0000:000000000000001]",
  ],
])("a route's host is %s", (kind, ...patterns) => {
  for (const pattern of patterns) expect([pattern, judged(pattern)]).toEqual([pattern, kind]);
});

test.each([
  ["a.example", "a.example"], ["a.example:80", "a.example"], ["a.example:", "a.example"], ["a.example.:80", "a.example"], ["10.0.0.1:8080", "10.0.0.1"], ["~a!%41.example", "~a!%41.example"],
  ["", "any"], [":80", "any"], ["[::1]", "version6"], ["[::1]:", "version6"], ["[::1]:65536", "version6"],
  ["a.example:80:80", "invalid"], ["a.example:8o", "invalid"], ["a.example: 80", "invalid"], ["user@a.example", "invalid"], ["[::1]x", "invalid"], ["[::1]:x", "invalid"], ["::1", "invalid"], ["a..example", "invalid"],
  [`[${"0".repeat(60)}::1]`, "invalid"], ["[", "invalid"], ["a.256", "invalid"],
])("a request's host %s is %s", (text, expected) => {
  expect(read(text)).toBe(expected);
});

test("an IPv6 literal is its address, however it is written", () => {
  const bytes = (text: string): string => (read(text), HostText.literal.show(desk.memory, host));
  expect(bytes("[2001:db8::1]")).toBe(bytes("[2001:DB8:0:0:0:0:0.0.0.1]:80"));
  expect(bytes("[2001:db8::1]")).not.toBe(bytes("[2001:db8::2]"));
});

test("wildcards take one label or more, never their suffix alone, nor an address", () => {
  const own = new RoutingDesk(true);
  expect(own.add(rule([route("/", "*.a.example", "a"), route("/", "*.example", "example"), route("/", "b.example", "never: the one before takes it"), route("/", "*.0.example", "0")], "none"))).toBe(0);
  const asked = (name: string): string | null => own.ask(ask("/", name));
  expect(["x.a.example", "y.x.A.EXAMPLE:80", "a.example", "b.example", "example", "xa.example", ".a.example", "x..a.example"].map(asked)).toEqual(["a", "a", "example", "example", "none", "example", "none", "none"]);
  expect(asked("1.0.example")).toBe("example");
});
