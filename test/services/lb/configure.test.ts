import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigProblem, ControlOperation, LbErrno } from "../../../services/lb/control.ts";
import type { LbLimits } from "../../../services/limits.ts";
import { lbStandard, lbTiny } from "../../../services/limits.ts";
import type { Result } from "../../../sim/conform/script.ts";
import { OperandReader, OperandWriter } from "../../../sim/operands.ts";
import { Desk } from "./desk.ts";

interface Remark {
  readonly code: number;
  readonly line: number;
  readonly column: number;
  readonly argument: string;
}

function configure(desk: Desk, text: string | Uint8Array, answerBytesMax?: number): { status: number; remarks: Remark[] } {
  const head = new OperandWriter().u8(ControlOperation.configure);
  const operands = typeof text === "string" ? head.text(text).bytes() : Uint8Array.of(...head.u32(text.length).bytes(), ...text);
  const { status, payload } = desk.operate(operands, answerBytesMax);
  if (payload.length === 0) return { status, remarks: [] };
  const reader = new OperandReader(payload);
  const remarks = Array.from({ length: reader.u16() }, () => ({ code: reader.u16(), line: reader.u32(), column: reader.u32(), argument: reader.text() }));
  expect(reader.done).toBe(true);
  return { status, remarks };
}

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
    expect(desk.usedBytes()).toBe(used);
    desk.check();
  });
});

describe("problems", () => {
  const cases: readonly (readonly [string, number, number, string])[] = [
    ["rate_limit_rps=4294967296", ConfigProblem.invalidLine, 16, "4294967296"],
    [" \t health_check_interval = 1x", ConfigProblem.invalidLine, 28, "1x"],
    ["vip=a:65536:rr", ConfigProblem.invalidPort, 7, "65536"],
    ["vip=a:http:rr", ConfigProblem.invalidLine, 7, "http"],
    ["vip=ä:1:RR", ConfigProblem.unknownAlgorithm, 9, "RR"],
    ["vip=a:1", ConfigProblem.missingField, 5, "vip requires addr:port:algorithm"],
    ["route=/a", ConfigProblem.missingField, 7, "route requires path:host:group"],
    ["group=a", ConfigProblem.missingField, 7, "group requires name:algorithm"],
    ["group=:rr", ConfigProblem.emptyName, 7, ""],
    ["group=a:fastest", ConfigProblem.unknownAlgorithm, 9, "fastest"],
    ["group=g:rr", ConfigProblem.duplicateGroup, 7, "g"],
    ["member=g", ConfigProblem.missingField, 8, "member requires group:address:port"],
    ["member=g:a", ConfigProblem.missingField, 8, "member requires group:address:port"],
    ["member=x:a:1", ConfigProblem.unknownGroup, 8, "x"],
    ["member=g::1", ConfigProblem.invalidAddress, 10, ""],
    ["member=g:10.0.0.256:1", ConfigProblem.invalidAddress, 10, "10.0.0.256"],
    ["member=g:1234:1", ConfigProblem.invalidAddress, 10, "1234"],
    ["member=g:[10.0.0.1]:1", ConfigProblem.invalidAddress, 11, "10.0.0.1"],
    ["member=g:[]:1", ConfigProblem.invalidAddress, 11, ""],
    ["member=g:[::1%0]:1", ConfigProblem.invalidAddress, 11, "::1%0"],
    ["member=g:[::1]1", ConfigProblem.missingField, 8, "member requires group:address:port"],
    ["member=g:[::1", ConfigProblem.missingField, 8, "member requires group:address:port"],
    ["member=g:::1:80", ConfigProblem.invalidAddress, 10, ""],
    ["member=g:a:0", ConfigProblem.invalidPort, 12, "0"],
    ["member=g:a:", ConfigProblem.invalidPort, 12, ""],
    ["member=g:a:65536", ConfigProblem.invalidPort, 12, "65536"],
    ["member=g:a:80a", ConfigProblem.invalidPort, 12, "80a"],
    ["member=g:a:1:", ConfigProblem.invalidWeight, 14, ""],
    ["member=g:a:1:4294967296", ConfigProblem.invalidWeight, 14, "4294967296"],
    ["member=g:a:1:1:1", ConfigProblem.invalidWeight, 14, "1:1"],
    ["backend=a:1:b", ConfigProblem.missingField, 9, "backend requires vip_address:vip_port:address:port"],
    ["backend=:1:b:2", ConfigProblem.invalidAddress, 9, ""],
    ["backend=a:x:b:2", ConfigProblem.invalidPort, 11, "x"],
    ["backend=a:1:[b]:2", ConfigProblem.invalidAddress, 14, "b"],
    ["backend=a:1:b:2:-1", ConfigProblem.invalidWeight, 17, "-1"],
    ["default=g", ConfigProblem.duplicateDefault, 9, "g"],
    ["semantics=strict", ConfigProblem.unknownSemantics, 11, "strict"],
    ["semantics=", ConfigProblem.unknownSemantics, 11, ""],
  ];

  test.each(cases)("%s", (line, code, column, argument) => {
    const text = `# first\ngroup=g:rr\ndefault=\n${line}\nunknown=1\nmember=g:a:1`;
    expect(configure(new Desk(), text)).toEqual({ status: LbErrno.badConfiguration, remarks: [{ code, line: 4, column, argument }] });
  });

  test("all are told at once, in the order of their lines", () => {
    const text = cases.map(([line]) => line).join("\n");
    const { remarks } = configure(new Desk(), `${text}\ngroup=g:rr\ndefault=`);
    // The first group=g and the first default= are sound.
    const expected = cases.flatMap(([line], i) => (["group=g:rr", "default=g"].includes(line) ? [] : [i + 1]));
    expect(remarks.map((remark) => remark.line)).toEqual([...expected, cases.length + 1, cases.length + 2]);
  });

  test("end with a record that says there are more, at the bound", () => {
    const fault = "member=nobody:a:1\n";
    const of = (count: number) => configure(new Desk(lbTiny), fault.repeat(count)).remarks.map(({ code, line }) => [code, line]);
    const unknown = ConfigProblem.unknownGroup;
    expect(of(1)).toEqual([[unknown, 1]]);
    expect(of(2)).toEqual([[unknown, 1], [unknown, 2]]);
    expect(of(3)).toEqual([[unknown, 1], [unknown, 2], [ConfigProblem.more, 0]]);
    expect(of(50)).toEqual(of(3));
  });

  test("and where the answer has no room for more, or for the argument", () => {
    const name = "x".repeat(60);
    const text = `member=${name}:a:1\nmember=nobody:a:1\n`;
    const codes = (room: number) => configure(new Desk(), text, room).remarks.map(({ code, argument }) => [code, argument]);
    const unknown = ConfigProblem.unknownGroup;
    expect(codes(2 + 14)).toEqual([[ConfigProblem.more, ""]]);
    expect(codes(2 + 28)).toEqual([[unknown, ""], [ConfigProblem.more, ""]]);
    expect(codes(2 + 28 + 60)).toEqual([[unknown, name], [ConfigProblem.more, ""]]);
    expect(codes(2 + 28 + 60 + 6 + 14)).toEqual([[unknown, name], [unknown, "nobody"]]);
    expect(configure(new Desk(), text, 1)).toEqual({ status: -4, remarks: [] });
  });

  test("one too many, and too long, each with the key", () => {
    const remarks = (text: string) => configure(new Desk(lbTiny), text).remarks.map(({ code, line, argument }) => [code, line, argument]);
    const long = "x".repeat(65);
    expect(remarks("group=a:rr\ngroup=b:rr\ngroup=c:rr\nmember=a:x:1\nmember=b:x:1")).toEqual([[ConfigProblem.tooMany, 3, "group"]]);
    expect(remarks("group=a:rr\nmember=a:x:1\nmember=a:x:1\nmember=a:x:1\nmember=a:x:1")).toEqual([[ConfigProblem.tooMany, 5, "member"]]);
    expect(remarks("group=a:rr\nmember=a:x:1\nroute=::a\nroute=::a\nrule=\nroute=::a\nroute=::a")).toEqual([[ConfigProblem.tooMany, 7, "route"]]);
    expect(remarks("rule=\nrule=\nrule=")).toEqual([[ConfigProblem.tooMany, 3, "rule"]]);
    expect(remarks("rule=\nrule=\nrule=\nrule=")).toEqual([[ConfigProblem.tooMany, 4, "rule"], [ConfigProblem.tooMany, 4, "rule"]]);
    expect(remarks(`group=${long}:rr`)).toEqual([[ConfigProblem.textTooLong, 1, "group"]]);
    expect(remarks(`group=a:rr\nmember=a:${long}:1`)).toEqual([[ConfigProblem.textTooLong, 2, "member"]]);
    expect(remarks(`route=${long}::`)).toEqual([[ConfigProblem.textTooLong, 1, "route"]]);
    expect(remarks(`default=${long}`)).toEqual([[ConfigProblem.textTooLong, 1, "default"]]);
  });
});

