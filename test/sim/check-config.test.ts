import { describe, expect, test } from "vitest";
import { boot } from "../../kernel/boot.ts";
import { LbErrno } from "../../services/lb/control.ts";
import { stoppedProcesses } from "../../sim/accounting.ts";
import { configure } from "../../sim/balancer.ts";
import { checkConfig } from "../../sim/check-config.ts";
import { standard } from "../../sim/machines/standard.ts";
import { tiny } from "../../sim/machines/tiny.ts";
import { problemText } from "../../sim/problem.ts";
import { worldOf } from "../../sim/world.ts";

/** As much text as the standard machine's mailbox carries, made of these lines. */
function fill(head: string, line: (name: string) => string, bytesMax = 65_411): string {
  let text = head;
  for (let i = 0; ; i++) {
    const next = line(i.toString(36));
    if (text.length + next.length > bytesMax) return text;
    text += next;
  }
}

describe("the longest configurations", () => {
  test.each([
    ["routes", fill("group=a:rr\n", (name) => `route=/${name}::a\n`)],
    ["strict routes with hosts of their own", fill("semantics=strict\ngroup=a:rr\n", (name) => `route=/${name}/:h${name}:a\n`)],
    ["conditions", fill("semantics=strict\nroute=/::a\n", (name) => `${Number.parseInt(name, 36) % 30 === 29 ? "route=/::a\n" : ""}header=h${name}:exact:v\n`)],
    ["shares", fill("semantics=strict\n", (name) => `route=/${name}::a@1,b@2,c@3\n`)],
    ["groups", fill("semantics=strict\n", (name) => `group=${name}:maglev\nmember=${name}:b:1\n`)],
    ["virtual IPs", fill("", (name) => `vip=${name}:1:rr\nbackend=${name}:1:b:1\n`)],
    ["problems", fill("", () => "vip=\n")],
    ["notes", fill("", () => "a\n")],
  ])("do not stop the balancer, loaded twice: %s", (_name, text) => {
    const world = worldOf(boot(standard.manifest({ ramBytes: 32 * 1024 * 1024, settings: { "arena.lb": 16 * 1024 * 1024 } })));
    world.machine.runUntilQuiet(10);
    for (let i = 0; i < 2; i++) expect([0, LbErrno.badConfiguration]).toContain(configure(world, text).status);
    expect(stoppedProcesses(world.machine)).toEqual([]);
  });
});

describe("a check", () => {
  test("finds every problem of a text that no machine of its kind would carry", () => {
    const { findings, problems, summary } = checkConfig(tiny.manifest(), "member=nobody:a:1\n".repeat(500));
    expect(findings.map((finding) => finding.line)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    expect(problems.map((one) => problemText(one))).toEqual([expect.stringMatching(/^the text has 9000 bytes; expected at most \d+ on machine tiny/)]);
    expect(summary).toBeNull();
  });

  test("says of a machine without memory for the text what is wrong with the text as well", () => {
    const text = `${Array.from({ length: 200 }, (_, i) => `group=g${i}:rr\nmember=g${i}:a:1\n`).join("")}colour=1\n`;
    const { findings, problems } = checkConfig(standard.manifest({ settings: { "arena.lb": 20 * 1024 } }), text);
    expect(problems.map((one) => one.found)).toEqual(["the load balancer of machine standard refuses it: outOfMemory"]);
    expect(findings.map(({ code, line }) => [code, line])).toEqual([["unknownKey", 401]]);
  });

  test("sums up what was made, under either semantics", () => {
    const made = "group=a:rr\nmember=a:x:1\nmember=a:x:2\nroute=/::a\nrule=\nroute=/::a\nvip=192.0.2.1:1:rr\n";
    expect(checkConfig(standard.manifest(), `${made}# semantics=strict\n`).summary).toEqual({ semantics: "veridian", groups: 1, members: 2, routes: 2, vips: 1, backends: 0 });
    expect(checkConfig(standard.manifest(), ` semantics =  strict\n${made}`).summary).toEqual({ semantics: "strict", groups: 1, members: 2, routes: 2, vips: 1, backends: 0 });
  });
});
