/** The way of requests through a running balancer: what net hands over, and the one decision that comes back. */

import { beforeEach, describe, expect, test } from "vitest";
import { MessageFlag } from "../../../kernel/message.ts";
import { LbOpcode, Outcome } from "../../../services/lb/api.ts";
import { LbErrno, controlAnswerOffset } from "../../../services/lb/control.ts";
import { queryGroups } from "../../../sim/balancer.ts";
import { runOperation } from "../../../sim/conform/run-script.ts";
import type { Decision, NetContext, Sent } from "./stand-in-net.ts";
import { REGION_BYTES, Stage, get } from "./stand-in-net.ts";

const NONE = 0xffff;
const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const configuration = [
  "group=app:rr", "member=app:10.30.0.1:8080", "member=app:[2001:db8::9]:8081", "member=app:backend.example:8082",
  "group=empty:rr", "route=/empty::empty", "route=/nowhere::nowhere", "route=/api?x=:h.example:app", "route=/app::app",
].join("\n");

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
  expect(stage.configure(configuration)).toBe(0);
});

const outcomes = (decisions: readonly Decision[]): number[] => decisions.map((decision) => decision.outcome);

describe("a decision", () => {
  test("says what was asked, group, backend, port and address, and overtakes", () => {
    const common = { outcome: Outcome.routed, group: 0, opcode: LbOpcode.decision, flags: MessageFlag.urgent };
    expect(stage.send({ head: get("/app/1") }, { head: get("/app/2"), place: "buffer" }, { head: get("/app/3") })).toEqual([
      { ...common, requestId: 1, backend: 0, family: 4, port: 8080, address: [10, 30, 0, 1, ...zeros(12)] },
      { ...common, requestId: 2, backend: 1, family: 6, port: 8081, address: [0x20, 0x01, 0x0d, 0xb8, ...zeros(11), 9] },
      { ...common, requestId: 3, backend: 2, family: 0, port: 8082, address: zeros(16) },
    ]);
    expect(queryGroups(stage.world).groups[0].backends.map((backend) => backend.totalRequests)).toEqual([1, 1, 1]);
    expect(stage.inspect()).toMatchObject({ routed: 3, noRouteMatch: 0, malformed: 0, badDescriptors: 0, undelivered: 0 });
  });

  test("of a refusal names no backend, and the group only if one was found", () => {
    const sent = [{ head: get("/other") }, { head: get("/nowhere") }, { head: get("/empty") }];
    const nothing = { backend: NONE, family: 0, port: 0, address: zeros(16) };
    expect(stage.send(...sent)).toMatchObject([
      { outcome: Outcome.noRouteMatch, group: NONE, ...nothing },
      { outcome: Outcome.backendGroupNotFound, group: NONE, ...nothing },
      { outcome: Outcome.noHealthyBackend, group: 1, ...nothing },
    ]);
    expect(stage.inspect()).toMatchObject({ routed: 0, noRouteMatch: 1, backendGroupNotFound: 1, noHealthyBackend: 1 });
  });

  test("looks at the target with its query, and at the host as sent", () => {
    const sent = ["/api?x=1", "/api", "/API?x=1"].map((target) => ({ head: get(target, "Host: h.example") }));
    const hosts = ["Host: H.example", "Host: h.example:80", "Host:", "X: h.example"].map((line) => ({ head: get("/api?x=1", line) }));
    const miss = Outcome.noRouteMatch;
    expect(outcomes(stage.send(...sent, ...hosts, { head: get("/api?x=1") }))).toEqual([Outcome.routed, miss, miss, miss, miss, miss, miss, miss]);
  });
});

describe("required headers", () => {
  beforeEach(() => {
    const route = { path_prefix: "/", host: "", headers: [["X-Version", "v2"], ["Accept", ""]] as const, backend_group: "app" };
    expect(runOperation(stage.world, { op: "add_rule", routes: [route], default_backend: "" })).toEqual({ ok: null });
  });

  test.each([
    ["both", ["X-Version: v2", "Accept:"], true],
    ["both, the other way round and more", ["Accept: ", "A: b", "X-Version:   v2  "], true],
    ["one missing", ["X-Version: v2"], false],
    ["none", [], false],
    ["another value", ["X-Version: v1", "Accept:"], false],
    ["a longer value", ["X-Version: v22", "Accept:"], false],
    ["a name in other letters", ["x-version: v2", "Accept:"], false],
    ["a later one that counts", ["X-Version: v1", "Accept:", "X-Version: v2"], true],
    ["a later one that spoils it", ["X-Version: v2", "Accept:", "X-Version: v1"], false],
  ])("%s", (_what, lines, matches) => {
    for (const place of ["streams", "buffer"] as const) {
      expect(outcomes(stage.send({ head: get("/x", ...lines), place }))).toEqual([matches ? Outcome.routed : Outcome.noRouteMatch]);
    }
  });

  test("that lie outside the head match nothing", () => {
    const sent: Sent = { head: get("/x", "X-Version: v2", "Accept:") };
    expect(outcomes(stage.send({ ...sent, fields: { headBytes: sent.head.length - 10 } }))).toEqual([Outcome.noRouteMatch]);
    const last: Sent = { head: get("/x", "Accept:", "X-Version: v2") };
    const cut = (bytes: number): Sent => ({ ...last, fields: { headBytes: last.head.length - bytes } });
    expect(outcomes(stage.send(cut(4), cut(5)))).toEqual([Outcome.routed, Outcome.noRouteMatch]);
  });
});

