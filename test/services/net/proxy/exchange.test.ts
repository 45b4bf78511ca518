/** What goes through: heads rewritten, bodies byte for byte, one request after the other, and the connections that are kept. */

import { describe, expect, test } from "vitest";
import { answering } from "./answering.ts";
import { NOTHING, Stage } from "./stage.ts";

const GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const OWN = "Via: 1.1 veridian\r\nX-Forwarded-For: 10.1.0.7\r\nX-Forwarded-Proto: http\r\nForwarded: for=10.1.0.7;proto=http\r\n\r\n";

/** What a client gets that sends this, and what the backend got. */
function relayed(request: string, response: string, closes = false): { readonly client: string; readonly backend: string; readonly ended: boolean; readonly stage: Stage } {
  const stage = new Stage();
  const client = stage.client().send(request);
  const backend = stage.backend(0);
  stage.run(3);
  backend.send(response);
  if (closes) backend.close();
  stage.run(20);
  const result = { client: client.received, backend: backend.received, ended: client.ended, stage };
  expect(stage.clear()).toEqual(NOTHING);
  return result;
}

test("a request goes to a backend, and its response to the client", () => {
  const { client, backend, ended } = relayed(GET, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");
  expect(backend).toBe(`GET /x HTTP/1.1\r\nHost: a\r\n${OWN}`);
  expect(client).toBe("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nVia: 1.1 veridian\r\n\r\nhello\n");
  expect(ended).toBe(false);
});

const CHUNKS = "5;name=value\r\nhello\r\n1\r\n\n\r\n0\r\nTrailer: x\r\n\r\n";

describe("responses", () => {
  const rows: readonly (readonly [name: string, request: string, response: string, closes: boolean, wanted: string, ended: boolean])[] = [
    ["of no body", GET, "HTTP/1.1 204 No Content\r\n\r\n", false, "HTTP/1.1 204 No Content\r\nVia: 1.1 veridian\r\n\r\n", false],
    ["204 with a length: it goes", GET, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, "HTTP/1.1 204 No Content\r\nVia: 1.1 veridian\r\n\r\n", false],
    ["304 with a length: it stays, without a body", GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nVia: 1.1 veridian\r\n\r\n", false],
    ["to HEAD", GET.replace("GET", "HEAD"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nVia: 1.1 veridian\r\n\r\n", false],
    ["to HEAD, of a body in chunks", GET.replace("GET", "HEAD"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nVia: 1.1 veridian\r\n\r\n", false],
    ["of length 0", GET, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nVia: 1.1 veridian\r\n\r\n", false],
    ["whose length stands twice", GET, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\nContent-Length: 2\r\n\r\nhi", false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\nVia: 1.1 veridian\r\n\r\nhi", false],
    ["in chunks, with extensions and trailers", GET, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`, false, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nVia: 1.1 veridian\r\n\r\n${CHUNKS}`, false],
    ["in chunks, to an HTTP/1.0 client", "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Trailer\r\n\r\n${CHUNKS}`, false, "HTTP/1.1 200 OK\r\nVia: 1.1 veridian\r\nConnection: close\r\n\r\nhello\n", true],
    ["of a length, to an HTTP/1.0 client that goes on", "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 veridian\r\nConnection: keep-alive\r\n\r\nhi", false],
    ["to an HTTP/1.0 client that does not", "GET /x HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 veridian\r\nConnection: close\r\n\r\nhi", true],
    ["until the connection closes", GET, "HTTP/1.1 200 OK\r\n\r\nhello", true, "HTTP/1.1 200 OK\r\nVia: 1.1 veridian\r\nConnection: close\r\n\r\nhello", true],
    ["of HTTP/1.0", GET, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", true, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.0 veridian\r\n\r\nhi", false],
    ["to a client that closes", GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 veridian\r\nConnection: close\r\n\r\nhi", true],
    ["with fields of the backend's connection", GET, "HTTP/1.1 200 OK\r\nConnection: X-Own, keep-alive\r\nKeep-Alive: timeout=5\r\nX-Own: 1\r\nUpgrade: h2c\r\nX: y\r\nContent-Length: 0\r\n\r\n", false, "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 0\r\nVia: 1.1 veridian\r\n\r\n", false],
    ["whose length the Connection line names", GET, "HTTP/1.1 200 OK\r\nConnection: content-length\r\nContent-Length: 2\r\n\r\nhi", false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 veridian\r\n\r\nhi", false],
    ["with a blank before the colon", GET, "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi", false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 veridian\r\n\r\nhi", false],
    ["without a reason, with interim ones before", GET, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", false, "HTTP/1.1 100 Continue\r\nVia: 1.1 veridian\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nVia: 1.1 veridian\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\nVia: 1.1 veridian\r\n\r\nhi", false],
    ["interim ones, to an HTTP/1.0 client", "GET /x HTTP/1.0\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 veridian\r\nConnection: close\r\n\r\nhi", true],
  ];
  test.each(rows)("%s", (_name, request, response, closes, wanted, ended) => {
    const got = relayed(request, response, closes);
    expect(got.client).toBe(wanted);
    expect(got.ended).toBe(ended);
  });
});

describe("requests", () => {
  const rows: readonly (readonly [name: string, request: string, wanted: string])[] = [
    ["with a body", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nOWNhello"],
    ["in chunks", `POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`, `POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nOWN${CHUNKS}`],
    ["of the client's connection", "GET /x HTTP/1.1\r\nHost: a\r\nConnection: X-Own , close\r\nX-Own: 1\r\nTE: trailers\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\nProxy-Authorization: x\r\nX: y\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a\r\nX: y\r\nOWN"],
    ["that would have its framing taken out", "POST /x HTTP/1.1\r\nHost: a\r\nConnection: content-length, host\r\nContent-Length: 5\r\n\r\nhello", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nOWNhello"],
    ["in absolute form", "GET http://b:8080/y?z HTTP/1.1\r\nHost: a\r\n\r\n", "GET /y?z HTTP/1.1\r\nHost: b:8080\r\nOWN"],
    ["in absolute form without a path", "GET http://b?z HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?z HTTP/1.1\r\nHost: b\r\nOWN"],
    ["OPTIONS of a server", "OPTIONS http://b HTTP/1.1\r\nHost: a\r\nMax-Forwards: 10\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: b\r\nVia: 1.1 veridian\r\nMax-Forwards: 9\r\nX"],
    ["an empty line before it", `\r\n${GET}`, "GET /x HTTP/1.1\r\nHost: a\r\nOWN"],
    ["of HTTP/1.0, without Host", "GET /x HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", "GET /x HTTP/1.1\r\nHost:\r\nVia: 1.0 veridian\r\nX"],
    ["that say where they come from", "GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=_x\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 5.6.7.8\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a\r\nVia: 1.1 veridian\r\nX-Forwarded-For: 1.2.3.4, 5.6.7.8, 10.1.0.7\r\nX-Forwarded-Proto: http\r\nForwarded: for=_x, for=10.1.0.7;proto=http\r\n\r\n"],
  ];
  test.each(rows)("%s", (_name, request, wanted) => {
    const { backend } = relayed(request, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const text = wanted.replace("OWN", OWN);
    expect(text.endsWith("X") ? backend.slice(0, text.length) : backend).toBe(text);
  });
});

test("an IPv6 client is named as RFC 5952 has it", () => {
  const stage = new Stage({ wholeConfig: "semantics=strict\ngroup=g:rr\nmember=g:[fd00::99]:8001\ndefault=g\n" });
  const client = stage.client([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0x0b]).send(GET);
  const backend = stage.backend(0);
  stage.run(3);
  expect(backend.received).toContain('X-Forwarded-For: fd00::a0b\r\nX-Forwarded-Proto: http\r\nForwarded: for="[fd00::a0b]";proto=http\r\n\r\n');
  backend.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  expect(stage.until(() => client.received.endsWith("hi"))).toBe(true);
  expect(stage.clear()).toEqual(NOTHING);
});

test("requests sent ahead are answered in order, by different backends", () => {
  const stage = new Stage({ backend: answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi") });
  const client = stage.client().send([1, 2, 3, 4, 5].map((n) => `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
  expect(stage.until(() => client.received.split("hi").length === 6)).toBe(true);
  const targets = stage.backends.map((backend) => [...backend.received.matchAll(/GET (\S+)/g)].map(([, target]) => target).join(" "));
  expect(targets).toEqual(["/1 /3 /5", "/2 /4"]);
  expect(stage.counts("total", "routed", "responses", "upstreamsOpened", "upstreamsReused")).toEqual({ total: 5, routed: 5, responses: 5, upstreamsOpened: 2, upstreamsReused: 3 });
  expect(stage.clear()).toEqual(NOTHING);
});

test("a client that closes its side is answered, and then closed", () => {
  const stage = new Stage({ backend: answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi") });
  const client = stage.client().send(GET + GET).close();
  expect(stage.until(() => client.gone)).toBe(true);
  expect([client.fate, client.received.split("hi").length]).toEqual(["closed", 3]);
  expect(stage.clear()).toEqual(NOTHING);
});

test("bodies of a megabyte go both ways, byte for byte", () => {
  const stage = new Stage();
  const body = Array.from({ length: 1 << 20 }, (_, i) => String.fromCharCode((i * 7 + (i >> 8)) & 0xff)).join("");
  const client = stage.client().send(`PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const backend = stage.backend(0);
  const done = (): boolean => backend.received.length >= body.length && backend.received.endsWith(body.slice(-64));
  expect(stage.until(done, 5000)).toBe(true);
  expect(backend.received.slice(backend.received.indexOf("\r\n\r\n") + 4) === body).toBe(true);
  backend.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  expect(stage.until(() => client.received.length > body.length && client.received.endsWith(body.slice(-64)), 5000)).toBe(true);
  expect(client.received.slice(client.received.indexOf("\r\n\r\n") + 4) === body).toBe(true);
  expect(stage.clear()).toEqual(NOTHING);
});
