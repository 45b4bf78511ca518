import { describe, expect, it } from "vitest";
import { clientView } from "../../../../sim/inhabitants/clients/account.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { isWhole, ok } from "./exchange.ts";
import { Stage, asked } from "./stage.ts";

const post = { ...asked, method: "POST", target: "/up", bodyBytes: constantly(10_000) };

describe("clients", () => {
  it("ask and are answered, on one connection", () => {
    const stage = new Stage([{ requestsPerSession: constantly(5) }]);
    stage.run();
    expect(stage.account).toMatchObject({ counters: { sessions: 1, connections: 1, requests: 5, answers: 5, bodiesRight: 5 }, statuses: { 200: 5 }, errors: {}, bodyBytesIn: 500, busy: 0, pending: 0 });
    expect(stage.server.seen.map(({ text }) => text)).toEqual([0, 1, 2, 3, 4].map((n) => `GET / HTTP/1.1\r\nHost: site\r\nX-Label: 000000000000000${n}\r\n\r\n`));
    expect(stage.leaked).toBe(0);
  });

  it("have addresses that follow each other, and are taken in turn", () => {
    const stage = new Stage([{ count: 3, arrival: { kind: "constant", everyTicks: 10 } }], { stopTick: 40 });
    stage.run();
    expect(stage.server.seen.map(({ from }) => from)).toEqual(["10.1.0.7", "10.1.0.8", "10.1.0.9", "10.1.0.7", "10.1.0.8"]);
    expect(stage.server.seen[1].tick - stage.server.seen[0].tick).toBe(10);
    expect(clientView(stage.clients, 2)).toMatchObject({ address: "10.1.0.9", sessions: 1, requests: 1, answers: 1, lastStatus: 200 });
  });

  it("go on to the next octet, and have IPv6 addresses as well", () => {
    const stage = new Stage([
      { firstAddress: "10.1.0.255", count: 2, arrival: { kind: "bursty", everyTicks: 1000, sessions: 2 } },
      { firstAddress: "fd00::ffff", serverAddress: "fd00::2", count: 2, arrival: { kind: "bursty", everyTicks: 1000, sessions: 2 } },
    ], { stopTick: 0 });
    stage.run();
    expect(stage.server.seen.map(({ from }) => from)).toEqual(["10.1.0.255", "10.1.1.0", "fd00::ffff", "fd00::1:0"]);
    expect([0, 1, 2, 3].map((number) => clientView(stage.clients, number).address)).toEqual(["10.1.0.255", "10.1.1.0", "fd00::ffff", "fd00::1:0"]);
  });

  it("send bodies that are what they say, by length and in chunks", () => {
    const stage = new Stage([{ requestsPerSession: constantly(12), requests: [{ ...post, bodyBytes: { steps: [{ parts: 500_000, from: 0, to: 3 }, { parts: 500_000, from: 1, to: 30_000 }] } }, { ...post, method: "PUT", chunked: true }], requestOrder: "inTurn" }]);
    stage.run();
    const withBody = stage.server.seen.filter(({ body }) => body.length > 0);
    expect(withBody.length).toBeGreaterThan(8);
    expect(withBody.every(isWhole)).toBe(true);
    expect(stage.server.seen.filter(({ body }) => body.length === 0).every((seen) => seen.field("content-length") === "0")).toBe(true);
    expect(new Set(withBody.map(({ body }) => body.toString("latin1").slice(0, 8))).size).toBe(withBody.length);
    expect(stage.account.counters.answers).toBe(12);
  });

  it("say when they do not keep their connections", () => {
    const stage = new Stage([{ requestsPerSession: constantly(3), keepAliveParts: 0 }]);
    stage.run();
    expect(stage.server.seen.map(({ connection }) => connection)).toEqual([0, 1, 2]);
    expect(stage.server.seen.every((seen) => seen.field("connection") === "close")).toBe(true);
    expect(stage.account.errors).toEqual({});
  });

  it("speak HTTP/1.0 if planned, without chunks", () => {
    const kept = new Stage([{ requestsPerSession: constantly(2), http10Parts: 1_000_000, requests: [{ ...post, chunked: true }] }]);
    kept.server.reply = (seen) => ({ text: ok(seen, 5, "Connection: keep-alive\r\n") });
    kept.run();
    expect(kept.server.seen.map(({ text, connection }) => [text.slice(0, 21), connection])).toEqual([["POST /up HTTP/1.0\r\nHo", 0], ["POST /up HTTP/1.0\r\nHo", 0]]);
    expect(kept.server.seen[0].field("connection")).toBe("keep-alive");
    expect(kept.server.seen[0].field("transfer-encoding")).toBeUndefined();
    const closed = new Stage([{ requestsPerSession: constantly(2), http10Parts: 1_000_000, keepAliveParts: 0 }]);
    closed.run();
    expect(closed.server.seen.map((seen) => [seen.connection, seen.field("connection")])).toEqual([[0, undefined], [1, undefined]]);
  });

  it("think between an answer and the next request", () => {
    const stage = new Stage([{ requestsPerSession: constantly(4), thinkTicks: { steps: [{ parts: 1_000_000, from: 50, to: 60 }] } }]);
    stage.run();
    const gaps = stage.server.seen.slice(1).map(({ tick }, i) => tick - stage.server.seen[i].tick);
    expect(gaps.every((gap) => gap >= 50 && gap <= 61)).toBe(true);
    expect(stage.server.connections).toBe(1);
  });

  it("send their header lines, and choose requests by weight", () => {
    const stage = new Stage([{ requestsPerSession: constantly(1000), requests: [{ ...asked, weight: 9, headers: ["Accept: a/b", "X-More: 1"] }, { ...asked, target: "/rare" }, { ...asked, weight: 0, target: "/never" }] }]);
    stage.run();
    const rare = stage.server.seen.filter(({ target }) => target === "/rare").length;
    expect(rare).toBeGreaterThan(70);
    expect(rare).toBeLessThan(130);
    expect(stage.server.seen.some(({ target }) => target === "/never")).toBe(false);
    const common = stage.server.seen.find(({ target }) => target === "/");
    expect([common?.field("accept"), common?.field("x-more")]).toEqual(["a/b", "1"]);
  });

  it("ask in turn, all clients of a plan together, from the beginning again at the end", () => {
    const stage = new Stage([{ count: 2, arrival: { kind: "constant", everyTicks: 20 }, requestOrder: "inTurn", requests: ["/0", "/1", "/2"].map((target) => ({ ...asked, target })) }], { stopTick: 80 });
    stage.run();
    expect(stage.server.seen.map(({ target }) => target)).toEqual(["/0", "/1", "/2", "/0", "/1"]);
  });

  it("measure how long an answer takes, connecting included", () => {
    const delayCycles = 3_000_000;
    const stage = new Stage([{ requestsPerSession: constantly(3) }], { link: { delayCycles, cyclesPerByte: 0 } });
    stage.run();
    const { latency } = stage.account;
    // There and back for the connection, and for the request: 12 ms the first time, then 6.
    expect(latency.buckets).toEqual([{ fromMicros: 5888, toMicros: 6143, count: 2 }, { fromMicros: 11_776, toMicros: 12_287, count: 1 }]);
    expect(latency).toMatchObject({ count: 3, meanMicros: 8000, p50Micros: 6143, maxMicros: 12_000, p999Micros: 12_000 });
    expect(stage.account.populations[0].latency).toEqual(latency);
  });
});

describe("what clients do", () => {
  const plans = [{ count: 5, arrival: { kind: "drawn", gapTicks: { steps: [{ parts: 1_000_000, from: 0, to: 30 }] } }, requestsPerSession: { steps: [{ parts: 1_000_000, from: 1, to: 5 }] }, keepAliveParts: 600_000, pipelineMax: 3, requests: [asked, post] }] as const;
  const digests = (seed: number, link = {}): string[] => {
    const stage = new Stage(plans, { seed, stopTick: 500, link });
    stage.run();
    return [0, 1, 2, 3, 4].map((number) => clientView(stage.clients, number).digest);
  };

  it("follows from the seed", () => {
    expect(digests(1)).toEqual(digests(1));
    expect(digests(1)).not.toEqual(digests(2));
  });
});