describe("rate limits", () => {
  test("count by source address as text, before the rules, and share the bucket with rate messages", () => {
    stage.configure(`${configuration}\nrate_limit_rps=0\nrate_limit_burst=2`);
    const rate = (client: string) => runOperation(stage.world, { op: "rate", client, tick: 1 });
    const v6 = [0x20, 0x01, 0x0d, 0xb8, ...zeros(11), 1];
    expect(rate("10.0.0.1")).toEqual({ ok: null });
    expect(rate("2001:db8::1")).toEqual({ ok: null });
    const from = (source: readonly number[], target = "/app"): Sent => ({ head: get(target), source });
    const decisions = stage.send(from([10, 0, 0, 1]), from([10, 0, 0, 1]), from(v6, "/other"), from(v6), from([10, 0, 0, 11]));
    const limited = Outcome.rateLimitExceeded;
    expect(outcomes(decisions)).toEqual([Outcome.routed, limited, Outcome.noRouteMatch, limited, Outcome.routed]);
    expect(decisions[1]).toMatchObject({ group: NONE, backend: NONE });
    expect(rate("10.0.0.11")).toEqual({ ok: null });
    expect(rate("10.0.0.11")).toEqual({ err: "RateLimitExceeded" });
    expect(stage.inspect()).toMatchObject({ rateLimitExceeded: 2, limiterFull: 0 });
  });

  test("refill with the machine's ticks", () => {
    stage.configure(`${configuration}\nrate_limit_rps=1\nrate_limit_burst=1`);
    const one = (): number => outcomes(stage.send({ head: get("/app") }))[0];
    expect(outcomes(stage.send({ head: get("/app") }, { head: get("/app") }))).toEqual([Outcome.routed, Outcome.rateLimitExceeded]);
    stage.machine.runUntilTick(stage.machine.tick() + 2);
    expect(one()).toBe(Outcome.routed);
  });

  test("a stranger is refused when the table is full, and counted", () => {
    stage = new Stage({ limits: { limitersMax: 2 } });
    stage.configure(`${configuration}\nrate_limit_rps=0\nrate_limit_burst=9`);
    const from = (last: number): Sent => ({ head: get("/app"), source: [10, 0, 0, last] });
    expect(outcomes(stage.send(from(1), from(2), from(3), from(1)))).toEqual([Outcome.routed, Outcome.routed, Outcome.limiterFull, Outcome.routed]);
    expect(stage.inspect()).toMatchObject({ rateLimitExceeded: 0, limiterFull: 1 });
  });

  test("a stranger is refused when memory is at its end; nothing faults", () => {
    stage = new Stage({ arenaBytes: 4096 });
    stage.configure("group=app:rr\nmember=app:10.30.0.1:8080\ndefault=app");
    const sources = Array.from({ length: 30 }, (_, i) => ({ head: get("/app"), source: [0x20, 0x01, ...zeros(5), i + 1, ...new Array<number>(8).fill(0xab)] }));
    let refused = 0;
    for (let i = 0; i < 5; i++) refused += outcomes(stage.send(...sources.slice(0, 25).map((sent) => ({ ...sent, source: [...sent.source.slice(0, 15), i] })))).filter((outcome) => outcome !== Outcome.routed).length;
    expect(refused).toBeGreaterThan(0);
    expect(stage.inspect()).toMatchObject({ rateLimitExceeded: 0, limiterFull: refused });
    expect(stage.machine.report().processes.find((process) => process.name === "lb")).toMatchObject({ fault: null });
  });
});

describe("a call that is no operation", () => {
  const badOperation = [LbErrno.badOperation, controlAnswerOffset(4096), 0];
  const cues: readonly (readonly [string, (context: NetContext) => number])[] = [
    ["without a large message", (context) => context.call(context.needs.operations, LbOpcode.control, 0, 0, 50)],
    ["with another opcode", (context) => context.callLarge(context.needs.operations, LbOpcode.request, context.needs.requests, 0, 10)],
    ["without a byte", (context) => context.callLarge(context.needs.operations, LbOpcode.control, context.needs.requests, 0, 0)],
    ["whose bytes would lie where the answer goes", (context) => context.callLarge(context.needs.operations, LbOpcode.control, context.needs.requests, 1920, 100)],
    ["whose bytes would lie outside the region", (context) => context.callLarge(context.needs.operations, LbOpcode.control, context.needs.requests, 4000, 4000)],
  ];

  test.each(cues)("%s is refused", (_what, call) => {
    stage = new Stage({ controlBytes: 4096, limits: { textBytesMax: 64 } });
    stage.play((context) => void call(context));
    expect(stage.replies).toEqual([badOperation]);
    expect(runOperation(stage.world, { op: "counts" })).toEqual({ ok: { backend_groups: 0, rules: 0 } });
  });

  test("and one that nobody waits for is run all the same", () => {
    expect(stage.play((context) => void context.send(context.needs.operations, LbOpcode.control))).toEqual([]);
    expect(stage.inspect()).toMatchObject({ controlOperations: 2, controlRefusals: 1 });
  });
});

