/** Texts of every kind, loaded one after the other into balancers that are in use: each is taken whole or changes nothing. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { CONFIG_ENTRIES } from "../../../../services/lb/config/keys.ts";
import { ALGORITHM_NAMES } from "../../../../services/lb/config/value.ts";
import { ControlOperation, LbErrno } from "../../../../services/lb/control.ts";
import { lbStandard, lbTiny } from "../../../../services/limits.ts";
import type { LbLimits } from "../../../../services/limits.ts";
import { OperandWriter } from "../../../../sim/operands.ts";
import { configure } from "../configuring.ts";
import { AdmittingDesk } from "../connection/admitting.ts";

const narrow: LbLimits = { ...lbTiny, textBytesMax: 20, problemsMax: 40, directoryMax: 9, connectionsMax: 6 };
const roomy: LbLimits = { ...lbStandard, groupsMax: 8, directoryMax: 64, connectionsMax: 8, pendingMax: 4, limitersMax: 8, problemsMax: 100 };

const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const group = pick("a", "b", "c");
const algorithm = pick(...ALGORITHM_NAMES.map((entry) => entry.name));
const number = pick("1", "1", "2", "3", "5", "10", "50", "100", "100", "0", "70000", "");
const address = pick("10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "[2001:db8::1]", "backend.example", "other.example", "[::1", "10.0.0.256");
const path = pick("/", "/a", "/a/b", "/", "/a", "", "*", "a", "/a?b");
const host = pick("", "", "", "a.example", "*.example", "[2001:db8::1]", "10.0.0.1", "a..b", "*");
const target = fc.oneof(group, fc.array(fc.tuple(group, pick("@1", "@2", "@3", "@0", "@", "")), { minLength: 1, maxLength: 3 }).map((shares) => shares.map(([name, weight]) => name + weight).join(",")));

const join = (key: string, ...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> => fc.tuple(...parts).map((texts) => `${key}=${texts.join(":")}`);
const sound = fc.oneof(
  join("group", group, algorithm), join("member", group, address, pick("1", "80")), join("member", group, address, pick("1", "80"), number),
  join("route", path, host, target), join("exact", path, host, target), target.map((text) => `default=${text}`), pick("rule=", "method=GET", "method=GET,HEAD", "method=,"),
  join("header", pick("A", "b", ""), pick("present", "absent", "exact:x", "prefix:", "exact")), join("vip", pick("192.0.2.1", "[::1]", "name"), pick("1", "2"), algorithm),
  join("backend", pick("192.0.2.1", "[::1]", "name"), pick("1", "2"), address, pick("1", "2")), join("hash", group, pick("path", "header:X", "cookie:", "address:x")),
  join("max_connections", group, number), join("max_pending", group, number, number), join("backend_max_connections", group, number), join("health", group, number, number, number),
  join("eject", group, number, number, number), join("panic", group, number), join("slow_start", group, number), join("bounded_load", group, number), join("retry_budget", group, number, number),
  join("rate_limit", path, pick("token", "leaky"), number, number, pick("address", "path", "session", "header:X", "network:24:64", "network:24")),
  pick("session=", "session=A:5", "limiter_full=evict", "rate_limit_rps=3", "rate_limit_burst=x", "health_check_interval=5", "# nothing", "nothing", "x=y"),
);
const anyKey = fc.tuple(pick(...CONFIG_ENTRIES.map((entry) => entry.name)), fc.string({ unit: pick(..."ab:/@,.[]=* \u00e9\u20030189"), maxLength: 20 })).map(([key, value]) => `${key}=${value}`);
const line = fc.oneof({ weight: 30, arbitrary: sound }, { weight: 1, arbitrary: anyKey });
const semantics = pick("semantics=strict", "semantics=strict", "semantics=strict", "semantics=veridian", "", "semantics=x");
const groups = (one: string, other: string): string => `group=a:${one}\nmember=a:10.0.0.1:80\nmember=a:10.0.0.2:80\ngroup=b:${other}\nmember=b:10.0.0.1:80\nroute=/a::a\ndefault=b`;
const head = pick("", groups("rr", "lc"), groups("wrr", "random"), groups("iphash", "rr"));
const text = fc.tuple(head, semantics, fc.array(line, { maxLength: 4 }), fc.nat(4)).map(([made, first, lines, at]) => [...lines.slice(0, at), first, made, ...lines.slice(at)].join("\n"));

const reload = (configuration: string): Uint8Array => new OperandWriter().u8(ControlOperation.configure).text(configuration).bytes();

/** What is known from outside and inside of a balancer, but for statistics of refused operations. */
function known(desk: AdmittingDesk): unknown {
  const answers = [
    new OperandWriter().u8(ControlOperation.listGroups),
    new OperandWriter().u8(ControlOperation.dump),
    new OperandWriter().u8(ControlOperation.routeHits).u32(0).u16(500),
  ].map((operands) => desk.operate(operands.bytes()));
  expect(answers.map((answer) => answer.status)).toEqual([0, 0, 0]);
  return [desk.remembered(), desk.usedBytes(), answers, desk.groups().map((one) => [desk.nameOf(one), desk.open(one)])];
}

