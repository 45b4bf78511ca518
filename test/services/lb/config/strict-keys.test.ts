import { describe, expect, test } from "vitest";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { CONFIG_ENTRIES } from "../../../../services/lb/config/keys.ts";
import { ConfigProblem } from "../../../../services/lb/config/problem-codes.ts";
import { ALGORITHM_NAMES } from "../../../../services/lb/config/value.ts";
import { UPSTREAM_KEYS } from "../../../../services/lb/config.ts";
import { ALGORITHMS, LbErrno } from "../../../../services/lb/control.ts";
import { ALGORITHM_TABLE } from "../../../../services/lb/algorithm/algorithms.ts";
import { GroupPolicy } from "../../../../services/lb/group/group-policy.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { Policy } from "../../../../services/lb/policy.ts";
import { Routing } from "../../../../services/lb/routing/routing.ts";
import { lbStandard, lbTiny } from "../../../../services/limits.ts";
import { configure } from "../configuring.ts";
import { Desk } from "../desk.ts";

const HEAD = "semantics=strict\ngroup=g:rr\nmember=g:a:1\nmember=g:[2001:db8::1]:1\nvip=192.0.2.1:80:rr\nbackend=192.0.2.1:80:a:1\nroute=/first::g\n";
const LINE = HEAD.split("\n").length;
const P = ConfigProblem;

