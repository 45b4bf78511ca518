import { describe, expect, it } from "vitest";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { ok } from "./exchange.ts";
import { Stage, asked } from "./stage.ts";

const post = { ...asked, method: "POST", bodyBytes: constantly(20) };

describe("a client that is not answered in time", () => {
  it("makes the request again, waiting twice as long each time, on a new connection, and then gives up", () => {
    const stage = new Stage([{ timeoutTicks: 100, retriesMax: 3, retryTicks: 20 }]);
    stage.server.reply = () => ({});
    stage.run();
    expect(stage.server.seen.map(({ connection }) => connection)).toEqual([0, 1, 2, 3]);
    const gaps = stage.server.seen.slice(1).map(({ tick }, i) => tick - stage.server.seen[i].tick);
    expect(gaps).toEqual([120, 140, 180]);
    expect(stage.account.counters).toMatchObject({ requests: 1, retries: 3, timedOut: 4, failures: 1, answers: 0 });
    expect(new Set(stage.server.seen.map((seen) => seen.field("x-label"))).size).toBe(1);
  });

  it("waits to the tick, not a tick longer", () => {
    for (const [delay, answers] of [[98, 1], [101, 0]] as const) {
      const stage = new Stage([{ timeoutTicks: 100 }], { link: { delayCycles: 1000, cyclesPerByte: 0 } });
      stage.server.replyTicks = delay;
      stage.run();
      expect(stage.account.counters).toMatchObject({ answers, failures: 1 - answers });
    }
  });

  it("measures the latency of an answer from its first try", () => {
    const stage = new Stage([{ timeoutTicks: 100, retriesMax: 1, retryTicks: 20 }]);
    stage.server.reply = (seen) => (seen.connection === 0 ? {} : { text: ok(seen) });
    stage.run();
    expect(stage.account.latency.maxMicros).toBeGreaterThan(120_000);
    expect(stage.account.latency.maxMicros).toBeLessThan(122_000);
  });

  it("reads the next answer from its first byte on, however much there was of the last one", () => {
    const stage = new Stage([{ timeoutTicks: 100, retriesMax: 1 }]);
    stage.server.reply = (seen) => ({ text: seen.connection === 0 ? `HTTP/1.1 200 OK\r\nX: ${"y".repeat(300)}` : ok(seen, 0) });
    stage.run();
    expect(stage.account.counters).toMatchObject({ timedOut: 1, answers: 1 });
  });

  it("expects nothing more of a body that it has given up", () => {
    const stage = new Stage([{ timeoutTicks: 100, retriesMax: 1 }]);
    stage.server.reply = (seen) => ({ text: seen.connection === 0 ? ok(seen, 50).slice(0, -9) : `HTTP/1.1 204 No Content\r\nX-Label: ${seen.field("x-label")}\r\n\r\n` });
    stage.run();
    expect(stage.account.counters).toMatchObject({ timedOut: 1, answers: 1 });
    expect(stage.account.statuses).toEqual({ 204: 1 });
  });

  it("goes on with its session", () => {
    const stage = new Stage([{ timeoutTicks: 10, requestsPerSession: constantly(3) }]);
    stage.server.reply = (seen) => (seen.connection === 0 ? {} : { text: ok(seen) });
    stage.run();
    expect(stage.account.counters).toMatchObject({ requests: 3, answers: 2, failures: 1, sessions: 1 });
  });
});

describe("a request that may have been done", () => {
  it.each([
    ["GET", 2], ["HEAD", 2], ["PUT", 2], ["DELETE", 2], ["OPTIONS", 2], ["TRACE", 2], ["POST", 1], ["PATCH", 1], ["CONNECT", 1], ["get", 1],
  ] as const)("%s is made %i times", (method, times) => {
    const stage = new Stage([{ retriesMax: 1, requests: [{ ...asked, method }] }]);
    stage.server.reply = () => ({ then: "reset" });
    stage.run();
    expect(stage.server.seen.length).toBe(times);
    expect(stage.account.counters).toMatchObject({ failures: 1, retries: times - 1 });
  });

  it("is made again whatever it is, if not a byte of it was sent", () => {
    const stage = new Stage([{ retriesMax: 1, requests: [post] }]);
    stage.server.listen = () => (stage.account.counters.connections === 1 ? 0 : 1);
    stage.run();
    expect(stage.account.counters).toMatchObject({ connectRefused: 1, retries: 1, answers: 1, failures: 0 });
  });
});

