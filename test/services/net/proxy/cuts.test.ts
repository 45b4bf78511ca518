/** Requests and responses cut at every byte: handed on the same, or given up the same way, and nothing is left. */

import { expect, test } from "vitest";
import { shortStage, statuses } from "./faults.ts";
import { NOTHING, Stage } from "./stage.ts";

const REQUEST = "\r\nPOST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: u\r\n\r\n";
const RESPONSE = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: u\r\n\r\n";

/** Sends both in two pieces, and answers what came of them. */
function relay(stage: Stage, requestCut: number, responseCut: number): string {
  const client = stage.client();
  const before = stage.backends.map((backend) => backend.received.length);
  client.send(REQUEST.slice(0, requestCut));
  stage.run(2);
  client.send(REQUEST.slice(requestCut));
  stage.until(() => stage.backends.some((backend, index) => backend.received.slice(before[index] ?? 0).endsWith("T: u\r\n\r\n")), 20);
  const backend = stage.backends.findIndex(({ received }, index) => received.slice(before[index] ?? 0).endsWith("T: u\r\n\r\n"));
  const got = stage.backends[backend].received.slice(before[backend] ?? 0);
  stage.backends[backend].send(RESPONSE.slice(0, responseCut));
  stage.run(2);
  stage.backends[backend].send(RESPONSE.slice(responseCut));
  stage.until(() => client.received.endsWith("T: u\r\n\r\n"), 20);
  client.reset();
  stage.run(2);
  return `${got}|${client.received}`;
}

test("wherever they are cut, both are handed on the same", () => {
  const stage = new Stage();
  const whole = relay(stage, 0, 0);
  expect(whole).toContain("hello");
  for (let cut = 1; cut < Math.max(REQUEST.length, RESPONSE.length); cut++) {
    expect(relay(stage, Math.min(cut, REQUEST.length), Math.min(cut, RESPONSE.length))).toBe(whole);
  }
  expect(stage.clear()).toEqual(NOTHING);
});

test.each(["close", "reset"] as const)("a client may %s at every byte", (way) => {
  const stage = shortStage();
  for (let cut = 0; cut <= REQUEST.length; cut++) {
    const client = stage.client();
    client.send(REQUEST.slice(0, cut));
    client[way]();
    stage.run(6);
    for (const backend of stage.backends) if (!backend.gone && backend.ended) backend.close();
    // What ends in the middle of its head is no request; in the middle of its body it is a bad one.
    const begun = cut >= REQUEST.indexOf("\r\n\r\n", 2) + 4 && cut < REQUEST.length;
    expect([cut, statuses(client)]).toEqual([cut, way === "close" && begun ? "400" : ""]);
    client.reset();
  }
  expect(stage.clear(20_000)).toEqual(NOTHING);
  const { total, routed, lost, connectionsNamed, connectionsEnded } = stage.counts("total", "routed", "lost", "connectionsNamed", "connectionsEnded");
  expect([total, connectionsNamed]).toEqual([routed + lost, connectionsEnded]);
});

test.each(["close", "reset"] as const)("a backend may %s at every byte of its response", (way) => {
  const headEnd = RESPONSE.indexOf("\r\n\r\n", 30) + 4;
  const stage = shortStage();
  for (let cut = 0; cut <= RESPONSE.length; cut++) {
    const client = stage.client().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const backend = stage.backend(cut);
    stage.run(3);
    backend.send(RESPONSE.slice(0, cut));
    // What was sent has come when the reset comes.
    stage.run(2);
    backend[way]();
    stage.run(5);
    const interim = cut >= 25 ? "100 " : "";
    expect([cut, statuses(client), client.ended]).toEqual([cut, `${interim}${cut >= headEnd ? "200" : "502"}`, cut >= headEnd && cut < RESPONSE.length]);
    client.reset();
  }
  expect(stage.clear()).toEqual(NOTHING);
});