/** Lines behind a sound head, and the one thing that is wrong with each. */
const FAULTS: readonly (readonly [string, number, number, string])[] = [
  ["semantics=strict", P.duplicateKey, 1, "semantics"],
  ["semantics=veridian", P.duplicateKey, 1, "semantics"],
  ["group=a,b:rr", P.invalidName, 7, "a,b"],
  ["group=a@b:rr", P.invalidName, 7, "a@b"],
  ["group=h:fastest", P.unknownAlgorithm, 9, "fastest"],
  ["member=g:b:1:1001", P.invalidWeight, 14, "1001"],
  ["member=g:a:1", P.duplicateMember, 10, "a"],
  ["member=g:[2001:DB8:0::1]:1:5", P.duplicateMember, 11, "2001:DB8:0::1"],
  ["vip=192.0.2.1:80:lc", P.duplicateVip, 5, "192.0.2.1"],
  ["vip=192.0.2.256:80:lc", P.invalidAddress, 5, "192.0.2.256"],
  ["vip=[192.0.2.2]:80:lc", P.invalidAddress, 6, "192.0.2.2"],
  ["vip=name:80:lc", P.invalidAddress, 5, "name"],
  ["vip=192.0.2.2:0:lc", P.invalidPort, 15, "0"],
  ["vip=192.0.2.2:80:lc:x", P.unknownAlgorithm, 18, "lc:x"],
  ["backend=192.0.2.1:81:a:1", P.unknownVip, 9, "192.0.2.1"],
  ["backend=192.0.2.1:80:a:1", P.duplicateMember, 22, "a"],
  ["route=api::g", P.invalidPath, 7, "api"],
  ["route=/a?b::g", P.invalidPath, 7, "/a?b"],
  ["route=*::g", P.invalidPath, 7, "*"],
  ["route=/::", P.emptyName, 10, ""],
  ["route=/:h", P.missingField, 7, "route requires path:host:group"],
  ["route=/:[::1:g", P.missingField, 7, "route requires path:host:group"],
  ["route=/:[10.0.0.1]:g", P.invalidHost, 9, "[10.0.0.1]"],
  ["route=/:*:g", P.invalidHost, 9, "*"],
  ["route=/:*.:g", P.invalidHost, 9, "*."],
  ["route=/:a..b:g", P.invalidHost, 9, "a..b"],
  ["route=/:a b:g", P.invalidHost, 9, "a b"],
  ["route=/:1.2.3:g", P.invalidHost, 9, "1.2.3"],
  ["route=/::g@1,", P.emptyName, 14, ""],
  ["route=/::g@1,g", P.invalidWeight, 15, ""],
  ["route=/::g@1001", P.invalidWeight, 12, "1001"],
  ["route=/::g@", P.invalidWeight, 12, ""],
  ["route=/::@1", P.emptyName, 10, ""],
  ["route=/::g@0,g@0", P.noShare, 10, "g@0,g@0"],
  ["exact=::g", P.invalidPath, 7, ""],
  ["exact=a::g", P.invalidPath, 7, "a"],
  ["default=g@x", P.invalidWeight, 11, "x"],
  ["method=GET,", P.invalidToken, 12, ""],
  ["method=GET, HEAD", P.invalidToken, 12, " HEAD"],
  ["header=X-A", P.missingField, 8, "header requires name:exact:value, name:prefix:value, name:present or name:absent"],
  ["header=X A:present", P.invalidToken, 8, "X A"],
  ["header=X-A:is:b", P.invalidWord, 12, "is"],
  ["header=X-A:exact", P.missingField, 8, "header requires name:exact:value, name:prefix:value, name:present or name:absent"],
  ["header=X-A:absent:b", P.invalidWord, 12, "absent"],
  ["hash=g", P.missingField, 6, "hash requires group:key, and a name behind header or cookie"],
  ["hash=g:url", P.invalidWord, 8, "url"],
  ["hash=g:header", P.missingField, 6, "hash requires group:key, and a name behind header or cookie"],
  ["hash=g:cookie:a b", P.invalidToken, 15, "a b"],
  ["hash=g:path:x", P.invalidWord, 13, "x"],
  ["hash=n:path", P.unknownGroup, 6, "n"],
  ["bounded_load=g:99", P.invalidNumber, 16, "99"],
  ["bounded_load=g:10001", P.invalidNumber, 16, "10001"],
  ["max_connections=g", P.missingField, 17, "max_connections requires group:number"],
  ["max_connections=g:", P.invalidNumber, 19, ""],
  ["max_connections=g:0", P.invalidNumber, 19, "0"],
  ["max_connections=g:1:1", P.invalidNumber, 19, "1:1"],
  ["max_pending=g:1", P.missingField, 13, "max_pending requires group:number:ticks"],
  ["max_pending=g:1:0", P.invalidNumber, 17, "0"],
  ["max_pending=g:1:1000000001", P.invalidNumber, 17, "1000000001"],
  ["backend_max_pending=n:1", P.unknownGroup, 21, "n"],
  ["retry_budget=g:101:1", P.invalidNumber, 16, "101"],
  ["panic=g:101", P.invalidNumber, 9, "101"],
  ["slow_start=g:x", P.invalidNumber, 14, "x"],
  ["health=g:1:2", P.missingField, 8, "health requires group:interval:timeout:jitter, and rise:fall or neither"],
  ["health=g:1:2:3:4", P.missingField, 8, "health requires group:interval:timeout:jitter, and rise:fall or neither"],
  ["health=g:1:2:3:4:256", P.invalidNumber, 18, "256"],
  ["health=g:1:2:3:4:5:6", P.invalidNumber, 18, "5:6"],
  ["eject=g:65536:1:1", P.invalidNumber, 9, "65536"],
  ["rate_limit=/a:token:1:1", P.missingField, 12, "rate_limit requires prefix:kind:rate:burst:key"],
  ["rate_limit=a:token:1:1:path", P.invalidPath, 12, "a"],
  ["rate_limit=/a:tokens:1:1:path", P.invalidWord, 15, "tokens"],
  ["rate_limit=/a:token:0:1:path", P.invalidNumber, 21, "0"],
  ["rate_limit=/a:token:1:0:path", P.invalidNumber, 23, "0"],
  ["rate_limit=/a:leaky:1:1000001:path", P.invalidNumber, 23, "1000001"],
  ["rate_limit=/a:leaky:1:1:user", P.invalidWord, 25, "user"],
  ["rate_limit=/a:leaky:1:1:network:24", P.missingField, 12, "rate_limit requires prefix:kind:rate:burst:key"],
  ["rate_limit=/a:leaky:1:1:network:33:64", P.invalidNumber, 33, "33"],
  ["rate_limit=/a:leaky:1:1:network:24:129", P.invalidNumber, 36, "129"],
  ["rate_limit=/a:leaky:1:1:header", P.missingField, 12, "rate_limit requires prefix:kind:rate:burst:key"],
  ["rate_limit=/a:leaky:1:1:header:a b", P.invalidToken, 32, "a b"],
  ["rate_limit=/a:leaky:1:1:path:x", P.invalidWord, 25, "path"],
  ["limiter_full=drop", P.invalidWord, 14, "drop"],
  ["session=a b", P.invalidToken, 9, "a b"],
  ["session=A:", P.invalidNumber, 11, ""],
  ["session=A:5:6", P.invalidNumber, 11, "5:6"],
];

