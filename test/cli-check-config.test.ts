import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { BUILT_IN_CONFIGURATION } from "../sim/machines/configuration.ts";
import type { Ran } from "./commanding.ts";
import { inFolder, veridian } from "./commanding.ts";

/** Checks a file of that content; its path is shortened to its name. */
function check(content: string | Uint8Array, ...options: string[]): Ran {
  return inFolder((path) => {
    writeFileSync(path("lb.conf"), content);
    const { code, out, err } = veridian("check-config", path("lb.conf"), ...options);
    const short = (text: string): string => text.replaceAll(path("lb.conf"), "lb.conf");
    return { code, out: short(out), err: short(err) };
  });
}

const STRICT = `# Everything at once.
semantics=strict
group=app:maglev
bounded_load=app:125
member=app:10.0.0.1:80:5
member=app:[2001:db8::1]:80
group=api:rr
member=api:10.0.1.1:80
route=/api:*.example.com:api@3,app@1
method=GET,HEAD
header=X-Tenant:prefix:blue
default=app
vip=192.0.2.1:443:lc
backend=192.0.2.1:443:10.0.2.1:443
`;

describe("check-config", () => {
  test("is listed, and explains itself", () => {
    expect(veridian("--help").out).toContain("check-config");
    const { code, out } = veridian("check-config", "--help");
    expect(code).toBe(0);
    for (const piece of ["check-config FILE [OPTIONS]", "--manifest", "--set", "--json", "Examples", "Exit codes"]) expect(out).toContain(piece);
  });

  test("says what a sound configuration makes", () => {
    expect(check(BUILT_IN_CONFIGURATION)).toEqual({
      code: 0,
      out: "lb.conf is sound: 2 groups, 5 members, 2 routes, 0 virtual IPs with 0 backends; semantics=veridian; 0 notes\n",
      err: "",
    });
    expect(check(STRICT)).toEqual({ code: 0, out: "lb.conf is sound: 2 groups, 3 members, 1 route, 1 virtual IP with 1 backend; semantics=strict; 0 notes\n", err: "" });
    expect(check(gzipSync(STRICT)).code).toBe(0);
    expect(check("").code).toBe(0);
  });

  test("prints all problems and notes at once, in the order of their lines, with what may have been meant", () => {
    const { code, out, err } = check("group=app:rr\ngroup=api:maglev\ncolour=blue\nmember=ap:10.0.0.1:80\nmember=app:10.0.0.1:http\nnonsense\nroute=/\n");
    expect([code, err]).toEqual([2, ""]);
    expect(out.split("\n")).toEqual([
      'lb.conf:2:11: problem: "maglev" is not for semantics=veridian',
      "    expected a line semantics=strict",
      'lb.conf:3:1: note: the key "colour" means nothing: the line is skipped',
      expect.stringContaining("    expected one of health_check_interval, rate_limit_rps"),
      'lb.conf:4:8: problem: no line defines the group "ap"',
      "    expected a line group=ap:ALGORITHM",
      "    perhaps app was meant",
      'lb.conf:5:21: problem: the port is "http"',
      "    expected 1 to 65535; a vip= line under semantics=veridian may say 0",
      'lb.conf:6:1: note: the line has no "=": it is skipped',
      "    expected KEY=VALUE",
      "lb.conf:7:7: problem: parts of the value are missing",
      "    expected path:host:group",
      "lb.conf cannot be loaded: 4 problems, 2 notes",
      "",
    ]);
  });

  test("knows the ranges and words of each key under strict semantics", () => {
    const { out } = check("semantics=strict\ngroup=app:rr\npanic=app:101\nhealth=app:5:0:0\nhash=app:pathh\nrate_limit=/:token:5:0:address\nsession=A:x\nroute=api::app\n");
    for (const piece of [
      "lb.conf:3:11: problem: \"101\" is no number that fits here\n    expected a percentage of 1 to 100\n",
      "lb.conf:4:14: problem: \"0\" is no number that fits here\n    expected a number of ticks of 1 to 1000000000\n",
      "lb.conf:5:10: problem: \"pathh\" means nothing here\n    expected one of address, path, host, header:NAME, cookie:NAME\n    perhaps path was meant\n",
      "lb.conf:6:22: problem: \"0\" is no number that fits here\n    expected a burst of 0 to 1000000, of token 1 at least\n",
      "lb.conf:7:11: problem: \"x\" is no number that fits here\n    expected a number of ticks of 0 to 1000000000\n",
      "lb.conf:8:7: problem: \"api\" is no path\n    expected a path that begins with \"/\" and has no query\n    perhaps /api was meant\n",
    ]) {
      expect(out).toContain(piece);
    }
  });

  test("as JSON", () => {
    const { code, out } = check("group=app:rb\nx=1\n", "--json");
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      schema: 1,
      file: "lb.conf",
      machine: "standard",
      loadable: false,
      summary: null,
      problems: [],
      findings: [{ code: "unknownAlgorithm", note: false, line: 1, column: 11, suggestion: "rr" }, { code: "unknownKey", note: true, line: 2, column: 1 }],
    });
    expect(JSON.parse(check(STRICT, "--json").out)).toMatchObject({ loadable: true, findings: [], summary: { semantics: "strict", groups: 2, members: 3, routes: 1, vips: 1, backends: 1 } });
  });

  test("judges for the machine that is meant", () => {
    const three = "group=a:rr\nmember=a:x:1\ngroup=b:rr\nmember=b:x:1\ngroup=c:rr\nmember=c:x:1\n";
    expect(check(three, "--manifest", "tiny").out).toContain("lb.conf:5:1: problem: there is no room for another group");
    expect(check(three).code).toBe(0);
    expect(check(three, "--set", "lb.groups=2").code).toBe(2);
    expect(check(STRICT, "--set", "arena.lb=16K")).toMatchObject({ code: 2, out: expect.stringContaining("the load balancer of machine standard refuses it: outOfMemory; expected an arena with room for it (--set arena.lb=SIZE)") });
    expect(check(`${STRICT}nosuch:`, "--set", "arena.lb=16K").out).toContain("lb.conf:15:1: note");
    expect(check(STRICT, "--set", "arena.bl=1M").err).toContain("arena.lb, perhaps");
  });
});

