/** The ends of connections that net reports, and what the balancer's clock does while requests wait or members drain. */

import { beforeEach, describe, expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { ConnectionEnd, LbOpcode, Outcome } from "../../../services/lb/api.ts";
import { OperatorTarget } from "../../../services/operator-api.ts";
import { request } from "../../../sim/operator.ts";
import type { Ask } from "../../../sim/strict-balancer.ts";
import { memberDrain, open, report } from "../../../sim/strict-balancer.ts";
import { Stage, get } from "./stand-in-net.ts";

const TEXT = [
  "semantics=strict", "group=app:rr", "member=app:10.30.0.1:8080", "member=app:10.30.0.2:8080",
  "backend_max_connections=app:1", "max_pending=app:2:20", "eject=app:2:1000:50", "default=app",
].join("\n");

let stage: Stage;
let ask: Ask;
beforeEach(() => {
  stage = new Stage();
  ask = (operands) => request(stage.world, OperatorTarget.loadBalancer, operands);
  expect(stage.configure(TEXT)).toBe(0);
});

const finish = (connection: number, end: number = ConnectionEnd.finished): void => void stage.play((context) => void context.send(context.needs.balancer, LbOpcode.finish, connection, end));
const connections = (): number | undefined => report(ask, "app", 0)?.connections;

describe("an end that net reports", () => {
  test("counts the connection down, once", () => {
    stage.send({ head: get("/") });
    expect(connections()).toBe(1);
    finish(stage.connections[0]);
    expect(connections()).toBe(0);
    finish(stage.connections[0]);
    expect(connections()).toBe(0);
    expect(stage.inspect()).toMatchObject({ strayFinishes: 1 });
  });

  test("of a name that nobody has, or of the operator's connection, changes nothing", () => {
    const mine = open(ask, { client: "10.0.0.9", path: "/" }, 0).routed?.connection ?? 0;
    expect(mine).toBeGreaterThan(0);
    for (const name of [0, 1, 0xffff, 0x7fff_ffff, mine]) finish(name);
    expect(connections()).toBe(1);
    expect(stage.inspect()).toMatchObject({ strayFinishes: 5 });
  });

  test("as failed counts against the backend", () => {
    for (let i = 0; i < 2; i++) {
      stage.send({ head: get("/") }, { head: get("/") });
      for (const name of stage.connections.splice(0)) finish(name, ConnectionEnd.failed);
    }
    expect(report(ask, "app", 0)?.members.map(({ failed }) => failed)).toEqual([2, 2]);
    expect(report(ask, "app", 0)?.ejected).toBe(1);
  });

  test("lets the request in that waits longest, and net is told at once", () => {
    const decided = stage.send({ head: get("/1") }, { head: get("/2") }, { head: get("/3") }, { head: get("/4") }, { head: get("/5") });
    // The fifth found the queue full; the third and fourth waited until their 20 ticks were over, unless a place came free.
    expect(decided.map(({ requestId, outcome }) => [requestId, outcome])).toEqual([[1, Outcome.routed], [2, Outcome.routed], [5, Outcome.overloaded]]);
    const later = stage.play((context) => void context.send(context.needs.balancer, LbOpcode.finish, stage.connections[1]));
    expect(later).toMatchObject([{ requestId: 3, outcome: Outcome.routed, backend: 1 }]);
    expect(connections()).toBe(2);
  });
});

describe("the clock", () => {
  test("refuses those whose time to wait is over, without anybody asking", () => {
    stage.send({ head: get("/1") }, { head: get("/2") }, { head: get("/3") }, { head: get("/4") });
    stage.decisions.length = 0;
    stage.machine.runUntilTick(stage.machine.tick() + 30);
    expect(stage.decisions.map(({ requestId, outcome }) => [requestId, outcome])).toEqual([[3, Outcome.overloaded], [4, Outcome.overloaded]]);
    expect(stage.inspect()).toMatchObject({ waitingTimer: 0, overloaded: 2 });
    expect(stage.machine.runUntilQuiet(stage.machine.tick() + 2)).toBe(true);
  });

  test("lets a draining member go at its deadline, and keeps no run from its end", () => {
    stage.send({ head: get("/1") });
    const deadline = stage.machine.tick() + 40;
    expect(memberDrain(ask, { group: "app", address: "10.30.0.1", port: 8080 }, deadline, stage.machine.tick())).toBe(Errno.ok);
    expect(stage.machine.runUntilQuiet(stage.machine.tick() + 5)).toBe(true);
    expect(report(ask, "app", 0)?.members).toHaveLength(2);
    stage.machine.runUntilTick(deadline + 2);
    expect(report(ask, "app", 0)?.members).toHaveLength(1);
    expect(stage.inspect()).toMatchObject({ drainingTimer: 0 });
  });

  test("rests under semantics=veridian", () => {
    expect(stage.configure("group=app:rr\nmember=app:10.30.0.1:8080\ndefault=app\n")).toBe(0);
    stage.send({ head: get("/1") });
    expect(stage.inspect()).toMatchObject({ waitingTimer: 0, drainingTimer: 0 });
    expect(stage.connections).toEqual([]);
  });
});
