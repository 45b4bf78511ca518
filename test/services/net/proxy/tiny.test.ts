/** The smallest proxy: two clients, two backends, buffers of two kilobytes; every edge is near. */

import { expect, test } from "vitest";
import { proxyTiny } from "../../../../services/net/proxy/limits.ts";
import { answering } from "./answering.ts";
import { GET, OK, statuses } from "./faults.ts";
import type { StageOptions } from "./stage.ts";
import { NOTHING, Stage } from "./stage.ts";

function tiny(options: StageOptions = {}): Stage {
  return new Stage({ ...options, limits: { ...proxyTiny, responseTicks: 3000, idleTicks: 3000, headTicks: 3000, connectTicks: 3000, closingTicks: 3000, upstreamIdleTicks: 3000, ...options.limits } });
}

test.each([["a head", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(3000)}\r\n\r\n`, "431", { total: 1, headTooLarge: 1, badRequestLine: 0 }], ["a request line", `GET /${"x".repeat(3000)} HTTP/1.1\r\nHost: a\r\n\r\n`, "414", { total: 0, headTooLarge: 0, badRequestLine: 1 }]] as const)("%s that no buffer holds is refused as soon as the buffer is full", (_name, request, status, counters) => {
  const stage = tiny();
  const client = stage.client().send(request);
  stage.run(50);
  expect([statuses(client), client.ended, stage.counts(...Object.keys(counters))]).toEqual([status, true, counters]);
  expect(stage.clear()).toEqual(NOTHING);
});

test("a response's head that no buffer holds is a bad gateway", () => {
  const stage = tiny();
  const client = stage.client().send(GET);
  const backend = stage.backend(0);
  stage.run(3);
  backend.send(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(1100)}\r\nContent-Length: 0\r\n\r\n`);
  stage.run(20);
  expect(statuses(client)).toBe("502");
  expect(stage.clear()).toEqual(NOTHING);
});

test("bodies go both ways through small buffers, whole and in chunks, to HTTP/1.0 as well", () => {
  const body = Array.from({ length: 40_000 }, (_, i) => String.fromCharCode((i * 7) & 0xff)).join("");
  const chunks = `${Array.from({ length: 40 }, (_, i) => `3e8;e=${i}\r\n${body.slice(i * 1000, i * 1000 + 1000)}\r\n`).join("")}0\r\n\r\n`;
  for (const [request, response, sent, got] of [
    [`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n${body}`, `HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n${body}`, body, body],
    [`PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`, chunks, chunks],
    ["GET / HTTP/1.0\r\n\r\n", `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`, "", body],
  ] as const) {
    const stage = tiny();
    const client = stage.client().send(request);
    const backend = stage.backend(0);
    stage.run(5);
    for (let waited = 0; waited < 20_000 && !backend.received.endsWith(sent); waited += 20) stage.run(20);
    expect(backend.received.slice(backend.received.indexOf("\r\n\r\n") + 4) === sent).toBe(true);
    backend.send(response);
    for (let waited = 0; waited < 20_000 && !client.received.endsWith(got); waited += 20) stage.run(20);
    expect(client.received.slice(client.received.indexOf("\r\n\r\n") + 4) === got).toBe(true);
    expect(stage.count("bufferBytesPeak")).toBeLessThanOrEqual(proxyTiny.tcp.bufferBytesMax);
    expect(stage.clear()).toEqual(NOTHING);
  }
});

test("a third client is reset while two have requests under way, and a third backend's connection takes the place of an idle one", () => {
  const stage = tiny({ backend: answering(OK), wholeConfig: "semantics=strict\nrate_limit_rps=1000\nrate_limit_burst=1000\ngroup=g:rr\nmember=g:10.3.0.1:8001\nmember=g:10.3.0.2:8002\nmember=g:10.3.0.3:8003\ndefault=g\n", limits: { idleUpstreamsMax: 2 } });
  // Neither is idle: some of a request has come.
  const clients = [stage.client(), stage.client()].map((client) => client.send(GET.slice(0, 9)));
  stage.run(5);
  const third = stage.client().send(GET);
  stage.run(20);
  expect(third.gone).toBe(true);
  for (let sent = 0; sent < 4; sent++) {
    clients[sent & 1].send(sent < 2 ? GET.slice(9) : GET);
    stage.run(100);
  }
  expect([clients.map(statuses), stage.backends.length, stage.idleUpstreams]).toEqual([["200 200", "200 200"], 4, 2]);
  expect(stage.clear()).toEqual(NOTHING);
});