describe("a pipeline", () => {
  it("is as long as planned, and no longer", () => {
    const stage = new Stage([{ requestsPerSession: constantly(10), pipelineMax: 4 }]);
    stage.server.replyTicks = 10;
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 10, connections: 1, failures: 0 });
    const times = [0, 10, 20].map((later) => stage.server.seen.filter(({ tick }) => tick === stage.server.seen[0].tick + later).length);
    expect(times).toEqual([4, 4, 2]);
  });

  it("is not used by sessions that close their connections", () => {
    const stage = new Stage([{ requestsPerSession: constantly(4), pipelineMax: 4, keepAliveParts: 0 }]);
    stage.run();
    expect(stage.server.seen.map(({ connection }) => connection)).toEqual([0, 1, 2, 3]);
  });

  it("is made anew behind an answer that closes, at no cost", () => {
    const stage = new Stage([{ requestsPerSession: constantly(6), pipelineMax: 3 }]);
    stage.server.reply = (seen) => (seen.nth === 0 ? { text: ok(seen, 5, "Connection: close\r\n"), then: "close" } : {});
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 6, retries: 0, failures: 0, connections: 6 });
    expect(stage.account.counters.resent).toBe(2 + 2 + 2 + 2 + 1);
  });

  it("loses its first request only, when it breaks", () => {
    const stage = new Stage([{ requestsPerSession: constantly(3), pipelineMax: 3 }]);
    stage.server.reply = (seen) => (seen.connection === 0 ? (seen.nth === 2 ? { then: "reset" } : {}) : { text: ok(seen) });
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 2, failures: 1, connectionReset: 1, retries: 0 });
  });

  it("lets a request that must not be made twice go alone", () => {
    const stage = new Stage([{ requestsPerSession: constantly(6), pipelineMax: 6, requests: [asked, asked, post], requestOrder: "inTurn" }]);
    stage.server.replyTicks = 10;
    stage.run();
    expect(stage.server.seen.map(({ method }) => method)).toEqual(["GET", "GET", "POST", "GET", "GET", "POST"]);
    expect(stage.server.seen.map(({ tick }) => tick - stage.server.seen[0].tick)).toEqual([0, 0, 10, 20, 20, 30]);
  });
});

describe("an answer that comes before its request is whole", () => {
  it("is taken, and the connection is given up", () => {
    const stage = new Stage([{ requestsPerSession: constantly(2), requests: [{ ...post, method: "PUT", bodyBytes: constantly(100_000) }] }]);
    stage.server.early = (head) => (head.includes("0000000000000000\r\n") ? { text: "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n" } : {});
    stage.run();
    expect(stage.account.statuses).toEqual({ 200: 1, 413: 1 });
    expect(stage.account.counters).toMatchObject({ connections: 2, failures: 0, resent: 0 });
    expect(stage.leaked).toBe(0);
  });
});

describe("a connection that is kept", () => {
  it("may be closed while nobody waits: the next request makes another", () => {
    const stage = new Stage([{ requestsPerSession: constantly(3), thinkTicks: constantly(100) }]);
    stage.server.reply = (seen) => ({ text: ok(seen), then: "close" });
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 3, idleCloses: 2, failures: 0, retries: 0, connections: 3 });
    expect(stage.account.errors).toEqual({});
  });

  it("may be reset then as well", () => {
    const stage = new Stage([{ requestsPerSession: constantly(2), thinkTicks: constantly(100) }]);
    stage.server.reply = (seen) => ({ text: ok(seen) });
    stage.run();
    const reset = new Stage([{ requestsPerSession: constantly(2), thinkTicks: constantly(100) }]);
    reset.server.reply = (seen) => ({ text: ok(seen) });
    reset.server.afterTicks = { ticks: 50, then: "reset" };
    reset.run();
    expect(reset.account.counters).toMatchObject({ answers: 2, idleCloses: 1, failures: 0, connections: 2 });
  });

  it("is told of bytes that nobody asked for: no request has failed", () => {
    const stage = new Stage([{ requestsPerSession: constantly(2), thinkTicks: constantly(100) }]);
    stage.server.afterTicks = { ticks: 50, text: "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n" };
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 2, unasked: 1, failures: 0, connections: 2 });
  });
});

describe("a client that gives up on purpose", () => {
  it("resets the connection when the request is written, when the answer begins or in the middle, and does not ask again", () => {
    const stage = new Stage([{ requestsPerSession: constantly(90), abortParts: 500_000, retriesMax: 3, pipelineMax: 3, requests: [asked, { ...asked, method: "PUT", bodyBytes: constantly(5000) }] }]);
    stage.run();
    const { aborted, answers, requests, retries } = stage.account.counters;
    expect(aborted + answers).toBe(requests);
    expect(requests).toBe(90);
    expect(aborted).toBeGreaterThan(30);
    expect(aborted).toBeLessThan(60);
    expect(retries).toBe(0);
    expect(stage.leaked).toBe(0);
  });

  it("has then sent any number of bytes", () => {
    const stage = new Stage([{ requestsPerSession: constantly(60), abortParts: 1_000_000, requests: [{ ...asked, method: "PUT", bodyBytes: constantly(400) }] }]);
    stage.run();
    const cut = stage.server.partial.map((text) => text.length);
    expect(stage.account.counters).toMatchObject({ aborted: 60, answers: 0, failures: 0 });
    expect(cut.length).toBeGreaterThan(10);
    expect(new Set(cut).size).toBeGreaterThan(8);
    expect(cut.some((bytes) => bytes < 100) && cut.some((bytes) => bytes > 300)).toBe(true);
    expect(cut.every((bytes) => bytes < 400 + 150)).toBe(true);
  });
});
