import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LbErrno } from "../../../../services/lb/control.ts";
import { ConfigProblem } from "../../../../services/lb/config/problem-codes.ts";
import type { LbLimits } from "../../../../services/limits.ts";
import { lbStandard, lbTiny } from "../../../../services/limits.ts";
import type { Result } from "../../../../sim/conform/script.ts";
import { configure } from "../configuring.ts";
import { Desk } from "../desk.ts";

const route = (desk: Desk, path: string, host = ""): Result => desk.run({ op: "route", path, host, headers: [] });
const backends = (desk: Desk, name: string) => (desk.run({ op: "dump_group", name }) as { ok: { backends: unknown[] } }).ok.backends;

function loaded(text: string, limits: LbLimits = lbStandard): Desk {
  const desk = new Desk(limits);
  expect(configure(desk, text)).toEqual({ status: 0, remarks: [] });
  return desk;
}

describe("a configuration", () => {
  test("makes groups and their members, wherever the lines stand", () => {
    const desk = loaded("default=app\nmember=app:10.0.0.1:80\nmember=api:[2001:db8::1]:443:0\ngroup=app:rr\nmember=app:backend.example:8080:4294967295\ngroup=api:leastconn\nroute=/api:h:api");
    const fresh = { healthy: true, active_connections: 0, total_requests: 0 };
    expect(desk.run({ op: "dump_group", name: "app" })).toEqual({
      ok: { name: "app", algorithm: "RoundRobin", backends: [{ address: "10.0.0.1", port: 80, weight: 1, ...fresh }, { address: "backend.example", port: 8080, weight: 4294967295, ...fresh }] },
    });
    expect(desk.run({ op: "dump_group", name: "api" })).toEqual({ ok: { name: "api", algorithm: "LeastConnections", backends: [{ address: "2001:db8::1", port: 443, weight: 0, ...fresh }] } });
    expect(route(desk, "/api", "h")).toEqual({ ok: ["2001:db8::1", 443] });
    expect(route(desk, "/api", "x")).toEqual({ ok: ["10.0.0.1", 80] });
  });

  test("has one rule for all its routes, in order", () => {
    const desk = loaded("group=a:rr\nmember=a:a:1\nroute=/x::a\ngroup=b:rr\nmember=b:b:1\nroute=/x/y::b\ngroup=c:rr\nmember=c:c:1\ndefault=c");
    expect(desk.run({ op: "counts" })).toEqual({ ok: { backend_groups: 3, rules: 1 } });
    expect(route(desk, "/x/y")).toEqual({ ok: ["a", 1] });
    expect(route(desk, "/z")).toEqual({ ok: ["c", 1] });
  });

  test("begins a rule at each rule=, and the seed's order of rules holds", () => {
    const members = ["a", "b", "c", "d"].map((name) => `group=${name}:rr\nmember=${name}:${name}:1\n`).join("");
    const desk = loaded(`${members}route=/a::a\ndefault=b\nrule=second\nroute=/c::c\nrule=\nroute=/d::d\n`);
    expect(desk.run({ op: "counts" })).toEqual({ ok: { backend_groups: 4, rules: 3 } });
    expect([route(desk, "/a"), route(desk, "/c"), route(desk, "/d"), route(desk, "/e")]).toEqual(["a", "c", "b", "b"].map((name) => ({ ok: [name, 1] })));
  });

  test("with nothing before its first rule= has no rule there, and keeps an empty one that was begun", () => {
    expect(loaded("# nothing\n\nrule=\n").run({ op: "counts" })).toEqual({ ok: { backend_groups: 0, rules: 1 } });
    expect(loaded("rate_limit_rps=5").run({ op: "counts" })).toEqual({ ok: { backend_groups: 0, rules: 0 } });
    expect(loaded("default=").run({ op: "counts" })).toEqual({ ok: { backend_groups: 0, rules: 1 } });
    expect(loaded("").run({ op: "counts" })).toEqual({ ok: { backend_groups: 0, rules: 0 } });
  });

  test("sets the rates, the last line of a kind counting, and upstream's where it is silent", () => {
    const desk = loaded("rate_limit_rps=9\nrate_limit_rps=0\nrate_limit_burst=2");
    const rates = () => [1, 1, 1, 9].map((tick) => "ok" in desk.run({ op: "rate", client: "c", tick }));
    expect(rates()).toEqual([true, true, false, false]);
    configure(desk, "rate_limit_burst=1");
    expect(rates()).toEqual([true, false, false, true]);
    configure(desk, "");
    expect(Array.from({ length: 201 }, () => "ok" in desk.run({ op: "rate", client: "c", tick: 0 })).filter(Boolean).length).toBe(200);
  });

  test("takes semantics=veridian, and a route to a group with colons in its name", () => {
    const desk = new Desk();
    expect(configure(desk, "semantics=veridian\nroute=/::a:b:c").remarks).toEqual([{ code: ConfigProblem.groupNotDefined, line: 2, column: 10, argument: "a:b:c" }]);
    expect(route(desk, "/")).toEqual({ err: "BackendGroupNotFound", arg: "a:b:c" });
  });
});

