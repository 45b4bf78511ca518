import { describe, expect, test } from "vitest";
import { LbErrno } from "../../../../services/lb/control.ts";
import { ConfigProblem } from "../../../../services/lb/config/problem-codes.ts";
import { lbTiny } from "../../../../services/limits.ts";
import { configure } from "../configuring.ts";
import { Desk } from "../desk.ts";

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
    ["semantics=Strict", ConfigProblem.unknownSemantics, 11, "Strict"],
    ["semantics=", ConfigProblem.unknownSemantics, 11, ""],
    ["vip=a:1:maglev", ConfigProblem.needsStrict, 9, "maglev"],
    ["group=h:p2c", ConfigProblem.needsStrict, 9, "p2c"],
    [" exact = /:h:g", ConfigProblem.needsStrict, 2, "exact"],
    ["backend=1.2.3.4:80:b:1", ConfigProblem.unknownVip, 9, "1.2.3.4"],
  ];

  test.each(cases)("%s", (line, code, column, argument) => {
    const text = `# first\ngroup=g:rr\ndefault=\n${line}\nunknown=1\nmember=g:a:1`;
    const skipped = { code: ConfigProblem.unknownKey, line: 5, column: 1, argument: "unknown" };
    expect(configure(new Desk(), text)).toEqual({ status: LbErrno.badConfiguration, remarks: [{ code, line: 4, column, argument }, skipped] });
  });

  test("all are told at once, in the order of their lines", () => {
    // A second semantics= says the same as the first one; the last of two such lines would be a duplicate.
    const lines = cases.map(([line]) => line).filter((line) => line !== "semantics=");
    const { remarks } = configure(new Desk(), `semantics=veridian\n${lines.join("\n")}\ngroup=g:rr\ndefault=`);
    // The first group=g and the first default= are sound.
    const expected = lines.flatMap((line, i) => (["group=g:rr", "default=g"].includes(line) ? [] : [i + 2]));
    expect(remarks.map((remark) => remark.line)).toEqual([...expected, lines.length + 2, lines.length + 3]);
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
    expect(codes(2 + 28 + 59)).toEqual([[unknown, ""], [unknown, "nobody"]]);
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
    // A rule that finds no room is given up: the next one may have its own default.
    expect(remarks(`${"default=\nrule=\n".repeat(3)}default=`)).toEqual([[ConfigProblem.tooMany, 6, "rule"], [ConfigProblem.tooMany, 7, "default"]]);
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
    expect(desk.run({ op: "counts" })).toEqual({ ok: { backend_groups: 1, rules: 0 } });
  });
});
