import { describe, expect, test } from "vitest";
import { HeaderForm } from "../../../../services/lb/request-view.ts";
import type { AskedRequest } from "../requesting.ts";
import { EXCEEDED, FULL, OK, StrictDesk } from "./strict-desk.ts";
import type { Rule, Setting } from "./strict-desk.ts";

/** A desk with one rule that lets one request through for each key, for ever. */
const once = (rule: Rule, setting: Setting = {}): StrictDesk => new StrictDesk({ ...setting, rules: [{ rate: 0, burst: 1, ...rule }] });

/** Whether the rule applies to the request: if so, the second one is refused. */
function applies(rule: Rule, request: AskedRequest, setting: Setting = {}): boolean {
  const desk = once(rule, setting);
  expect(desk.admit(request, 1)).toBe(OK);
  return desk.admit(request, 1) === EXCEEDED;
}

/** Whether two requests have one bucket. */
function share(rule: Rule, one: AskedRequest, other: AskedRequest, setting: Setting = {}): boolean {
  const desk = once(rule, setting);
  expect(desk.admit(one, 1)).toBe(OK);
  expect(desk.admit(one, 1)).toBe(EXCEEDED);
  return desk.admit(other, 1) === EXCEEDED;
}

describe("a rate rule covers by segments of the path without its query", () => {
  test.each([
    ["", "/", true],
    ["", "/x", true],
    ["", "*", true],
    ["/", "/x", true],
    ["/", "*", false],
    ["/api", "/api", true],
    ["/api", "/api/", true],
    ["/api", "/api/x", true],
    ["/api", "/api?x", true],
    ["/api", "/apiary", false],
    ["/api", "/ap", false],
    ["/api", "/API", false],
    ["/api/", "/api", false],
    ["/api/", "/api/", true],
    ["/api/", "/api/x", true],
    ["/api/", "/api?/", false],
    ["/api?x", "/api?x", false],
    ["/api", "/x?/api", false],
    ["/api", "http://any.example/api/x", true],
    ["/api", "http://any.example/x", false],
    ["/", "http://any.example", true],
  ])("prefix %s, path %s: %s", (prefix, path, covered) => {
    expect(applies({ prefix }, { path })).toBe(covered);
  });
});

