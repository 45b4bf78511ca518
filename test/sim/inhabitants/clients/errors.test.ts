import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClientPlan } from "../../../../sim/scenario/plan.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import type { Seen } from "./exchange.ts";
import { bodyOf, ok } from "./exchange.ts";
import type { Reply } from "./server.ts";
import { Stage, asked } from "./stage.ts";

const post = { ...asked, method: "POST", bodyBytes: constantly(20) };
const SEED = 21;

interface Row {
  readonly what: string;
  readonly reply: (seen: Seen) => Reply;
  /** The one error there is, or what is counted instead. */
  readonly errors?: Record<string, number>;
  readonly counters?: Record<string, number>;
  readonly statuses?: Record<string, number>;
  readonly plan?: Partial<ClientPlan>;
}

const head = (lines: string, status = "200 OK") => `HTTP/1.1 ${status}\r\n${lines}\r\n`;
const { line: tenLine, body: ten } = bodyOf(7, 10);
const answeredOnce = { answers: 1, failures: 0 };

const rows: readonly Row[] = [
  { what: "no answer", reply: () => ({}), errors: { timedOut: 1 } },
  { what: "half a head, and nothing more", reply: () => ({ text: "HTTP/1.1 200 O" }), errors: { timedOut: 1 } },
  { what: "a close without a byte", reply: () => ({ then: "close" }), errors: { endedEarly: 1 } },
  { what: "a close in the head", reply: () => ({ text: "HTTP/1.1 200 OK\r\nContent-Le", then: "close" }), errors: { truncated: 1 } },
  { what: "a close in a body of known length", reply: () => ({ text: `${head("Content-Length: 11\r\n")}0123456789`, then: "close" }), errors: { truncated: 1 } },
  { what: "a close behind a length, before the body", reply: () => ({ text: head("Content-Length: 11\r\n"), then: "close" }), errors: { truncated: 1 } },
  { what: "a close between chunks", reply: () => ({ text: `${head("Transfer-Encoding: chunked\r\n")}3\r\nabc\r\n`, then: "close" }), errors: { truncated: 1 } },
  { what: "a reset without a byte", reply: () => ({ then: "reset" }), errors: { connectionReset: 1 } },
  { what: "a reset in a body that only the end delimits", reply: () => ({ text: `${head("")}abc`, then: "reset" }), errors: { connectionReset: 1 } },
  { what: "another protocol", reply: () => ({ text: "SSH-2.0-x\r\n\r\n" }), errors: { badHead: 1 } },
  { what: "HTTP/2.0", reply: () => ({ text: "HTTP/2.0 200 OK\r\n\r\n" }), errors: { badHead: 1 } },
  { what: "two lengths", reply: () => ({ text: head("Content-Length: 1\r\nContent-Length: 2\r\n") }), errors: { badHead: 1 } },
  { what: "length and chunks", reply: () => ({ text: head("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n") }), errors: { badHead: 1 } },
  { what: "a folded line", reply: () => ({ text: head("A: b\r\n c\r\n") }), errors: { badHead: 1 } },
  { what: "an upgrade that nobody wanted", reply: () => ({ text: head("Upgrade: x\r\n", "101 Switching Protocols") }), errors: { badHead: 1 }, counters: { interim: 1 } },
  { what: "a chunk without a size", reply: () => ({ text: `${head("Transfer-Encoding: chunked\r\n")}xyz\r\n` }), errors: { badBody: 1 } },
  { what: "a chunk that goes on too long", reply: () => ({ text: `${head("Transfer-Encoding: chunked\r\n")}3\r\nabcd\r\n` }), errors: { badBody: 1 } },
  { what: "a head without an end", reply: () => ({ text: `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(8000)}` }), errors: { headTooLarge: 1 } },
  { what: "somebody else's answer", reply: () => ({ text: head("X-Label: 0000000100000000\r\nContent-Length: 0\r\n") }), errors: { foreign: 1 } },
  { what: "the answer to an earlier request", reply: (seen) => ({ text: ok(seen).replace("X-Label: 0000000000000001", "X-Label: 0000000000000000") }), errors: { foreign: 1 }, plan: { requestsPerSession: constantly(2) }, counters: { answers: 1, failures: 1 } },
  { what: "a label that is none", reply: () => ({ text: head("X-Label: me\r\nContent-Length: 0\r\n") }), errors: { foreign: 1 } },
  { what: "bytes behind the answer", reply: (seen) => ({ text: `${ok(seen)}HTTP/1.1 200 OK\r\n` }), errors: { unasked: 1 }, counters: { ...answeredOnce }, plan: { requestsPerSession: constantly(1) } },
  { what: "a body that is not what it says", reply: (seen) => ({ text: ok(seen).slice(0, -1).concat("?") }), counters: { ...answeredOnce, bodiesWrong: 1, bodiesRight: 0 }, statuses: { 200: 1 } },
  { what: "a body shorter than it says", reply: () => ({ text: `${head(`${tenLine}Connection: close\r\n`)}${ten.slice(0, 9)}`, then: "close" }), counters: { ...answeredOnce, bodiesWrong: 1 } },
  { what: "a body until the end", reply: () => ({ text: `${head(tenLine)}${ten}`, then: "close" }), counters: { ...answeredOnce, bodiesRight: 1 } },
  { what: "a body in chunks, with a trailer", reply: () => ({ text: `${head(`${tenLine}Transfer-Encoding: chunked\r\n`)}4\r\n${ten.slice(0, 4)}\r\n6;x=y\r\n${ten.slice(4)}\r\n0\r\nT: v\r\n\r\n` }), counters: { ...answeredOnce, bodiesRight: 1 } },
  { what: "a body of which nothing is said", reply: () => ({ text: `${head("Content-Length: 3\r\n")}abc` }), counters: { ...answeredOnce, bodiesUnsaid: 1, unlabelled: 1 } },
  { what: "interim answers before the final one", reply: (seen) => ({ text: `${head("", "100 Continue")}${head("Link: x\r\n", "103 Early Hints")}${ok(seen)}` }), counters: { ...answeredOnce, interim: 2, bodiesRight: 1 } },
  { what: "no body, although there is a length", reply: () => ({ text: head("Content-Length: 99\r\n", "304 Not Modified") }), counters: answeredOnce, statuses: { 304: 1 } },
  { what: "an answer to HEAD", reply: (seen) => ({ text: ok(seen) }), counters: { ...answeredOnce, bodiesRight: 0, bodiesWrong: 0 }, plan: { requests: [{ ...asked, method: "HEAD" }] } },
  { what: "an error, which is an answer too", reply: (seen) => ({ text: ok(seen, 3, "", "503 Service Unavailable") }), counters: answeredOnce, statuses: { 503: 1 }, plan: { retriesMax: 5 } },
  { what: "a request's body that did not come through", reply: (seen) => ({ text: ok(seen, 0, "X-Received: other\r\n") }), counters: { ...answeredOnce, requestsWrong: 1 } },
  { what: "a request's body that came through", reply: (seen) => ({ text: ok(seen, 0, "X-Received: same\r\n") }), counters: { ...answeredOnce, requestsWrong: 0 } },
];