/** Requests, so that connections are open and some wait. */
function use(desk: AdmittingDesk, tick: number): void {
  for (let i = 0; i < 3; i++) desk.admit({ path: ["/", "/a", "/a/b"][i]!, client: [10, 0, 0, i], session: "s", tick, ticket: i });
  if (desk.chosen.connection !== 0) desk.end(desk.chosen.connection, 0, { tick });
  desk.told();
}

describe.each([
  ["narrow", narrow],
  ["roomy", roomy],
] as const)("with %s limits", (_name, limits) => {
  test("every text is taken whole, or changes nothing; and all memory comes back", () => {
    const counts = { taken: 0, overStrict: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (texts) => {
        const desk = new AdmittingDesk("", limits, 2 * 1024 * 1024);
        let strict = false;
        texts.forEach((one, i) => {
          if (!takeOrLeave(desk, one)) {
            counts.refused++;
            return;
          }
          counts.taken++;
          if (strict) counts.overStrict++;
          strict = one.includes("semantics=strict");
          if (strict) use(desk, i);
        });
        desk.check();
        desk.run({ op: "new" });
        expect(desk.usedBytes()).toBe(0);
      }),
      { seed: 5, numRuns: 200 },
    );
    expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(100);
    expect(counts.overStrict).toBeGreaterThan(20);
  });

  test("memory may end at any step of a reload, between any two texts", () => {
    let ends = 0;
    fc.assert(
      fc.property(text, text, (first, second) => void (ends += endMemory(limits, first, second))),
      { seed: 6, numRuns: 60 },
    );
    expect(ends).toBeGreaterThan(100);
  });
});

/** Loads a text. Whether it was taken; if not, nothing has changed. */
function takeOrLeave(desk: AdmittingDesk, configuration: string): boolean {
  const before = known(desk);
  const { status, remarks } = configure(desk, configuration);
  expect([0, LbErrno.badConfiguration]).toContain(status);
  expect(remarks.some((remark) => remark.code < 64)).toBe(status !== 0);
  if (status !== 0) expect(known(desk)).toEqual(before);
  return status === 0;
}

/** Has memory end at every step of a reload from one text to another. How often it ended. */
function endMemory(limits: LbLimits, first: string, second: string): number {
  const make = (): AdmittingDesk => {
    const desk = new AdmittingDesk("", limits);
    if (configure(desk, first).status === 0 && first.includes("semantics=strict")) use(desk, 1);
    return desk;
  };
  const whole = make().operate(reload(second));
  for (let steps = 0; ; steps++) {
    const desk = make();
    const before = known(desk);
    desk.allocationsLeft = steps;
    const { status } = desk.operate(reload(second));
    const left = desk.allocationsLeft;
    desk.allocationsLeft = Infinity;
    if (status === Errno.outOfMemory) expect(known(desk)).toEqual(before);
    else expect(status).toBe(whole.status);
    if (status !== Errno.outOfMemory && left > 0) return steps;
    expect(desk.operate(reload(second))).toEqual(whole);
    desk.check();
    desk.run({ op: "new" });
    expect(desk.usedBytes()).toBe(0);
  }
}

describe("memory may end at any step of a reload", () => {
  const all = `semantics=strict
session=:50
limiter_full=evict
group=a:maglev
hash=a:header:X-Key
backend_max_connections=a:1
max_pending=a:4:50
slow_start=a:5
member=a:10.0.0.1:80:2
member=a:backend.example:80
group=b:iphash
member=b:10.0.0.1:80
vip=192.0.2.1:80:rendezvous
backend=192.0.2.1:80:10.0.0.1:80
route=/a:*.example:a@2,b@1
header=X-Tenant:prefix:blue
method=GET,HEAD
exact=/b::b
rule=
default=a@1,b@3
rate_limit=/a:leaky:5:1:header:X-Key
rate_limit=/b:token:5:1:network:24:64
`;
  const other = `semantics=strict
session=SID
group=c:ringhash
member=c:10.0.0.9:80
group=a:p2c
member=a:backend.example:80
member=a:10.0.0.3:80
max_pending=a:4:50
vip=192.0.2.2:80:rr
backend=192.0.2.2:80:10.0.0.1:80
vip=192.0.2.1:80:rendezvous
backend=192.0.2.1:80:10.0.0.1:80
route=/a::a
default=c
`;
  const seed = "group=a:rr\nmember=a:10.0.0.1:80\nmember=a:10.0.0.1:80\nvip=x:1:lc\nbackend=x:1:y:2\nroute=/a::a\ndefault=a\n";

  test.each([
    ["strict to the same", all, all],
    ["strict to strict", all, other],
    ["strict to the seed's", all, seed],
    ["the seed's to strict", seed, all],
    ["the seed's to the seed's", seed, `${seed}rule=\n`],
    ["nothing to strict", "", other],
    ["strict to nothing", other, ""],
    ["strict to a faulty text", all, `${other}route=x\n`],
  ] as const)("from %s", (_name, first, second) => {
    expect(endMemory(roomy, first, second)).toBeGreaterThan(second === "" ? -1 : 10);
  });
});
