/** Backends that break, at each place where they can: what the client sees, what is counted, and that nothing is left. */

import { describe, expect, test } from "vitest";
import { GET, OK, POST, shortStage, statuses } from "./faults.ts";
import type { Peer } from "./peer.ts";
import { NOTHING } from "./stage.ts";

interface Seen {
  readonly statuses: string;
  /** How the client's connection stands: "open", "ended" by a FIN, or its fate. */
  readonly connection: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** Runs one request against a backend that does this once it has the head; the client hangs up in the end. */
function play(request: string, act: (backend: Peer) => void, ...counters: readonly string[]): Seen {
  const stage = shortStage();
  const client = stage.client().send(request);
  const backend = stage.backend(0);
  stage.until(() => backend.received.includes("\r\n\r\n"));
  act(backend);
  stage.run(20);
  const seen = { statuses: statuses(client), connection: client.gone ? client.fate : client.ended ? "ended" : "open", counts: stage.counts(...counters) };
  const { total, routed } = stage.counts("total", "routed");
  expect([total, routed]).toEqual([1, 1]);
  expect(stage.clear()).toEqual(NOTHING);
  expect(stage.count("connectionsNamed")).toBe(stage.count("connectionsEnded"));
  return seen;
}

const LINES = "X: y\r\n".repeat(513);
const HEADS: readonly (readonly [name: string, head: string])[] = [
  ["no HTTP", "220 mail.example ESMTP\r\n\r\n"],
  ["another protocol's preface, without an end", "\0\0\0\x04"],
  ["HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"],
  ["a status below 100", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"],
  ["a status above 599", "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n"],
  ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"],
  ["a folded line", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"],
  ["a bare LF", "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n"],
  ["a bare CR", "HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 0\r\n\r\n"],
  ["a NUL", "HTTP/1.1 200 OK\r\nA: \0\r\nContent-Length: 0\r\n\r\n"],
  ["a control byte in the reason", "HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n"],
  ["a line without a colon", "HTTP/1.1 200 OK\r\nAbc\r\nContent-Length: 0\r\n\r\n"],
  ["a line without a name", "HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 0\r\n\r\n"],
  ["lengths that differ", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi"],
  ["a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi"],
  ["a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi"],
  ["a length of 2^53", "HTTP/1.1 200 OK\r\nContent-Length: 9007199254740992\r\n\r\nhi"],
  ["an empty length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhi"],
  ["a length and a coding", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi"],
  ["chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["513 lines", `HTTP/1.1 200 OK\r\n${LINES}Content-Length: 0\r\n\r\n`],
  ["a head without an end", `HTTP/1.1 200 OK\r\nA: ${"b".repeat(33_000)}`],
];

test.each(HEADS)("a response that is %s is a bad gateway", (_name, head) => {
  const { statuses: got, connection, counts } = play(GET, (backend) => backend.send(head), "badGateway", "ownResponses", "responses");
  expect([got, connection, counts]).toEqual(["502", "open", { badGateway: 1, ownResponses: 1, responses: 0 }]);
});

test("interim responses without an end are a bad gateway", () => {
  const { statuses: got, counts } = play(GET, (backend) => backend.send("HTTP/1.1 102 Processing\r\n\r\n".repeat(200)), "badGateway", "interimResponses");
  expect([got, counts]).toEqual([`${"102 ".repeat(60)}502`, { badGateway: 1, interimResponses: 60 }]);
});

describe("a backend that ends", () => {
  const rows: readonly (readonly [name: string, request: string, act: (backend: Peer) => void, statuses: string, connection: string])[] = [
    ["without a word", GET, (backend) => backend.close(), "502", "open"],
    ["by a reset", GET, (backend) => backend.reset(), "502", "open"],
    ["in the middle of its head", GET, (backend) => backend.send("HTTP/1.1 200 OK\r\nConte").close(), "502", "open"],
    ["behind an interim response", GET, (backend) => backend.send("HTTP/1.1 100 Continue\r\n\r\n").close(), "100 502", "open"],
    ["in the middle of a body of a length", GET, (backend) => backend.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi").close(), "200", "ended"],
    ["in the middle of a chunk", GET, (backend) => backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel").close(), "200", "ended"],
    ["with a chunk that is none", GET, (backend) => backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhellox"), "200", "ended"],
    // What ends with the connection must not seem to be whole.
    ["by a reset, in a body that lasts until it closes", GET, (backend) => backend.send("HTTP/1.1 200 OK\r\n\r\nhi").reset(), "200", "reset"],
    ["in chunks, for a client that knows none", "GET / HTTP/1.0\r\n\r\n", (backend) => backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel").close(), "200", "reset"],
    ["in the middle of a request's body", POST, (backend) => backend.reset(), "502", "ended"],
  ];
  test.each(rows)("%s", (_name, request, act, wanted, connection) => {
    const seen = play(request, act, "upstreamsFailed");
    expect([seen.statuses, seen.connection, seen.counts]).toEqual([wanted, connection, { upstreamsFailed: 1 }]);
  });
});

test("a reset in a body that lasts until the connection closes resets the client", () => {
  const stage = shortStage();
  const client = stage.client().send(GET);
  const backend = stage.backend(0);
  stage.run(3);
  backend.send("HTTP/1.1 200 OK\r\n\r\nhi");
  expect(stage.until(() => client.received.endsWith("hi"))).toBe(true);
  backend.reset();
  stage.until(() => client.gone);
  expect([client.fate, stage.count("responsesBroken")]).toEqual(["reset", 1]);
  expect(stage.clear()).toEqual(NOTHING);
});

test("what a backend sends beyond its response is nobody's", () => {
  const stage = shortStage();
  const client = stage.client().send(GET + GET);
  const first = stage.backend(0);
  stage.run(3);
  first.send(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
  const second = stage.backend(1);
  stage.run(3);
  second.send(OK);
  stage.run(5);
  // And what an idle connection says ends it.
  expect(stage.idleUpstreams).toBe(1);
  second.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  stage.run(5);
  expect([statuses(client), client.received.includes("evil"), stage.idleUpstreams, first.gone]).toEqual(["200 200", false, 0, true]);
  expect(stage.clear()).toEqual(NOTHING);
});

test("a response before the end of the request is handed on, and both connections end with it", () => {
  const stage = shortStage();
  const client = stage.client().send(`${POST}01234`);
  const backend = stage.backend(0);
  stage.run(3);
  backend.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
  stage.run(5);
  expect([statuses(client), client.received.includes("Connection: close"), client.ended, backend.ended]).toEqual(["413", true, true, true]);
  // The rest comes and disturbs nobody.
  client.send("56789").close();
  expect(stage.until(() => client.gone, 2000)).toBe(true);
  expect(client.fate).toBe("closed");
  expect(stage.clear()).toEqual(NOTHING);
});

test("the port refuses, or nobody is there", () => {
  for (const [accepts, status, counter] of [[0, "502", "badGateway"], [-1, "504", "gatewayTimeout"]] as const) {
    const stage = shortStage();
    stage.accepting(() => accepts);
    const client = stage.client().send(`${POST}0123456789`);
    expect(stage.until(() => statuses(client) !== "", 4000)).toBe(true);
    expect([statuses(client), client.ended, stage.count(counter), stage.count("connectTimeouts")]).toEqual([status, false, 1, accepts === 0 ? 0 : 1]);
    expect(stage.clear(20_000)).toEqual(NOTHING);
  }
});

test("no response in time: before it has begun, and in its middle", () => {
  for (const [begun, status, connection] of [["", "504", false], ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi", "200", true]] as const) {
    const stage = shortStage();
    const client = stage.client().send(GET);
    const backend = stage.backend(0);
    stage.run(3);
    backend.send(begun);
    stage.run(2000);
    expect(client.ended).toBe(false);
    stage.run(2000);
    expect([statuses(client), client.ended, backend.gone || backend.ended]).toEqual([status, connection, true]);
    expect(stage.clear()).toEqual(NOTHING);
  }
});

test("a response that moves on may take as long as it wants", () => {
  const stage = shortStage();
  const client = stage.client().send(GET);
  const backend = stage.backend(0);
  stage.run(3);
  backend.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
  for (const byte of "hello\n") {
    stage.run(1900);
    backend.send(byte);
  }
  stage.run(10);
  expect([client.received.endsWith("hello\n"), stage.count("responses")]).toEqual([true, 1]);
  expect(stage.clear()).toEqual(NOTHING);
});