function sound(stage: Stage): void {
  const { counters, pending, busy, statuses, latency } = stage.account;
  expect(counters.answers + counters.failures + counters.aborted).toBe(counters.requests);
  expect(Object.values(statuses).reduce((sum, answers) => sum + answers, 0)).toBe(counters.answers);
  expect(latency.count).toBe(counters.answers);
  expect([pending, busy, stage.leaked]).toEqual([0, 0, 0]);
}

describe("a client whose server sends", () => {
  it.each(rows)("$what", ({ reply, errors = {}, counters = { answers: 0, failures: 1 }, statuses, plan = {} }) => {
    const stage = new Stage([plan]);
    stage.server.reply = reply;
    stage.run();
    expect(stage.account.errors).toEqual(errors);
    expect(stage.account.counters).toMatchObject(counters);
    if (statuses !== undefined) expect(stage.account.statuses).toEqual(statuses);
    sound(stage);
  });

  it.each([
    ["with a length", `${head(`X-Label: 0000000000000000\r\n${tenLine}Content-Length: 10\r\n`)}${ten}`],
    ["in chunks", `${head("", "103 Early Hints")}${head(`${tenLine}Transfer-Encoding: chunked\r\n`)}4\r\n${ten.slice(0, 4)}\r\n6;x=y\r\n${ten.slice(4)}\r\n0\r\nT: v\r\n\r\n`],
  ])("an answer %s in two pieces, cut anywhere", (_, text) => {
    for (let cut = 1; cut < text.length; cut++) {
      const stage = new Stage([{}]);
      stage.server.reply = () => ({ text: text.slice(0, cut) });
      stage.server.afterTicks = { ticks: 3, text: text.slice(cut) };
      stage.run();
      expect([cut, stage.account.counters.answers, stage.account.counters.bodiesRight, stage.account.errors]).toEqual([cut, 1, 1, {}]);
    }
  });

  it("a long head in two pieces, and a short one behind it", () => {
    const stage = new Stage([{ requestsPerSession: constantly(2) }]);
    stage.server.reply = (seen) => ({ text: seen.nth === 0 ? `HTTP/1.1 204 No Content\r\nX: ${"y".repeat(300)}\r` : head("", "204 No Content") });
    stage.server.afterTicks = { ticks: 3, text: "\n\r\n" };
    stage.run();
    expect(stage.account.statuses).toEqual({ 204: 2 });
  });

  it("anything at all, at any byte cut and followed by any end: every request ends once, nothing is left", () => {
    const garbage = fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom(...rows.map(({ reply }) => reply({ nth: 0, method: "GET", field: () => "0000000000000000" } as unknown as Seen).text ?? "")));
    const replies = fc.array(fc.record({ text: garbage, cut: fc.nat(200), then: fc.constantFrom("close" as const, "reset" as const, undefined) }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(replies, fc.constantFrom(1, 3), fc.nat(2), (all, pipelineMax, retriesMax) => {
        const stage = new Stage([{ requestsPerSession: constantly(6), pipelineMax, retriesMax, timeoutTicks: 50, requests: [asked, post] }]);
        let next = 0;
        stage.server.reply = (seen) => {
          const { text, cut, then } = all[next++ % all.length];
          return { text: next % 3 === 0 ? ok(seen) : text.slice(0, cut), ...(then === undefined ? {} : { then }) };
        };
        stage.run();
        sound(stage);
        expect(stage.account.counters.requests).toBe(6);
      }),
      { seed: SEED, numRuns: 120 },
    );
  });
});