describe("the key of a rate rule", () => {
  test("address: the client's text", () => {
    expect(share({ key: "address" }, { client: "10.0.0.1" }, { client: "10.0.0.1", path: "/x" })).toBe(true);
    expect(share({ key: "address" }, { client: "10.0.0.1" }, { client: "10.0.0.11" })).toBe(false);
    expect(share({ key: "address" }, { client: "2001:db8::1" }, { client: "2001:db8::2" })).toBe(false);
    expect(applies({ key: "address" }, { client: "somebody" })).toBe(true);
  });

  test.each([
    [24, 64, "10.1.2.3", "10.1.2.250", true],
    [24, 64, "10.1.2.3", "10.1.3.3", false],
    [23, 64, "10.1.2.3", "10.1.3.3", true],
    [23, 64, "10.1.2.3", "10.1.4.3", false],
    [25, 64, "10.1.2.3", "10.1.2.128", false],
    [32, 64, "10.1.2.3", "10.1.2.2", false],
    [32, 64, "10.1.2.3", "10.1.2.3", true],
    [0, 64, "10.1.2.3", "200.1.2.3", true],
    [1, 64, "10.1.2.3", "127.1.2.3", true],
    [1, 64, "10.1.2.3", "128.1.2.3", false],
    [24, 64, "2001:db8:0:1::1", "2001:db8:0:1:ffff::", true],
    [24, 64, "2001:db8:0:1::1", "2001:db8:0:2::1", false],
    [24, 63, "2001:db8:0:2::1", "2001:db8:0:3::1", true],
    [24, 128, "2001:db8::1", "2001:db8::1", true],
    [24, 128, "2001:db8::2", "2001:db8::3", false],
    [24, 127, "2001:db8::2", "2001:db8::3", true],
    [24, 0, "2001:db8::1", "ff::1", true],
    [0, 0, "0.0.0.0", "::", false],
    [32, 32, "10.1.2.3", "a01:203::", false],
  ])("network %i, %i: %s and %s", (bits4, bits6, one, other, together) => {
    expect(share({ key: [bits4, bits6] }, { client: one }, { client: other })).toBe(together);
  });

  test("network: a client without an address is not limited", () => {
    expect(applies({ key: [24, 64] }, { client: "somebody" })).toBe(false);
  });

  test.each([HeaderForm.entries, HeaderForm.operands])("header: the first line of that name in any case; form %i", (form) => {
    const desk = once({ key: { header: "X-Key" } });
    const from = (...values: readonly string[]) => desk.admit({ headers: [["Host", "a"], ...values.map((value) => ["x-kEY", value] as const)] }, 1, form);
    expect(from("a", "b")).toBe(OK);
    expect(from("a")).toBe(EXCEEDED);
    expect(from("b")).toBe(OK);
    expect(from("b", "c")).toBe(EXCEEDED);
    expect(from("A")).toBe(OK);
    expect(from("")).toBe(OK);
    expect(from("")).toBe(EXCEEDED);
    for (let i = 0; i < 3; i++) expect(from()).toBe(OK);
  });

  test("session: the value of the session cookie, not empty", () => {
    const setting = { cookie: "sid" };
    const of = (cookie: string): AskedRequest => ({ headers: [["Cookie", cookie]] });
    expect(share({ key: "session" }, of("sid=a"), of("x=1; sid=a"), setting)).toBe(true);
    expect(share({ key: "session" }, of("sid=a"), of("sid=b"), setting)).toBe(false);
    for (const request of [of("SID=a"), of("sid="), {}]) expect(applies({ key: "session" }, request, setting)).toBe(false);
    expect(applies({ key: "session" }, of("sid=a"))).toBe(false);
  });

  test("path: one bucket for all under the prefix", () => {
    expect(share({ prefix: "/a", key: "path" }, { client: "10.0.0.1", path: "/a" }, { client: "10.0.0.2", path: "/a/b" })).toBe(true);
  });

  test("is kept whole up to the bound of texts; a longer one has no limiter, and nothing is kept for it", () => {
    const of = (length: number, last: string): AskedRequest => ({ headers: [["X-Key", "k".repeat(length - 1) + last]] });
    const desk = once({ key: { header: "X-Key" } }, { limits: { textBytesMax: 100 } });
    expect(desk.admit(of(100, "a"), 1)).toBe(OK);
    expect(desk.admit(of(100, "a"), 1)).toBe(EXCEEDED);
    expect(desk.admit(of(100, "b"), 1)).toBe(OK);
    const used = desk.usedBytes();
    for (let i = 0; i < 3; i++) expect(desk.admit({ client: `10.0.0.${9 + i}`, ...of(101, "a") }, 1)).toBe(FULL);
    expect(desk.usedBytes()).toBe(used);
    expect(desk.admit({ client: "10.0.0.9" }, 1)).toBe(OK);
  });
});

test("no two limits share a bucket, whatever the key", () => {
  const rules: Rule[] = [{ key: "address" }, { key: "address" }, { key: { header: "X" } }, { key: { header: "Y" } }, { key: "path" }].map((rule, i) => ({ ...rule, prefix: `/${i}`, rate: 0, burst: 1 }) as Rule);
  const desk = new StrictDesk({ rules, burst: 100 });
  const key = "10.0.0.1";
  for (let i = 0; i < rules.length; i++) {
    const request = { client: key, path: `/${i}`, headers: [["X", key], ["Y", key]] as const };
    expect(desk.admit(request, 1)).toBe(OK);
    expect(desk.admit(request, 1)).toBe(EXCEEDED);
  }
});