describe("under strict semantics", () => {
  test.each(FAULTS)("%s", (line, code, column, argument) => {
    const desk = new Desk();
    expect(configure(desk, `${HEAD}${line}\n`)).toEqual({ status: LbErrno.badConfiguration, remarks: [{ code, line: LINE, column, argument }] });
    desk.check();
    expect(desk.usedBytes()).toBe(0);
  });

  test("all of them are told at once, in the order of their lines", () => {
    const { remarks } = configure(new Desk({ ...lbStandard, problemsMax: 1000 }), `${HEAD}${FAULTS.map(([line]) => line).join("\n")}`);
    // A line that could not stand twice may have two faults there; each still has its own line.
    expect(remarks.map((remark) => remark.line)).toEqual(FAULTS.map((_, i) => LINE + i));
  });

  test("one fault makes no others: a group or virtual IP whose algorithm is faulty is there for other lines", () => {
    for (const [word, code] of [["fastest", P.unknownAlgorithm], ["p2c", P.needsStrict]] as const) {
      const { remarks } = configure(new Desk(), `member=h:a:1\nbackend=192.0.2.1:80:a:1\nroute=/::h\ngroup=h:${word}\nvip=192.0.2.1:80:${word}\n`);
      expect(remarks.map((remark) => [remark.code, remark.line])).toEqual([[code, 4], [code, 5]]);
    }
    const { remarks } = configure(new Desk(), "semantics=stirct\nmax_connections=g:1\ngroup=g:maglev\nmember=g:a:1\n");
    expect(remarks.map((remark) => [remark.code, remark.line])).toEqual([[P.unknownSemantics, 1]]);
  });

  test("what only one line may say is said once", () => {
    const twice = (line: string): unknown => configure(new Desk(), `${HEAD}${line}\n${line}\n`).remarks;
    for (const line of ["hash=g:path", "bounded_load=g:200", "max_connections=g:1", "backend_max_connections=g:1", "max_pending=g:1:1", "backend_max_pending=g:1",
      "retry_budget=g:1:1", "panic=g:1", "slow_start=g:1", "health=g:1:1:1", "eject=g:1:1:1", "limiter_full=evict", "session="]) {
      expect(twice(line)).toEqual([{ code: P.duplicateKey, line: LINE + 1, column: 1, argument: line.split("=")[0] }]);
    }
    expect(twice("rate_limit=/:token:1:1:path")).toEqual([]);
    expect(configure(new Desk(), `${HEAD}group=h:rr\nmember=h:a:1\npanic=g:1\npanic=h:1\n`)).toEqual({ status: 0, remarks: [] });
  });

  test("a line that refines a route stands behind one, in its rule; behind a faulty one it is no fault of its own", () => {
    const codes = (text: string): unknown => configure(new Desk(), `semantics=strict\ngroup=g:rr\nmember=g:a:1\n${text}`).remarks.map(({ code, line, argument }) => [code, line, argument]);
    expect(codes("method=GET\nroute=/::g\nmethod=GET\nrule=\nheader=A:present\n")).toEqual([[P.noRoute, 4, "method"], [P.noRoute, 8, "header"]]);
    expect(codes("route=x::g\nmethod=GET\nheader=A:present\nheader=A:gone\n")).toEqual([[P.invalidPath, 4, "x"], [P.invalidWord, 7, "gone"]]);
    expect(codes("route=/::g\ndefault=g\nmethod=GET\n")).toEqual([]);
  });

  test("needs strict, with the seed's semantics, wherever semantics= stands", () => {
    const lines = CONFIG_ENTRIES.filter((entry) => entry.strictOnly).map((entry) => `${entry.name}=x`);
    expect(lines.length).toBe(17);
    const { remarks } = configure(new Desk(), lines.join("\n"));
    expect(remarks).toEqual(lines.map((line, i) => ({ code: P.needsStrict, line: i + 1, column: 1, argument: line.slice(0, -2) })));
    expect(configure(new Desk(), "group=g:maglev\nmember=g:a:1:5\nsemantics=strict\n")).toEqual({ status: 0, remarks: [] });
  });

  test("has bounds: shares, rate rules, members in all, a table of points", () => {
    const codes = (text: string): unknown => configure(new Desk(lbTiny), `semantics=strict\ngroup=g:rr\nmember=g:a:1\n${text}`).remarks.map(({ code, line, argument }) => [code, line, argument]);
    expect(codes("route=/::g@1,g@1,g@1\n")).toEqual([[P.tooMany, 4, "route"]]);
    expect(codes("rate_limit=/:token:1:1:path\n".repeat(3))).toEqual([[P.tooMany, 6, "rate_limit"]]);
    expect(codes("route=/::g\nheader=a:present\nmethod=A\nmethod=B\n")).toEqual([[P.tooMany, 7, "method"]]);
    expect(codes("group=h:ringhash\nmember=h:b:1:3\n")).toEqual([[P.tableTooLarge, 4, "h"]]);
    const narrow = new Desk({ ...lbTiny, directoryMax: 2 });
    expect(configure(narrow, "semantics=strict\ngroup=g:rr\nmember=g:a:1\nmember=g:b:1\ngroup=h:rr\nmember=h:c:1\n").remarks).toEqual([{ code: P.tooManyMembers, line: 5, column: 7, argument: "h" }]);
    expect(narrow.usedBytes()).toBe(0);
  });
});

