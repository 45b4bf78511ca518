/** How the proxy itself ends: drained, shut down, without its balancer, begun anew. */

import { describe, expect, test } from "vitest";
import { OperatorTarget } from "../../../../services/operator-api.ts";
import { Gate, answering } from "./answering.ts";
import { GET, OK, POST, shortStage, statuses } from "./faults.ts";
import { NOTHING, Stage } from "./stage.ts";

test("drained: no new clients, idle ones closed, the others after their response, which says so", () => {
  const stage = new Stage();
  const [idle, busy, half, late] = [stage.client(), stage.client().send(GET), stage.client().send("GET / HT"), stage.client().send(`${POST}01234`)];
  const backend = stage.backend(1);
  stage.run(5);
  stage.backends[0].send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi");
  stage.run(5);
  expect(stage.ask(OperatorTarget.drain)).toBe(0);
  stage.run(5);
  expect([idle.ended, busy.ended, half.ended, late.ended]).toEqual([true, false, false, false]);
  const refused = stage.client([10, 1, 0, 9]);
  expect(refused.fate).toBe("refused");
  stage.backends[0].send("hi");
  half.send("TP/1.1\r\nHost: a\r\n\r\n");
  late.send("56789");
  stage.run(5);
  backend.send(OK);
  // The kept connection is taken again.
  stage.backends[0].send(OK);
  stage.run(5);
  expect([busy, half, late].map((client) => [statuses(client), client.ended, client.received.includes("Connection: close")])).toEqual([["200", true, false], ["200", true, true], ["200", true, true]]);
  for (const client of [idle, busy, half, late]) client.close();
  expect(stage.clear()).toEqual(NOTHING);
});

test("shut down: every client is reset, nothing is left, and nothing is heard any more", () => {
  const stage = new Stage({ config: "max_connections=g:2\nmax_pending=g:5:100000\n" });
  const clients = [stage.client(), stage.client().send("GET / HT"), stage.client().send(GET), stage.client().send(`${POST}01`), stage.client().send(GET)];
  stage.backend(1);
  stage.run(5);
  stage.backends[0].send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi");
  stage.run(5);
  expect(stage.ask(OperatorTarget.shutdown)).toBe(0);
  stage.run(20);
  // The driver is stopped next: not all of the resets leave.
  expect(clients.slice(0, 3).map((client) => client.fate)).toEqual(["reset", "reset", "reset"]);
  const { streams, requests, buffers, clients: open, idle } = stage.leaks();
  expect({ streams, requests, open, idle }).toEqual({ streams: 0, requests: 0, open: 0, idle: 0 });
  expect(buffers).toBeLessThanOrEqual(0);
  const { total, routed, lost } = stage.counts("total", "routed", "lost");
  expect([total, routed, lost]).toEqual([3, 2, 1]);
  expect(stage.ask(OperatorTarget.shutdown)).toBe(0);
});

describe("the balancer dies", () => {
  test("who waits for it is told, who has a backend goes on, and its successor is asked next", () => {
    const stage = shortStage({ config: "max_connections=g:1\nmax_pending=g:5:100000\n", mortal: true });
    const gate = new Gate(OK);
    stage.onBackend(gate.listener);
    const served = stage.client().send(GET);
    stage.run(5);
    const waiting = stage.client().send(GET + GET);
    const gone = stage.client().send(GET);
    stage.run(5);
    gone.reset();
    stage.run(5);
    stage.kill("lb");
    const last = stage.client([10, 1, 0, 9]).send(GET);
    stage.run(5);
    expect(statuses(waiting).startsWith("503")).toBe(true);
    stage.run(200);
    gate.open();
    stage.run(200);
    served.send(GET);
    stage.run(200);
    expect([statuses(served), /^(200|503)$/.test(statuses(last)), /^503 (200|503)$/.test(statuses(waiting))]).toEqual(["200 200", true, true]);
    expect(stage.clear()).toEqual(NOTHING);
    const counts = stage.counts("total", "routed", "lost", "overloaded", "serviceRestarted", "connectionsNamed", "connectionsEnded", "endsUnheard");
    expect(counts["total"]).toBe(counts["routed"] + counts["lost"] + counts["overloaded"] + counts["serviceRestarted"]);
    expect(counts["connectionsNamed"]).toBe(counts["connectionsEnded"] + counts["endsUnheard"]);
    expect(counts["endsUnheard"]).toBeGreaterThan(0);
  });
});

test("net begins anew: its clients are reset when they speak, new ones are served", () => {
  const stage = shortStage({ mortal: true, backend: answering(OK) });
  const old = stage.client().send(GET);
  stage.run(10);
  stage.kill("net");
  stage.run(300);
  old.send(GET);
  stage.run(300);
  const fresh = stage.client([10, 1, 0, 9]).send(GET);
  stage.run(20);
  expect([old.fate, statuses(fresh)]).toEqual(["reset", "200"]);
  const { total, routed, lost } = stage.counts("total", "routed", "lost");
  expect(total).toBe(routed + lost);
});
