/** The forms of a request's target under semantics=strict. */

import { expect, test } from "vitest";
import { RequestTarget, pathFallsUnder, requestTargetRead } from "../../../../services/lb/routing/request-target.ts";
import { Routing } from "../../../../services/lb/routing/routing.ts";
import { RoutingDesk, ask, route, rule } from "./routing-desk.ts";

const desk = new RoutingDesk(true);

function read(target: string, host: string): [string, string] {
  const { memory, source, request } = desk;
  const record = Routing.target.at(desk.routing);
  desk.describe(ask(target, host));
  requestTargetRead(memory, record, source, request);
  const text = (at: number, bytes: number): string => String.fromCharCode(...source.u8.subarray(at, at + bytes));
  return [
    text(RequestTarget.pathAt.get(memory, record), RequestTarget.pathBytes.get(memory, record)),
    text(RequestTarget.hostAt.get(memory, record), RequestTarget.hostBytes.get(memory, record)),
  ];
}

test.each([
  ["/", "/", "h"], ["/a/b?c=d#e", "/a/b", "h"], ["/a#b?c", "/a", "h"], ["?x", "", "h"], ["*", "*", "h"], ["example:443", "example:443", "h"], ["//a/b", "//a/b", "h"],
  ["http://a.example/b?c", "/b", "a.example"], ["HTTPS://a.example:80", "/", "a.example:80"], ["http://a.example?b", "/", "a.example"], ["http://a.example#b", "/", "a.example"], ["x+y-z.1://[::1]:8/b", "/b", "[::1]:8"],
  ["http:///b", "/b", ""], ["http://", "/", ""], ["http://u@a.example/", "/", "u@a.example"],
  ["http:/a/b", "http:/a/b", "h"], ["1http://a/b", "1http://a/b", "h"], ["://a/b", "://a/b", "h"], ["h ttp://a/b", "h ttp://a/b", "h"], ["http:/", "http:/", "h"], ["http", "http", "h"], ["", "", "h"],
])("%s asks for %s on %s", (target, path, host) => {
  expect(read(target, "h")).toEqual([path, host]);
});

test("in absolute-form the authority is the host, whatever the Host line says", () => {
  const own = new RoutingDesk(true);
  expect(own.add(rule([route("/", "a.example", "a"), route("/", "b.example", "b"), route("", "", "none")]))).toBe(0);
  expect(own.ask(ask("http://a.example/x", "b.example"))).toBe("a");
  expect(own.ask(ask("/x", "b.example"))).toBe("b");
  expect(own.ask(ask("http://u@a.example/x", "b.example"))).toBe("none");
  expect(own.ask(ask("*", "b.example", [], "OPTIONS"))).toBe("none");
});

test.each([
  ["", "", true], ["", "*", true], ["/", "/", true], ["/", "/a", true], ["/", "", false], ["/", "*", false], ["/api", "/api", true], ["/api", "/api/", true], ["/api", "/api/x", true], ["/api", "/apiary", false],
  ["/api", "/ap", false], ["/api/", "/api", false], ["/api/", "/api/", true], ["/api/", "/api/x", true], ["/api/", "/api//x", true], ["/api", "/API", false],
])("prefix %s and path %s: %s", (prefix, path, expected) => {
  const prefixAt = desk.put(prefix, true);
  const pathAt = desk.put(path);
  expect(pathFallsUnder(desk.source, prefixAt, prefix.length, desk.source, pathAt, path.length)).toBe(expected);
  const own = new RoutingDesk(true);
  expect(own.add(rule([route(prefix, "", "under")]))).toBe(0);
  expect(own.ask(ask(path))).toBe(expected ? "under" : null);
  // Behind the path nothing counts.
  expect(own.ask(ask(`${path}?/api/x`))).toBe(expected ? "under" : null);
});
