/** The index against a plain scan over all routes: random rules and hostile requests, both semantics, both forms of header lines. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { searchSeed, searchStrict } from "../../../../services/lb/routing/search.ts";
import { Route } from "../../../../services/lb/routing/route.ts";
import { HeaderForm } from "../../../../services/lb/request-view.ts";
import { lbStandard } from "../../../../services/limits.ts";
import { plainHost, scanSeed, scanStrict } from "./plain-scan.ts";
import type { PlainRequest, PlainRoute, PlainRule } from "./plain-scan.ts";
import { RoutingDesk, ask, route, rule } from "./routing-desk.ts";
import { HOSTS, PATTERNS, hint, seedRequest, seedRules, strictRequest, strictRules, towards } from "./arbitraries.ts";
import type { Hint } from "./arbitraries.ts";

/** Of some ten thousand requests: else there would be little to tell a wrong index by. */
const FOUND_LEAST = 2500;

function compare(strict: boolean, scan: (rules: readonly PlainRule[], request: PlainRequest) => string | null, rules: readonly PlainRule[], hinted: readonly (readonly [PlainRequest, Hint])[]): number {
  const requests = hinted.map(([request, hint]) => towards(rules, request, hint));
  const desk = new RoutingDesk(strict);
  let found = 0;
  rules.forEach((rule, i) => {
    expect(desk.add(rule)).toBe(0);
    // Between rules as well: the index is whole after each.
    if (i < rules.length - 1 && requests[0] !== undefined) expect(desk.ask(requests[0])).toBe(scan(rules.slice(0, i + 1), requests[0]));
  });
  for (const request of requests) {
    const expected = scan(rules, request);
    for (const form of Object.values(HeaderForm)) expect([request, desk.ask(request, form)]).toEqual([request, expected]);
    if (expected?.startsWith("route")) found += 1;
  }
  desk.run({ op: "new" });
  expect(desk.usedBytes()).toBe(0);
  return found;
}

describe("finds what the scan finds", () => {
  test.each([
    ["veridian", false, scanSeed, seedRules, seedRequest],
    ["strict", true, scanStrict, strictRules, strictRequest],
  ] as const)("semantics=%s", (_name, strict, scan, rules, request) => {
    let found = 0;
    fc.assert(fc.property(rules, fc.array(fc.tuple(request, hint), { minLength: 1, maxLength: 6 }), (some, requests) => {
      found += compare(strict, scan, some, requests);
    }), { seed: 31, numRuns: 3000 });
    expect(found).toBeGreaterThan(FOUND_LEAST);
  });

  test("the patterns of this test are sound, and many of its hosts are not", () => {
    for (const pattern of PATTERNS.slice(2)) expect(plainHost(pattern.replace(/^\*\./, ""))).not.toBeNull();
    expect(HOSTS.filter((host) => plainHost(host) !== null).length).toBeLessThan(HOSTS.length - 10);
  });
});

test("a thousand rules of one shape, asked for each of them", () => {
  const limits = { ...lbStandard, rulesMax: 1000 };
  for (const strict of [false, true]) {
    const desk = new RoutingDesk(strict, limits);
    const rules = Array.from({ length: 300 }, (_, i) => ({ routes: [{ prefix: `/${i % 7}/${i}`, host: i % 3 === 0 ? "" : `h${i % 5}.example`, conditions: [], target: `${i}` }], default: "" }));
    for (const rule of rules) expect(desk.add(rule)).toBe(0);
    for (let i = 0; i < 300; i++) {
      for (const host of ["", "h1.example", "h4.example"]) {
        const request = { method: "GET", target: `/${i % 7}/${i}/x`, host, headers: [] };
        expect(desk.ask(request)).toBe((strict ? scanStrict : scanSeed)(rules, request));
      }
    }
  }
});

test("what lies behind the path in memory does not count", () => {
  for (const strict of [false, true]) {
    const desk = new RoutingDesk(strict);
    expect(desk.add(rule([route("/api", "", "long"), route("/ab", "", "other"), route("/a", "", "short")]))).toBe(0);
    // The host follows the path.
    expect(desk.ask(ask("/ap", "i"))).toBe(strict ? null : "short");
    expect(desk.ask(ask("/a", "b"))).toBe("short");
    expect(desk.ask(ask("/", "api"))).toBeNull();
  }
});

