import { expect, test } from "vitest";
import { boot } from "../../../kernel/boot.ts";
import { Errno } from "../../../kernel/errno.ts";
import { echo, processesOnly } from "../bench-services.ts";
import type { Actor } from "./stage.ts";
import { Stage } from "./stage.ts";

const MANY = 1_000_000;

function stageWith(messagesPerSecond: number, bytesPerSecond: number, queue = 1024): Stage {
  return new Stage({
    server: { receives: ["requests"], queues: { requests: queue }, onMessage: (context) => context.reply(0) },
    client: {
      needs: { target: "endpoint", news: "channel:send", papers: "region:write" },
      grants: { target: "server.requests", news: "news", papers: "papers" },
      rate: { messagesPerSecond, bytesPerSecond },
      batch: true,
    },
  }, { manifest: { channels: { news: {} }, regions: { papers: { bytes: 4096 } } } });
}

/** Sends until it is refused. How many went out; the refusal must be the rate's. */
const sendAll = (context: Actor): number => {
  for (let sent = 0; ; sent++) {
    const status = context.send(context.needs.target!, 1);
    if (status !== Errno.ok) return status === Errno.rateLimitExceeded ? sent : status;
  }
};

for (const poll of [1, 7, 19, 97, 250, 911]) {
  test(`100 a second, asked every ${poll} ticks: a second's worth at once, then exactly 100 in each second, with no drift`, () => {
    const stage = stageWith(100, MANY);
    expect(stage.play("client", sendAll)).toBe(100);
    const start = stage.machine.tick();
    const sentBy: [number, number][] = [];
    let sent = 0;
    while (stage.machine.tick() - start < 5000) {
      stage.pass(poll);
      sent += stage.play("client", sendAll);
      sentBy.push([stage.machine.tick() - start, sent]);
    }
    // To the tick what has trickled in, and nothing more: in any window of a second, and over all.
    for (const [tick, count] of sentBy) expect(count).toBe(Math.floor(tick / 10));
  });
}

test("a rate that no tick's share is a whole of: 7 a second, over ten seconds", () => {
  const stage = stageWith(7, MANY);
  let sent = stage.play("client", sendAll) - 7;
  for (let tick = 0; tick < 10_000; tick += 13) {
    stage.pass(13);
    sent += stage.play("client", sendAll);
  }
  expect(sent).toBe(Math.floor((Math.ceil(10_000 / 13) * 13 * 7) / 1000));
});

test("after a long silence a second's worth is there, not more", () => {
  const stage = stageWith(50, MANY);
  stage.pass(20_000);
  expect(stage.play("client", sendAll)).toBe(50);
});

test("bytes are limited as well: 48 a small message, header and payload of a large one besides", () => {
  const stage = stageWith(MANY, 48 * 10);
  expect(stage.play("client", sendAll)).toBe(10);
  stage.pass(1000);
  // 48 + 120 + 264 are 432 of 480: room for one small one more.
  expect(stage.play("client", (context) => [context.sendLarge(context.needs.target!, 1, context.needs.papers!, 0, 264), context.send(context.needs.target!, 1), context.send(context.needs.target!, 1)])).toEqual([0, 0, Errno.rateLimitExceeded]);
  stage.pass(1000);
  expect(stage.play("client", (context) => [context.sendLarge(context.needs.target!, 1, context.needs.papers!, 0, 313), context.sendLarge(context.needs.target!, 1, context.needs.papers!, 0, 312)])).toEqual([Errno.rateLimitExceeded, 0]);
});

test("what is refused costs nothing, whoever refuses", () => {
  const stage = stageWith(5, MANY, 2);
  stage.play("server", (context) => context.sleep(2));
  const statuses = stage.play("client", (context) => Array.from({ length: 20 }, () => context.send(context.needs.target!, 1)));
  expect(statuses).toEqual([0, 0, ...Array.from({ length: 18 }, () => Errno.channelFull)]);
  expect(stage.record("rates", 0)).toMatchObject({ refused: 0 });
  stage.pass(3);
  const rest = stage.play("client", (context) => Array.from({ length: 5 }, () => context.channelSend(context.needs.news!, 1)));
  expect(rest).toEqual([0, 0, 0, Errno.rateLimitExceeded, Errno.rateLimitExceeded]);
  expect(stage.record("rates", 0)).toMatchObject({ refused: 2 });
});

test("calls, sendWait, batches and channels count; answers do not", () => {
  const stage = stageWith(4, MANY);
  stage.play("client", (context) => context.call(context.needs.target!, 1));
  stage.play("client", (context) => context.sendWait(context.needs.target!, 1));
  expect(stage.play("client", (context) => [context.batchAdd(1), context.batchAdd(1), context.batchAdd(1), context.batchFlush(context.needs.target!)])).toEqual([0, 0, 0, 1]);
  for (const call of ["call", "sendWait"] as const) {
    expect(stage.play("client", (context) => context[call](context.needs.target!, 1))).toBe(Errno.rateLimitExceeded);
  }
  expect(stage.play("client", (context) => context.channelSend(context.needs.news!, 1))).toBe(Errno.rateLimitExceeded);
  stage.pass(250);
  expect(stage.play("client", (context) => context.batchFlush(context.needs.target!))).toBe(0);
});

test("each process has buckets of its own, and who asks for none has no limit", () => {
  const client = { needs: { target: "endpoint" }, grants: { target: "server.requests" } } as const;
  const stage = new Stage({ server: { receives: ["requests"] }, a: { ...client, rate: { messagesPerSecond: 3, bytesPerSecond: MANY } }, b: { ...client, rate: { messagesPerSecond: 5, bytesPerSecond: MANY } }, c: client });
  expect([stage.play("a", sendAll), stage.play("b", sendAll), stage.play("c", sendAll)]).toEqual([3, 5, Errno.channelFull]);
});

test("rates below 1, of fractions and beyond 2^31 are the manifest's fault", () => {
  const line = { service: echo, priority: "userNormal", arenaBytes: 4096 } as const;
  for (const messagesPerSecond of [0, -1, 0.5, 2 ** 31]) {
    expect(() => boot(processesOnly({ a: { ...line, rate: { messagesPerSecond, bytesPerSecond: 1 } } }))).toThrow(`processes.a.rate.messagesPerSecond: ${messagesPerSecond}; expected 1 to 2147483647`);
  }
  expect(() => boot(processesOnly({ a: { ...line, rate: { messagesPerSecond: 1, bytesPerSecond: 0 } } }))).toThrow("processes.a.rate.bytesPerSecond: 0;");
});