describe("loading anew", () => {
  const first = "group=old:rr\nmember=old:10.0.0.1:1\ndefault=old\nrate_limit_burst=1";

  test("replaces rules and groups whole; sessions stay, clients as long as the rates do", () => {
    const desk = loaded(first);
    desk.run({ op: "sticky_set", session: "s", index: 4 });
    expect(desk.run({ op: "rate", client: "c", tick: 1 })).toEqual({ ok: null });
    expect(configure(desk, "group=new:rr\nmember=new:n:1\nroute=/n::new\nrate_limit_burst=1").status).toBe(0);
    expect(desk.run({ op: "dump_group", name: "old" })).toEqual({ ok: null });
    expect([route(desk, "/n"), route(desk, "/x")]).toEqual([{ ok: ["n", 1] }, { err: "NoRouteMatch" }]);
    expect(desk.run({ op: "sticky_get", session: "s" })).toEqual({ ok: 4 });
    expect(desk.run({ op: "rate", client: "c", tick: 1 })).toEqual({ err: "RateLimitExceeded" });
    expect(configure(desk, "rate_limit_burst=3").status).toBe(0);
    expect(desk.run({ op: "rate", client: "c", tick: 1 })).toEqual({ ok: null });
  });

  test("is refused whole when a line is faulty", () => {
    const desk = loaded(first);
    route(desk, "/");
    const remembered = desk.remembered();
    const used = desk.usedBytes();
    const { status } = configure(desk, "group=new:rr\nmember=new:n:1\nroute=/::new\nrate_limit_burst=9\nvip=x\ndefault=new");
    expect(status).toBe(LbErrno.badConfiguration);
    expect(desk.remembered()).toBe(remembered);
    expect(desk.usedBytes()).toBe(used);
    expect(route(desk, "/")).toEqual({ ok: ["10.0.0.1", 1] });
    expect(backends(desk, "old")).toMatchObject([{ total_requests: 2 }]);
  });

  test("a hundred times takes no more memory than once", () => {
    const desk = loaded(first);
    const used = desk.usedBytes();
    for (let i = 0; i < 100; i++) {
      configure(desk, i % 2 === 0 ? "group=new:rr\nmember=new:n:1\nroute=/::new\nrate_limit_burst=1\nrule=" : `${first}\nnonsense=\nmember=nobody:a:1`);
      expect(configure(desk, first).status).toBe(0);
    }
    // A block may take 8 bytes that nothing else could use: which ones do, depends on what was freed before.
    expect(desk.usedBytes()).toBeLessThan(used + 100);
    desk.check();
    desk.run({ op: "new" });
    expect(desk.usedBytes()).toBe(0);
  });
});

describe("any text", () => {
  const word = fc.constantFrom("group", "member", "route", "default", "rule", "vip", "backend", "rate_limit_rps", "health_check_interval", "semantics", "x");
  const piece = fc.constantFrom("a", "b", ":", ":", "=", "[", "]", "::1", "80", "rr", "lc", "10.0.0.1", " ", "\u2003", "\u00e9", "#", "99999999999");
  const line = fc.tuple(word, fc.array(piece, { maxLength: 9 })).map(([key, pieces]) => `${key}=${pieces.join("")}`);

  test("that upstream's parser refuses is refused here too, that line's problem first of upstream's kinds", () => {
    const names = ["", "InvalidLine", "InvalidPort", "UnknownAlgorithm", "MissingField"];
    const upstreamKeys = /^\s*(vip|route|rate_limit_rps|health_check_interval)\s*=/u;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const desk = new Desk();
        const parsed = desk.run({ op: "parse", text: lines.join("\n") });
        const { status, remarks } = configure(desk, lines.join("\n"));
        // With semantics that are none, everything is judged as strictly as can be.
        fc.pre(!remarks.some((remark) => remark.code === ConfigProblem.unknownSemantics));
        const first = remarks.find((remark) => remark.code < 5 && upstreamKeys.test(lines[remark.line - 1]));
        if ("err" in parsed) expect({ err: names[first!.code], arg: first!.argument }).toEqual(parsed);
        else expect(first).toBeUndefined();
        expect(status).toBe(remarks.some((remark) => remark.code < 64) ? LbErrno.badConfiguration : 0);
        desk.check();
        desk.run({ op: "new" });
        expect(desk.usedBytes()).toBe(0);
      }),
      { seed: 1, numRuns: 1500 },
    );
  });

  test("of any bytes at all is judged, and the arena stays whole", () => {
    const bytes = fc.array(fc.oneof(fc.constantFrom(...new TextEncoder().encode("group=a:rr\nmember=a:[::1]:80\n\u2003\u0085#")), fc.nat(255)), { maxLength: 120 });
    fc.assert(
      fc.property(bytes, (text) => {
        const desk = new Desk(lbTiny);
        expect([0, LbErrno.badConfiguration]).toContain(configure(desk, Uint8Array.from(text)).status);
        desk.check();
        desk.run({ op: "new" });
        expect(desk.usedBytes()).toBe(0);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});