describe("check-config with texts that are none", () => {
  test("lists thousands of problems", () => {
    const { code, out } = check("member=nobody:a:1\n".repeat(3000));
    expect(code).toBe(2);
    expect(out).toContain("lb.conf:3000:8: problem:");
    expect(out).toMatch(/lb\.conf cannot be loaded: 3,000 problems, 0 notes\n$/);
  });

  test("refuses what is too long, with what a machine takes, and still lists its problems", () => {
    const { code, out } = check(`${"route=/a::app\n".repeat(5000)}group=x:nothing\n`);
    expect(code).toBe(2);
    expect(out).toContain("lb.conf: the text has 70016 bytes; expected at most 65411 on machine standard");
    expect(out).toContain('lb.conf:5001:9: problem: there is no algorithm "nothing"');
    expect(check("x".repeat(1_048_577)).err).toBe("veridian check-config: lb.conf: the file has 1048577 bytes; expected at most 1048576: is this the right file?\n");
    expect(check(gzipSync("x".repeat(4_000_000)))).toMatchObject({ code: 2, out: "", err: expect.stringContaining("unpacked, the file has too many bytes") });
  });

  test("refuses what is no text, and what is not there", () => {
    expect(check("group=a:rr\n\0").err).toBe("veridian check-config: lb.conf: byte 11 is 0; expected text (UTF-8)\n");
    expect(check(Uint8Array.of(0x23, 0xc3, 0xa4, 0xff)).err).toBe("veridian check-config: lb.conf: byte 3 is no UTF-8; expected text (UTF-8)\n");
    expect(veridian("check-config", "/nowhere/lb.conf")).toMatchObject({ code: 2, out: "", err: expect.stringContaining("there is none of that name") });
    expect(veridian("check-config")).toMatchObject({ code: 2, err: expect.stringContaining("FILE: it is missing") });
  });
});