describe("a client that cannot connect", () => {
  it.each([
    { what: "refused", owner: 0, kind: "connectRefused" },
    { what: "not answered", owner: -1, kind: "connectTimedOut" },
  ])("since it is $what", ({ owner, kind }) => {
    const stage = new Stage([{ timeoutTicks: 0, retriesMax: 2 }], { limits: { connectTriesMax: 1 } });
    stage.server.listen = () => owner;
    stage.run();
    expect(stage.account.errors).toEqual({ [kind]: 3 });
    expect(stage.account.counters).toMatchObject({ requests: 1, failures: 1, retries: 2, answers: 0, connections: 3 });
    sound(stage);
  });

  it("since its stack has no room", () => {
    const stage = new Stage([{ count: 3, arrival: { kind: "bursty", everyTicks: 1, sessions: 3 }, requestsPerSession: constantly(2), thinkTicks: constantly(100) }], { limits: { connectionsMax: 2 }, stopTick: 0 });
    stage.run();
    expect(stage.account.errors).toEqual({ connectFailed: 2 });
    expect(stage.account.counters).toMatchObject({ requests: 6, answers: 4, failures: 2 });
    sound(stage);
  });

  it("loses it while it is silent for too long", () => {
    const stage = new Stage([{ timeoutTicks: 0, requests: [post] }], { limits: { triesMax: 2, retransmitTicksMax: 400 }, link: { delayCycles: 1_000_000 } });
    stage.server.reply = () => ({});
    stage.lose = (number) => number === 0 && stage.tick > 3;
    stage.run();
    expect(stage.account.errors).toEqual({ connectionTimedOut: 1 });
  });
});