test("nothing is looked at below what has a smaller number already", () => {
  const prefixes = Array.from({ length: 200 }, (_, i) => `/${"x/".repeat(i)}`);
  const asked = (): PlainRequest => ask(prefixes.at(-1)!);
  const deep = rule(prefixes.map((prefix) => route(prefix, "*.example", "deep", { conditions: [exact("a", "b")] })));
  const reads = [true, false].map((first) => {
    const desk = new RoutingDesk(true);
    const one = rule([route("/", "", "one")]);
    for (const some of first ? [one, deep] : [deep, one]) expect(desk.add(some)).toBe(0);
    return readsOf(desk, { ...asked(), host: "a.example" });
  });
  expect(reads[0]).toBeLessThan(reads[1]! / 10);
});

test("a rule that came and did not stay leaves nothing to look at", () => {
  const desk = new RoutingDesk(true);
  const asked = ask("/x", "", [["a", "1"]]);
  expect(desk.add(rule([route("/", "", "g", { exact: true })]))).toBe(0);
  const before = readsOf(desk, asked);
  let failures = 0;
  for (let steps = 0; ; steps++) {
    desk.allocationsLeft = steps;
    if (desk.add(rule([route("/", "", "g", { conditions: [exact("a", "1")] }), route("/x/y", "", "g")])) === 0) break;
    failures += 1;
    expect(readsOf(desk, asked)).toBe(before);
  }
  expect(failures).toBeGreaterThan(5);
  expect(readsOf(desk, asked)).toBeGreaterThan(before);
});

describe("a decision takes no longer for more routes", () => {
  const shapes = [
    ["prefixes", (i: number) => route(`/api/service-${i}/`, "", "g"), (i: number) => ask(`/api/service-${i}/x`, "h.example")],
    ["hosts", (i: number) => route("/", `app-${i}.example`, "g"), (i: number) => ask("/x", `app-${i}.example`)],
    ["wildcards", (i: number) => route("/", `*.app-${i}.example`, "g"), (i: number) => ask("/x", `b.app-${i}.example`)],
    ["values of a header", (i: number) => route("/", "", "g", { conditions: [exact("x-tenant", `tenant-${i}`)] }), (i: number) => ask("/x", "", [["x-tenant", `tenant-${i}`]])],
    [
      "values of one of two headers",
      (i: number) => route("/", "", "g", { conditions: [exact("x-a", "same"), exact("x-tenant", `tenant-${i}`)] }),
      (i: number) => ask("/x", "", [["x-a", "same"], ["x-tenant", `tenant-${i}`]]),
    ],
    [
      "values of one of two headers, the other way round",
      (i: number) => route("/", "", "g", { conditions: [exact("x-tenant", `tenant-${i}`), exact("x-a", "same")] }),
      (i: number) => ask("/x", "", [["x-a", "same"], ["x-tenant", `tenant-${i}`]]),
    ],
    [
      "methods and values",
      (i: number) => route("/", "", "g", { methods: [i % 2 === 0 ? "GET" : "HEAD"], conditions: [exact("x-tenant", `tenant-${i >> 1}`)] }),
      (i: number) => ask("/x", "", [["x-tenant", `tenant-${i >> 1}`]], i % 2 === 0 ? "GET" : "HEAD"),
    ],
  ] as const;

  test.each(shapes.flatMap((shape) => [false, true].map((strict) => [shape[0], strict, shape[1], shape[2]] as const)))("%s, strict: %s", (name, strict, one, asked) => {
    const seedKnows = !/wildcard|method/.test(name);
    if (!strict && !seedKnows) return;
    const few = mostReads(strict, 10, one, asked);
    expect(few).toBeGreaterThan(10);
    expect(mostReads(strict, 10_000, one, asked)).toBeLessThan(few * 2.5);
  });
});

const exact = (name: string, value: string) => ({ kind: "exact", name, value }) as const;

/** The most words of memory that a decision looks at, among requests for routes spread over all. */
function mostReads(strict: boolean, count: number, one: (i: number) => PlainRoute, asked: (i: number) => PlainRequest): number {
  const desk = new RoutingDesk(strict, { ...lbStandard, routesMax: count }, 8 * 1024 * 1024);
  expect(desk.add(rule(Array.from({ length: count }, (_, i) => one(i))))).toBe(0);
  let most = 0;
  for (let i = 0; i < count; i += count / 10) {
    most = Math.max(most, readsOf(desk, asked(i), i));
  }
  return most;
}

/** How many words of memory the search looks at; the route that it finds has that number. */
function readsOf(desk: RoutingDesk, request: PlainRequest, number = -1): number {
  desk.describe(request);
  let reads = 0;
  const counting = Object.create(desk.memory, { i32: { get: () => (reads++, desk.memory.i32) } }) as typeof desk.memory;
  const search = desk.strict ? searchStrict : searchSeed;
  const route = search(counting, desk.routing, desk.source, desk.request);
  if (number >= 0) expect(route === 0 ? -1 : Route.number.get(desk.memory, route)).toBe(number);
  return reads;
}
