/**
 * Whoever waits too long is seen to when his time is over, not at some time after it; and who moves has all his time again.
 * A tick or two are the way there and back.
 */

import { expect, test } from "vitest";
import { answering } from "./answering.ts";
import { GET, OK, POST, statuses } from "./faults.ts";
import type { Peer } from "./peer.ts";
import type { StageOptions } from "./stage.ts";
import { NOTHING, Stage } from "./stage.ts";

/** No two alike, none of them a whole second. */
const TIMES = Object.freeze({ connectTicks: 1310, headTicks: 770, idleTicks: 1730, responseTicks: 1130, closingTicks: 430, upstreamIdleTicks: 2270 });
const NEAR = 4;

function timed(options: StageOptions = {}): Stage {
  return new Stage({ ...options, limits: { ...TIMES, ...options.limits } });
}

/** Ticks from now on until it is so. */
function ticksUntil(stage: Stage, condition: () => boolean): number {
  const begin = stage.machine.tick();
  expect(stage.until(condition, 5000)).toBe(true);
  return stage.machine.tick() - begin;
}

type Row = readonly [name: string, ticks: number, options: StageOptions, play: (stage: Stage) => () => boolean];

const ROWS: readonly Row[] = [
  ["a response that does not come is a 504", TIMES.responseTicks, {}, (stage) => {
    const client = stage.client().send(GET);
    return () => statuses(client) === "504";
  }],
  ["a response that stops is broken off", TIMES.responseTicks, {}, (stage) => {
    const client = stage.client().send(GET);
    stage.backend(0).send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi");
    return () => client.ended;
  }],
  ["a request's body that stops is a 408", TIMES.responseTicks, {}, (stage) => {
    const client = stage.client().send(POST);
    return () => statuses(client) === "408";
  }],
  ["a head that does not end is a 408, from its first byte on", TIMES.headTicks, {}, (stage) => {
    const client = stage.client();
    stage.run(500);
    client.send("GET ");
    return () => statuses(client) === "408";
  }],
  ["a backend that cannot be reached is a 504", TIMES.connectTicks, { limits: { triesMax: 1 } }, (stage) => {
    stage.accepting(() => -1);
    const client = stage.client().send(GET);
    return () => statuses(client) === "504";
  }],
  ["a client that asks for nothing is closed", TIMES.idleTicks, {}, (stage) => {
    const client = stage.client();
    return () => client.ended;
  }],
  ["a client that asks for nothing more is closed, from its last answer on", TIMES.idleTicks, { backend: answering(OK) }, (stage) => {
    const client = stage.client();
    stage.run(900);
    client.send(GET);
    return () => client.ended;
  }],
  ["a connection to a backend that nobody uses is closed", TIMES.upstreamIdleTicks, { backend: answering(OK) }, (stage) => {
    stage.client().send(GET);
    const backend = stage.backend(0);
    return () => backend.ended;
  }],
];

test.each(ROWS)("%s, after %i ticks", (_name, ticks, options, play) => {
  const stage = timed(options);
  const happened = play(stage);
  const waited = ticksUntil(stage, happened);
  expect(waited).toBeGreaterThanOrEqual(ticks - NEAR);
  expect(waited).toBeLessThanOrEqual(ticks + NEAR);
  expect(stage.clear(8000)).toEqual(NOTHING);
});

test("who closes no side of his own behind his last answer is reset when his time is over, counted from when he took it", () => {
  const stage = timed();
  const client = stage.client().send("nonsense\r\n\r\n");
  stage.run(2);
  expect(Math.abs(ticksUntil(stage, () => stage.clientsOpen === 0) - 2 * TIMES.closingTicks)).toBeLessThanOrEqual(NEAR);
  stage.run(2);
  expect([client.ended, client.fate]).toEqual([true, "reset"]);
});

test("with every byte that moves the time begins anew; of many the one that has waited for longest is seen to first", () => {
  const stage = timed();
  const clients: Peer[] = [];
  for (let index = 0; index < 4; index++) {
    clients.push(stage.client([10, 1, 1, index]).send(GET));
    stage.backend(index).send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    stage.run(100);
  }
  for (let sent = 0; sent < 5; sent++) {
    stage.backends[1].send("x");
    stage.run(600);
  }
  // 3,000 ticks later all are over but the one that moves; it ends in its own time.
  expect(clients.map(({ ended }) => ended)).toEqual([true, false, true, true]);
  expect(Math.abs(ticksUntil(stage, () => clients[1].ended) - (TIMES.responseTicks - 600))).toBeLessThanOrEqual(NEAR);
  expect(stage.clear(8000)).toEqual(NOTHING);
});

test("a backend that was waited for in vain is reset: it would not close its side either", () => {
  const stage = timed();
  const client = stage.client().send(GET);
  const backend = stage.backend(0);
  stage.run(TIMES.responseTicks + 10);
  expect([statuses(client), backend.fate]).toEqual(["504", "reset"]);
  client.reset();
  stage.run(5);
  // Long before a connection that is closed in good order would be given up.
  expect(stage.leaks()).toEqual(NOTHING);
});