describe("what lines say", () => {
  /** The policy of the group "g"; `others` makes groups behind it. */
  const policyOf = (lines: string, others = ""): ((field: { get(memory: Desk["memory"], at: never): number }) => number) => {
    const desk = new Desk();
    const { status, remarks } = configure(desk, `semantics=strict\n${lines}\ngroup=g:rr\nmember=g:a:1\n${others}`);
    // No algorithm goes by all of them.
    expect([status, remarks.filter((remark) => remark.code !== P.otherAlgorithm && remark.code !== P.nobodyWaits)]).toEqual([0, []]);
    const group = Routing.firstGroup.get(desk.memory, Balancer.routing.at(desk.balancer)) as GroupAddress;
    return (field) => field.get(desk.memory, Group.policy.at(group) as never);
  };

  test("about a group stands in its policy, also if it stands before the group", () => {
    const of = policyOf(
      "hash=g:path\nbounded_load=g:125\nmax_connections=g:3\nbackend_max_connections=g:2\nmax_pending=g:4:50\nbackend_max_pending=g:1\nretry_budget=g:20:3\npanic=g:40\nslow_start=g:60\nhealth=g:10:5:1:4:6\neject=g:7:8:9",
    );
    const { connectionsMax, backendConnectionsMax, pendingMax, pendingTicksMax, backendPendingMax, retryPercent, retriesLeast, panicPercent, slowStartTicks } = GroupPolicy;
    expect([connectionsMax, backendConnectionsMax, pendingMax, pendingTicksMax, backendPendingMax, retryPercent, retriesLeast, panicPercent, slowStartTicks].map(of)).toEqual([3, 2, 4, 50, 1, 20, 3, 40, 60]);
    const { probeIntervalTicks, probeTimeoutTicks, probeJitterTicks, rise, fall, ejectFailures, ejectTicks, ejectPercent, hashKey, boundedPercent } = GroupPolicy;
    expect([probeIntervalTicks, probeTimeoutTicks, probeJitterTicks, rise, fall, ejectFailures, ejectTicks, ejectPercent, hashKey, boundedPercent].map(of)).toEqual([10, 5, 1, 4, 6, 7, 8, 9, 1, 125]);
  });

  test("names of headers are tokens, of any of the bytes that a token may have", () => {
    const codes = (name: string): number[] => configure(new Desk(), `semantics=strict\nroute=/::g\nheader=${name}:present\ngroup=g:rr\nmember=g:a:1\n`).remarks.map((remark) => remark.code);
    for (let byte = 0x21; byte < 0x7f; byte++) {
      const char = String.fromCharCode(byte);
      if (char !== ":") expect(codes(`a${char}z`), char).toEqual(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(char) ? [] : [P.invalidToken]);
    }
    expect([codes("a\u00e9z"), codes("a\tz"), codes("")]).toEqual([[P.invalidToken], [P.invalidToken], [P.invalidToken]]);
  });

  test("rise 2 and fall 3 where a health= line does not say, whatever one before said", () => {
    const of = policyOf("health=h:10:5:0:7:9\nhealth=g:10:5:0", "group=h:rr\nmember=h:a:1\n");
    expect([GroupPolicy.rise, GroupPolicy.fall, GroupPolicy.probeJitterTicks].map(of)).toEqual([2, 3, 0]);
  });

  test("about sessions and full tables stands in the policy; a cookie without a name is VERIDIAN_SESSION", () => {
    const of = (lines: string): unknown => {
      const desk = new Desk();
      expect(configure(desk, `semantics=strict\n${lines}`).status).toBe(0);
      const policy = Balancer.policy.at(desk.balancer);
      const cookie = Policy.sessionCookie.get(desk.memory, policy);
      const bytes = cookie === 0 ? new Uint8Array(0) : desk.memory.u8.subarray(cookie + 4, cookie + 4 + desk.memory.view.getInt32(cookie, true));
      return [String.fromCharCode(...bytes), Policy.sessionTicks.get(desk.memory, policy), Policy.limiterFull.get(desk.memory, policy), Policy.semantics.get(desk.memory, policy)];
    };
    expect(of("session=")).toEqual(["VERIDIAN_SESSION", 0, 0, 1]);
    expect(of("session=:7\nlimiter_full=evict")).toEqual(["VERIDIAN_SESSION", 7, 1, 1]);
    expect(of("session=SID:0\nlimiter_full=refuse")).toEqual(["SID", 0, 0, 1]);
    expect(of("group=g:rr\nmember=g:a:1\nmax_connections=g:7\nsession=")).toEqual(["VERIDIAN_SESSION", 0, 0, 1]);
    expect(of("")).toEqual(["", 0, 0, 1]);
  });
});

describe("the table of keys", () => {
  test("begins with upstream's, each name once", () => {
    expect(CONFIG_ENTRIES.slice(0, UPSTREAM_KEYS.length).map(({ name, missing }) => ({ name, missing }))).toEqual(UPSTREAM_KEYS);
    expect(new Set(CONFIG_ENTRIES.map((entry) => entry.name)).size).toBe(CONFIG_ENTRIES.length);
  });

  test("names the algorithms as they name themselves", () => {
    const named = ALGORITHMS.map((_, position) => ALGORITHM_NAMES.filter((entry) => entry.algorithm === position).map((entry) => entry.name));
    expect(named).toEqual(ALGORITHM_TABLE.map((algorithm) => [...algorithm.names]));
  });
});