describe("what net should not have sent", () => {
  const head = get("/app", "Host: h");
  const cases: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
    ["a target outside the head", { targetOffset: head.length - 3, targetBytes: 4 }],
    ["a host outside the head", { hostOffset: 0xffff, hostBytes: 0xffff }],
    ["a head outside its region", { headOffset: REGION_BYTES - head.length + 1 }],
    ["a head as long as memory", { headBytes: 0xffff_ffff }],
    ["a head nowhere", { headPlace: 2 }],
    ["a family that there is none of", { family: 5 }],
  ];

  test.each(cases)("%s: Malformed, and the next request is served", (_what, fields) => {
    const decisions = stage.send({ head }, { head, fields }, { head });
    expect(outcomes(decisions)).toEqual([Outcome.routed, Outcome.malformed, Outcome.routed]);
    expect(decisions[1]).toMatchObject({ group: NONE, backend: NONE });
    expect(stage.inspect()).toMatchObject({ malformed: 1, routed: 2 });
  });

  test.each([
    ["a head beyond its buffer", { headOffset: 2048 - head.length + 1 }, Outcome.malformed],
    ["a head far beyond its buffer", { headOffset: 0xffff_fff0 }, Outcome.malformed],
  ])("%s", (_what, fields, outcome) => {
    expect(outcomes(stage.send({ head, place: "buffer", fields }, { head, place: "buffer" }))).toEqual([outcome, Outcome.routed]);
  });

  test("a head in a buffer that went home is nobody's: no decision, no fault", () => {
    expect(stage.send({ head, place: "buffer", fields: { headHandle: 0x7fff_0003 } }, { head, place: "buffer", fields: { headHandle: 0 } })).toEqual([expect.objectContaining({ outcome: Outcome.malformed })]);
    expect(stage.inspect()).toMatchObject({ badDescriptors: 1, malformed: 1 });
  });

  test("buffers are let go of, whatever was in them", () => {
    const sent = [{}, { targetBytes: 9999 }, { headOffset: 9999 }, { family: 0 }].map((fields): Sent => ({ head, place: "buffer", fields }));
    stage.send(...sent);
    expect(stage.machine.report().buffers.inUse).toBe(sent.length);
    expect(stage.release()).toEqual([0, 0, 0, 0]);
    expect(stage.machine.report().buffers.inUse).toBe(0);
  });

  test.each([
    ["outside the region", REGION_BYTES],
    ["across its end", REGION_BYTES - 120],
    ["at an odd place", 4],
    ["beyond 32 bits", 2 ** 40],
    ["beyond 31 bits", 2 ** 31],
  ])("a descriptor %s is counted, and answered by nobody", (_what, offset) => {
    expect(stage.play((context) => void context.send(context.needs.balancer, LbOpcode.request, offset))).toEqual([]);
    expect(stage.inspect()).toMatchObject({ badDescriptors: 1 });
    expect(outcomes(stage.send({ head }))).toEqual([Outcome.routed]);
  });

  test("a descriptor that is another request's by now is counted, and answered by nobody", () => {
    stage.send({ head });
    expect(stage.play((context) => void context.send(context.needs.balancer, LbOpcode.request, 0, 2))).toEqual([]);
    expect(stage.inspect()).toMatchObject({ badDescriptors: 1 });
    expect(outcomes(stage.play((context) => void context.send(context.needs.balancer, LbOpcode.request, 0, 1)))).toEqual([Outcome.routed]);
  });

  test("more header entries than the region has room for", () => {
    expect(stage.send({ head, fields: { headerCount: 0xffff } })).toEqual([]);
    expect(stage.inspect()).toMatchObject({ badDescriptors: 1 });
  });

  test("a decision for which net has no room waits for some: each comes, in order", () => {
    stage = new Stage({ decisionsQueue: 1 });
    stage.configure(configuration);
    expect(stage.send({ head }, { head }, { head }, { head }).map((decision) => decision.requestId)).toEqual([1, 2, 3, 4]);
    expect(stage.inspect()).toMatchObject({ routed: 4, undelivered: 0 });
  });

  test("a message of another kind does nothing", () => {
    expect(stage.play((context) => void context.send(context.needs.balancer, LbOpcode.control, 0))).toEqual([]);
    expect(stage.inspect()).toMatchObject({ badDescriptors: 0, controlOperations: 1 });
  });
});
