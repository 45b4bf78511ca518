/** Clients that send what is no request, stop in the middle, go away or do not read: what they are told, what is counted, and that nothing is left. */

import { describe, expect, test } from "vitest";
import { GET, OK, POST, shortStage, statuses } from "./faults.ts";
import type { Peer } from "./peer.ts";
import { NOTHING, Stage } from "./stage.ts";

describe("what is refused without a backend", () => {
  const rows: readonly (readonly [name: string, request: string, status: string, closes: boolean, counters: Readonly<Record<string, number>>])[] = [
    ["no request line", "HELO mail\r\n\r\n", "400", true, { total: 0, badRequestLine: 1 }],
    ["another version", "GET / HTTP/2.0\r\n\r\n", "505", true, { total: 0, badRequestLine: 1 }],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", "400", true, { total: 1, malformed: 1 }],
    ["a length and a coding", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", true, { total: 1, malformed: 1 }],
    ["another coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501", true, { total: 1, unsupportedCoding: 1 }],
    ["a long target", `GET /${"x".repeat(8192)} HTTP/1.1\r\nHost: a\r\n\r\n`, "414", true, { total: 1, uriTooLong: 1 }],
    ["a long head", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(66_000)}\r\n\r\n`, "431", true, { total: 1, headTooLarge: 1 }],
    ["513 lines", `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(512)}\r\n`, "431", true, { total: 1, headTooLarge: 1 }],
    ["a tunnel", "CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\nxxx", "501", true, { total: 1, routed: 1 }],
    ["a trace that goes no further", "TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", "501", true, { total: 1, routed: 1 }],
    ["a question that goes no further", "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", "200", false, { total: 1, routed: 1 }],
  ];
  test.each(rows)("%s", (_name, request, status, closes, counters) => {
    const stage = shortStage();
    const client = stage.client().send(request);
    stage.run(50);
    expect([statuses(client), client.ended, stage.backends.length]).toEqual([status, closes, 0]);
    expect(stage.counts(...Object.keys(counters))).toEqual(counters);
    expect(client.received.endsWith("Connection: close\r\n\r\n")).toBe(false);
    expect(stage.clear()).toEqual(NOTHING);
    expect(stage.count("connectionsNamed")).toBe(stage.count("connectionsEnded"));
  });
});

test("a refusal lets the client go on where its request has an end", () => {
  const stage = new Stage({ wholeConfig: "semantics=strict\ngroup=g:rr\nmember=g:10.3.0.1:8001\nroute=/yes::g\n" });
  const post = POST.replace("/x", "/no");
  const client = stage.client().send(`${GET}HEAD /no HTTP/1.1\r\nHost: a\r\n\r\n${post}0123456789${GET}${GET.replace("/x", "/yes")}`);
  const backend = stage.backend(0);
  stage.run(3);
  backend.send(OK);
  stage.run(5);
  expect(statuses(client)).toBe("404 404 404 404 200");
  // The answer to HEAD has no body.
  expect(client.received.split("Not Found\n").length - 1).toBe(3);
  // A body of which some has not come leaves nothing to go on with.
  client.send(`${post}01234`);
  stage.run(5);
  expect([statuses(client), client.ended]).toEqual(["404 404 404 404 200 404", true]);
  expect(stage.counts("noRouteMatch", "routed", "total")).toEqual({ noRouteMatch: 5, routed: 1, total: 6 });
  expect(stage.clear()).toEqual(NOTHING);
});

test("what follows a HEAD is answered with its body", () => {
  const stage = new Stage({ wholeConfig: "semantics=strict\ngroup=g:rr\nmember=g:10.3.0.1:8001\nroute=/yes::g\n" });
  const client = stage.client().send("HEAD /no HTTP/1.1\r\nHost: a\r\n\r\nrubbish\r\n\r\n");
  stage.run(10);
  expect([statuses(client), client.received.endsWith("Connection: close\r\n\r\nBad Request\n"), client.ended]).toEqual(["404 400", true, true]);
  expect(stage.clear()).toEqual(NOTHING);
});

describe("clients that stop", () => {
  const rows: readonly (readonly [name: string, sent: string, status: string, counters: Readonly<Record<string, number>>])[] = [
    ["before a request", "", "", { idleClosed: 1, headTimeouts: 0, unfinished: 0, total: 0 }],
    ["in the request line", "GET / HT", "408", { headTimeouts: 1, unfinished: 1, total: 0 }],
    ["in the head", "GET / HTTP/1.1\r\nHost: a\r\n", "408", { headTimeouts: 1, unfinished: 1, total: 0 }],
    ["in the body", `${POST}01234`, "408", { clientsSlow: 1, total: 1, routed: 1, gatewayTimeout: 0 }],
    ["in a chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "408", { clientsSlow: 1, total: 1 }],
  ];
  test.each(rows)("%s", (_name, sent, status, counters) => {
    const stage = shortStage();
    const client = stage.client().send(sent);
    stage.run(1500);
    expect(client.ended).toBe(false);
    stage.run(3000);
    expect([statuses(client), client.ended]).toEqual([status, true]);
    expect(stage.counts(...Object.keys(counters))).toEqual(counters);
    // A client that does not close its side either is reset.
    stage.run(3000);
    expect([client.fate, stage.clientsOpen]).toEqual(["reset", 0]);
    expect(stage.clear()).toEqual(NOTHING);
    expect(stage.count("connectionsNamed")).toBe(stage.count("connectionsEnded"));
  });
});

test("a chunk that is none is the client's fault, and the backend's request ends in the middle", () => {
  const stage = shortStage();
  const client = stage.client().send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhellox");
  stage.run(10);
  expect([statuses(client), client.ended, stage.backend(0).ended, stage.counts("requestsFaulty", "badGateway")]).toEqual(["400", true, true, { requestsFaulty: 1, badGateway: 0 }]);
  expect(stage.clear()).toEqual(NOTHING);
});

describe("clients that go away", () => {
  const rows: readonly (readonly [name: string, (client: Peer, backend: () => Peer, run: (ticks: number) => void) => void])[] = [
    ["before they say anything", () => undefined],
    ["in the middle of a head", (client) => client.send("GET / HTTP/1.1\r\nHo")],
    ["as soon as they have asked", (client) => client.send(GET)],
    ["while a backend works", (client, backend) => (client.send(GET), backend())],
    ["in the middle of their body", (client, backend) => (client.send(`${POST}0123`), backend())],
    ["in the middle of the response", (client, backend, run) => (client.send(GET), run(10), backend().send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhi"), run(3))],
    ["before a response of many bytes", (client, backend, run) => (client.send(GET), run(10), backend().send(`HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${"x".repeat(200_000)}`))],
  ];
  for (const way of ["reset", "close"] as const) {
    test.each(rows)(`${way}: %s`, (_name, act) => {
      const stage = shortStage();
      const client = stage.client();
      act(client, () => stage.backend(0), (ticks) => stage.run(ticks));
      client[way]();
      stage.run(20);
      if (way === "reset") expect(stage.clientsOpen).toBe(0);
      expect(stage.clear()).toEqual(NOTHING);
      const counts = stage.counts("total", "routed", "lost", "connectionsNamed", "connectionsEnded");
      expect([counts["total"], counts["connectionsNamed"]]).toEqual([counts["routed"] + counts["lost"], counts["connectionsEnded"]]);
    });
  }
});

test("a client that is gone while its request waits leaves nothing, and the balancer's end frees the rest", () => {
  const stage = new Stage({ config: "max_connections=g:1\nmax_pending=g:5:100000\n" });
  const first = stage.client().send(GET);
  stage.backend(0);
  const second = stage.client().send(GET);
  stage.run(5);
  second.reset();
  stage.run(5);
  expect([stage.clientsOpen, stage.count("routed")]).toEqual([1, 1]);
  first.reset();
  stage.run(5);
  // The place that was given to the one that is gone is given back.
  expect(stage.counts("total", "routed", "connectionsNamed", "connectionsEnded")).toEqual({ total: 2, routed: 2, connectionsNamed: 2, connectionsEnded: 2 });
  expect(stage.clear()).toEqual(NOTHING);
});

test("a client that does not read holds its backend back, and is reset in the end: the balancer hears of no failure", () => {
  const stage = shortStage({ config: "eject=g:1:100000:50\n" });
  const client = stage.client();
  client.reads = false;
  client.send(GET);
  const backend = stage.backend(0);
  stage.run(3);
  backend.send(`HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n${"x".repeat(2_000_000)}`);
  stage.run(500);
  // Both buffers of the proxy's and the two stacks' at its sides are full; the rest waits where it comes from.
  expect(backend.unsentBytes).toBeGreaterThan(1_700_000);
  expect(stage.leaks()["arena"]).toBeLessThan(300_000);
  stage.run(3200);
  expect(stage.leaks()).toMatchObject({ arena: 0, clients: 0 });
  // Its window was closed, to the reset too: it hears of it when it reads.
  client.read();
  stage.run(50);
  expect([client.fate, stage.counts("clientsSlow", "upstreamsFailed", "gatewayTimeout")]).toEqual(["reset", { clientsSlow: 1, upstreamsFailed: 0, gatewayTimeout: 0 }]);
  // So none of the two is put out, and both take their turns.
  const other = stage.client().send(GET + GET);
  for (const index of [1, 2]) stage.backend(index).send(OK), stage.run(5);
  expect(statuses(other)).toBe("200 200");
  expect(stage.clear()).toEqual(NOTHING);
});

test("a client that reads slowly gets all of its last response", () => {
  const stage = shortStage();
  const client = stage.client();
  client.reads = false;
  client.send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  const backend = stage.backend(0);
  stage.run(3);
  backend.send(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${"x".repeat(100_000)}`);
  for (let times = 0; times < 40 && !client.ended; times++) client.read(8000) && stage.run(600);
  client.read();
  expect([client.received.length > 100_000, client.fate, client.ended]).toEqual([true, "none", true]);
  client.close();
  expect(stage.clear()).toEqual(NOTHING);
});