describe("notes", () => {
  test("say what has no effect, or not the expected one", () => {
    const text = "\uFEFF# a comment after a byte order mark\nhealth_check_interval=5\nvip=1.2.3.4:80:rr\nbackend=1.2.3.4:80:[::1]:8080\ncolour=blue\n=\ngroup=empty:rr\nroute=/:h:nowhere\ndefault=neither\nrule=\ndefault=\n";
    expect(configure(new Desk(), text)).toEqual({
      status: 0,
      remarks: [
        { code: ConfigProblem.noEquals, line: 1, column: 1, argument: "\uFEFF# a comment after a byte order mark" },
        { code: ConfigProblem.notActedOn, line: 2, column: 1, argument: "health_check_interval" },
        { code: ConfigProblem.notActedOn, line: 3, column: 1, argument: "vip" },
        { code: ConfigProblem.notActedOn, line: 4, column: 1, argument: "backend" },
        { code: ConfigProblem.unknownKey, line: 5, column: 1, argument: "colour" },
        { code: ConfigProblem.unknownKey, line: 6, column: 1, argument: "" },
        { code: ConfigProblem.groupWithoutMembers, line: 7, column: 7, argument: "empty" },
        { code: ConfigProblem.groupNotDefined, line: 8, column: 11, argument: "nowhere" },
        { code: ConfigProblem.groupNotDefined, line: 9, column: 9, argument: "neither" },
      ],
    });
  });

  test("have the same bound, and do not keep the text from being loaded", () => {
    const desk = new Desk(lbTiny);
    const { status, remarks } = configure(desk, `${"nothing\n".repeat(9)}group=a:rr\nmember=a:a:1`);
    expect([status, remarks.length, remarks[2].code]).toEqual([0, 3, ConfigProblem.more]);
    expect(backends(desk, "a").length).toBe(1);
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
