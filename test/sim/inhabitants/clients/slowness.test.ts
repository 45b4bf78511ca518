import { describe, expect, it } from "vitest";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { bodyOf, ok } from "./exchange.ts";
import { Stage, asked } from "./stage.ts";

describe("a slow reader", () => {
  const bytes = 60_000;
  const slowed = { slowBytesPerTick: 500, slowParts: 1_000_000, timeoutTicks: 0 };

  it("takes so many bytes each tick at most, and all of them in the end", () => {
    const stage = new Stage([slowed], { limits: { receiveBytesMax: 4096 } });
    stage.server.reply = (seen) => ({ text: ok(seen, bytes) });
    let before = 0;
    for (stage.runUntilTick(20); stage.account.busy > 0; stage.runUntilTick(stage.tick + 1)) {
      const { bytesIn } = stage.account;
      expect(bytesIn - before).toBeLessThanOrEqual(before === 0 ? 20 * 500 : 500);
      before = bytesIn;
    }
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 1, bodiesRight: 1 });
    expect(stage.tick).toBeGreaterThan(bytes / 500);
    expect(stage.leaked).toBe(0);
  });

  it("makes the server wait: the connection holds no more than its window", () => {
    const stage = new Stage([slowed], { limits: { receiveBytesMax: 4096 } });
    stage.server.reply = (seen) => ({ text: ok(seen, bytes) });
    stage.runUntilTick(20);
    expect(stage.unread).toBeGreaterThan(0);
    expect(stage.unread).toBeLessThanOrEqual(4096);
    expect(stage.server.unwritten).toBeGreaterThan(0);
    stage.run();
  });

  it("is one of so many clients in a million", () => {
    const stage = new Stage([{ ...slowed, slowParts: 250_000, count: 200, arrival: { kind: "constant", everyTicks: 1 } }], { stopTick: 199 });
    stage.server.reply = (seen) => ({ text: ok(seen, 5000) });
    stage.run();
    const slow = stage.account.latency.buckets.filter(({ fromMicros }) => fromMicros > 7000).reduce((sum, { count }) => sum + count, 0);
    expect(slow).toBeGreaterThan(30);
    expect(slow).toBeLessThan(70);
  });

  it("hears of the end when it has read so far", () => {
    const stage = new Stage([{ ...slowed, requestsPerSession: constantly(2), keepAliveParts: 0 }]);
    stage.server.reply = (seen) => ({ text: ok(seen, 3000), then: "close" });
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 2, failures: 0, bodiesRight: 2 });
    const broken = new Stage([slowed]);
    broken.server.reply = (seen) => ({ text: ok(seen, 3000).slice(0, -1), then: "close" });
    broken.run();
    expect(broken.account.errors).toEqual({ truncated: 1 });
    expect(broken.tick).toBeGreaterThan(6);
  });

  it("reads what has come before a reset all the same", () => {
    const stage = new Stage([slowed]);
    stage.server.reply = (seen) => ({ text: ok(seen, 3000), then: "reset" });
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 1, bodiesRight: 1, connectionReset: 0 });
  });

  it("is as slow with heads: what it has read too much of one, it waits for", () => {
    const stage = new Stage([{ ...slowed, slowBytesPerTick: 10, requestsPerSession: constantly(6), pipelineMax: 6 }]);
    stage.server.reply = (seen) => ({ text: `HTTP/1.1 204 No Content\r\nX-Label: ${seen.field("x-label")}\r\n\r\n` });
    stage.run();
    const { bytesIn, counters } = stage.account;
    expect(counters).toMatchObject({ answers: 6, connections: 1 });
    expect(stage.tick).toBeGreaterThanOrEqual(Math.floor((bytesIn * 5) / 6 / 10));
  });

  it("takes a body until the connection's end as well", () => {
    const stage = new Stage([slowed]);
    const { line, body } = bodyOf(3, 5000);
    stage.server.reply = (seen) => ({ text: `HTTP/1.1 200 OK\r\nX-Label: ${seen.field("x-label")}\r\n${line}\r\n${body}`, then: "close" });
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 1, bodiesRight: 1 });
    expect(stage.tick).toBeGreaterThanOrEqual(10);
  });
});

describe("clients whose stack is short of memory", () => {
  const short = { limits: { bufferBytesMax: 1600, receiveBytesMax: 512 }, stopTick: 0 };
  const pair = { count: 2, arrival: { kind: "bursty", everyTicks: 1, sessions: 2 }, timeoutTicks: 0, retriesMax: 1, requests: [{ ...asked, method: "POST", bodyBytes: constantly(50) }] } as const;

  it("write when there is some again, although nobody tells them", () => {
    const stage = new Stage([pair], short);
    stage.server.reply = (seen) => ({ text: ok(seen, 10) });
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 2, failures: 0, retries: 0 });
    const waited = stage.server.seen[1].cycle - stage.server.seen[0].cycle;
    expect(waited).toBeGreaterThan(500_000);
    expect(waited).toBeLessThan(1_500_000);
  });

  it("take no answer for one to a request that they could not begin to write", () => {
    const stage = new Stage([pair], short);
    stage.server.greeting = (connection) => (connection === 1 ? { text: "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n" } : {});
    stage.server.reply = (seen) => ({ text: ok(seen, 10) });
    stage.run();
    expect(stage.account.counters).toMatchObject({ unasked: 1, retries: 1, answers: 2, failures: 0 });
    expect(stage.account.statuses).toEqual({ 200: 2 });
  });
});
