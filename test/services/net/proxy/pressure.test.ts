/** Many who are slow: memory has bounds, and others are served all the same. */

import { expect, test } from "vitest";
import { tcpStandard } from "../../../../services/net/tcp/limits.ts";
import { answering } from "./answering.ts";
import { GET, OK, shortStage, statuses } from "./faults.ts";
import { NOTHING, Stage } from "./stage.ts";

/** A megabyte for all buffers together: eight send buffers, or fifteen receive buffers. */
const SMALL = { tcp: { ...tcpStandard, receiveBytesMax: 68 * 1024, sendBytesMax: 128 * 1024, bufferBytesMax: 1024 * 1024, timeWaitTicks: 500, finWaitTicks: 2000 }, responseTicks: 60_000, headTicks: 60_000, idleTicks: 8000 };

test("forty clients that do not read leave room for one that does", () => {
  const stage = new Stage({ limits: SMALL });
  const body = Array.from({ length: 150_000 }, (_, i) => String.fromCharCode(0x20 + ((i * 7 + (i >> 8)) & 0x3f))).join("");
  stage.onBackend(answering(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
  const slow = Array.from({ length: 40 }, (_, index) => {
    const client = stage.client([10, 1, 1, index]);
    client.reads = false;
    return client.send(GET);
  });
  stage.run(3000);
  expect(stage.count("bufferBytesPeak")).toBeLessThanOrEqual(1024 * 1024);
  const fast = stage.client([10, 1, 2, 1]).send(GET);
  expect(stage.until(() => fast.received.endsWith(body), 10_000)).toBe(true);
  // Not all of the slow ones had to go for it.
  expect(stage.count("clientsEvicted")).toBeLessThan(40);
  for (const client of slow) (client.reads = true), client.read();
  stage.run(4000);
  // Those that stayed have all of it, and nothing else: however memory came and went.
  const stayed = slow.filter((client) => !client.gone);
  expect(stayed.length).toBeGreaterThan(0);
  expect(stayed.filter((client) => client.received.slice(client.received.indexOf("\r\n\r\n") + 4) !== body)).toEqual([]);
  expect(stage.clear(20_000)).toEqual(NOTHING);
});

/** Ticks until newcomers have all of that body, each after a while more; the machine is full of others by then. */
function newcomers(stage: Stage, body: string, waits: readonly number[]): number[] {
  return waits.map((wait) => {
    stage.run(wait);
    const came = stage.machine.tick();
    const fast = stage.client([10, 1, 2, wait & 0xff]).send(GET);
    expect(stage.until(() => fast.received.endsWith(body), 5000)).toBe(true);
    return stage.machine.tick() - came;
  });
}

const LONG = "x".repeat(150_000);
const longAnswers = answering(`HTTP/1.1 200 OK\r\nContent-Length: ${LONG.length}\r\n\r\n${LONG}`);

/** So many clients that ask for a long body and read nothing of it. */
function fullOfReaders(count: number): Stage {
  const stage = new Stage({ limits: SMALL, backend: longAnswers });
  for (let index = 0; index < count; index++) stage.client([10, 1, 1, index]).send(GET).reads = false;
  return stage;
}

test("whoever comes is served at once, however many do not read: nobody was promised what is not there", () => {
  const stage = fullOfReaders(40);
  // Before anybody has stood still for long enough to be reset for it.
  expect(Math.max(...newcomers(stage, LONG, [1, 100, 400, 700]))).toBeLessThan(40);
  expect(stage.counts("crowded", "clientsEvicted")).toEqual({ crowded: 0, clientsEvicted: 0 });
  expect(stage.count("bufferBytesPeak")).toBeLessThanOrEqual(1024 * 1024);
  expect(stage.clear(20_000)).toEqual(NOTHING);
});

test("where even the least for everybody is more than there is, some are reset and whoever comes is served all the same", () => {
  const stage = fullOfReaders(200);
  stage.run(6000);
  expect(Math.max(...newcomers(stage, LONG, [1, 100, 400, 700]))).toBeLessThan(1000);
  expect(stage.count("clientsEvicted")).toBeGreaterThan(0);
  expect(stage.count("clientsEvicted")).toBeLessThan(100);
  expect(stage.clear(20_000)).toEqual(NOTHING);
});

test("the same where all others have stopped in the middle of long heads", () => {
  const stage = new Stage({ limits: SMALL, backend: answering(OK) });
  for (let index = 0; index < 40; index++) stage.client([10, 1, 1, index], 80, 200).send(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(60_000)}`);
  expect(Math.max(...newcomers(stage, "hi", [1, 100, 400, 700]))).toBeLessThan(20);
  expect(stage.counts("crowded", "clientsEvicted")).toEqual({ crowded: 0, clientsEvicted: 0 });
  expect(stage.clear(20_000)).toEqual(NOTHING);
});

test("forty clients that stop in the middle of long heads leave room for one that does not", () => {
  const stage = new Stage({ limits: SMALL, backend: answering(OK) });
  for (let index = 0; index < 40; index++) stage.client([10, 1, 1, index], 80, 200).send(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(60_000)}`);
  stage.run(4000);
  expect(stage.count("bufferBytesPeak")).toBeLessThanOrEqual(1024 * 1024);
  const fast = stage.client([10, 1, 2, 1], 80, 5000).send(GET);
  expect(stage.until(() => statuses(fast) === "200", 5000)).toBe(true);
  expect(stage.clear(20_000)).toEqual(NOTHING);
});

test("as many clients as there are records, all at work: one more is reset, and let in when one has gone", () => {
  const stage = shortStage({ limits: { clientsMax: 3 } });
  const clients = [1, 2, 3].map((index) => stage.client([10, 1, 1, index]).send(index === 1 ? GET.slice(0, 10) : GET));
  stage.run(5);
  const fourth = stage.client([10, 1, 1, 4]).send(GET);
  stage.run(5);
  expect([fourth.fate, stage.counts("clientsRefused", "clientsDisplaced")]).toEqual(["reset", { clientsRefused: 1, clientsDisplaced: 0 }]);
  clients[0].reset();
  stage.onBackend(answering(OK));
  stage.run(5);
  const fifth = stage.client([10, 1, 1, 5]).send(GET);
  stage.run(10);
  expect(statuses(fifth)).toBe("200");
  expect(stage.clear()).toEqual(NOTHING);
});

test("as many clients as there are records, some of them idle: one more takes the place of the one that is idle for longest", () => {
  const stage = shortStage({ limits: { clientsMax: 3 }, backend: answering(OK) });
  const [first, second, third] = [1, 2, 3].map((index) => stage.client([10, 1, 1, index]));
  stage.run(10);
  // The third has never asked, the first asked before the second; then the third asks as well.
  for (const client of [first, second, third]) (client.send(GET), stage.run(10));
  expect([first, second, third].map(statuses)).toEqual(["200", "200", "200"]);
  first.send(GET);
  stage.run(10);
  const fourth = stage.client([10, 1, 1, 4]).send(GET);
  stage.run(10);
  // In good order: a FIN, and no reset.
  expect([first, second, third, fourth].map(({ ended, fate }) => `${ended} ${fate}`)).toEqual(["false none", "true none", "false none", "false none"]);
  expect([statuses(first), statuses(fourth), stage.clientsOpen, stage.counts("clientsRefused", "clientsDisplaced")]).toEqual(["200 200", "200", 3, { clientsRefused: 0, clientsDisplaced: 1 }]);
  expect(stage.clear()).toEqual(NOTHING);
});

test("whoever makes room is reset once few connections are left: those that do not close do not keep others out", () => {
  const stage = shortStage({ limits: { clientsMax: 4, tcp: { ...tcpStandard, connectionsMax: 16, timeWaitTicks: 500, finWaitTicks: 4000 } }, backend: answering(OK) });
  const clients = Array.from({ length: 40 }, (_, index) => stage.client([10, 1, 1, index]).send(GET));
  stage.run(20);
  expect(clients.filter((client) => statuses(client) === "200").length).toBe(40);
  expect([stage.counts("clientsDisplaced", "clientsRefused", "synsDropped"), stage.clientsOpen]).toEqual([{ clientsDisplaced: 36, clientsRefused: 0, synsDropped: 0 }, 4]);
  expect(clients.filter(({ fate }) => fate === "reset").length).toBeGreaterThan(20);
  expect(stage.clear(8000)).toEqual(NOTHING);
});

test("as many connections to backends as there are records: idle ones make room, else 503", () => {
  const stage = shortStage({ limits: { upstreamsMax: 2, idleUpstreamsMax: 1 } });
  const one = stage.client().send(GET);
  stage.run(5);
  stage.backends[0].send(OK);
  stage.run(5);
  const two = stage.client().send(GET);
  stage.run(5);
  stage.backends[1].send(OK);
  stage.run(5);
  // Two were idle for a moment, and one may be.
  expect([stage.idleUpstreams, stage.backends.map((backend) => backend.ended)]).toEqual([1, [true, false]]);
  for (const client of [one, two]) client.send(GET);
  stage.run(5);
  const three = stage.client().send(GET);
  stage.run(5);
  expect([statuses(three), stage.count("noUpstream")]).toEqual(["503", 1]);
  expect(stage.clear()).toEqual(NOTHING);
});

const REQUESTS = 4000;

test("who sends requests and reads no answers is not asked for more", () => {
  const stage = new Stage({ wholeConfig: "semantics=strict\nrate_limit_rps=1000000\nrate_limit_burst=1000000\ngroup=g:rr\nmember=g:10.3.0.1:8001\nroute=/yes::g\n", limits: { responseTicks: 5000, idleTicks: 5000 } });
  const client = stage.client();
  client.reads = false;
  client.send(GET.repeat(REQUESTS));
  stage.run(1000);
  const { total } = stage.counts("total");
  stage.run(1000);
  expect(stage.count("total")).toBe(total);
  expect(total).toBeLessThan(2000);
  client.reads = true;
  client.read();
  for (let waited = 0; waited < 20_000 && stage.count("total") < REQUESTS; waited += 200) stage.run(200);
  stage.run(200);
  expect([stage.count("total"), statuses(client).length]).toEqual([REQUESTS, 4 * REQUESTS - 1]);
  expect(stage.clear(20_000)).toEqual(NOTHING);
});

test("a head that waits for room is not lost with its backend's connection", () => {
  const tcp = { ...SMALL.tcp, sendBytesMax: 4096 };
  const stage = new Stage({ limits: { ...SMALL, tcp } });
  const client = stage.client();
  client.reads = false;
  client.send(GET + GET);
  const first = stage.backend(0);
  stage.run(3);
  // The client's stack takes 32 KiB, the proxy keeps 3,000 bytes: there is no room for 2,000 more.
  const body = "x".repeat(32 * 1024 + 2900);
  first.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const second = stage.backend(1, 2000);
  stage.run(5);
  second.send(`HTTP/1.1 200 OK\r\nX: ${"y".repeat(2000)}\r\nContent-Length: 2\r\n\r\nhi`).close();
  stage.run(100);
  expect(stage.counts("responses", "badGateway", "upstreamsFailed")).toEqual({ responses: 1, badGateway: 0, upstreamsFailed: 0 });
  client.reads = true;
  client.read();
  expect(stage.until(() => client.received.endsWith("hi"), 2000)).toBe(true);
  expect(stage.clear(20_000)).toEqual(NOTHING);
});
