import { describe, expect, test } from "vitest";
import type { Memory } from "../../../../hal/memory.ts";
import { placeFind, placeOpen } from "../../../../services/lb/connection/admission.ts";
import { END_RETRY, closeConnection } from "../../../../services/lb/connection/ending.ts";
import { ConnectionKind } from "../../../../services/lb/connection/records.ts";
import { retryAllowed } from "../../../../services/lb/connection/retry.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import type { PolicyNumbers } from "./strict-desk.ts";
import { OPERATOR, StrictDesk, smallLimits } from "./strict-desk.ts";

class Retries extends StrictDesk {
  readonly only: GroupAddress;

  constructor(members: number, policy: PolicyNumbers, connectionsMax = 200) {
    super(smallLimits({ connectionsMax }));
    this.only = this.group("g", members, policy);
  }

  take(kind: number = ConnectionKind.request): number {
    this.wants();
    const position = placeFind(this.memory, this.balancer, this.only, 0 as BackendAddress, 0);
    if (position < 0) throw new Error(`no room: ${position}`);
    placeOpen(this.memory, this.balancer, this.only, position, OPERATOR, kind, 0, 0);
    return this.chosen.connection;
  }

  /** The connection failed, and is to be tried elsewhere: the connection's name, or why not. */
  retry(name: number): number {
    const status = closeConnection(this.heap, this.balancer, name, END_RETRY, 0, 0, 0);
    return status === 0 ? this.chosen.connection : status;
  }

  get counts(): { open: number; retries: number; retried: number; refused: number } {
    const of = (field: { get(memory: Memory, at: GroupAddress): number }): number => field.get(this.memory, this.only);
    return { open: of(Group.activeConnections), retries: of(Group.retries), retried: of(Group.retried), refused: of(Group.retriesRefused) };
  }
}

describe("a request that is tried elsewhere", () => {
  test("goes to another backend than the one where it failed, which is told", () => {
    const desk = new Retries(2, { retriesLeast: 9 });
    for (let i = 0; i < 10; i++) {
      const name = desk.take();
      const failed = desk.chosen.position;
      const again = desk.retry(name);
      expect(again).toBeGreaterThan(0);
      expect(desk.chosen).toEqual({ group: desk.only, position: 1 - failed, connection: again });
      expect(closeConnection(desk.heap, desk.balancer, again, 0, 0, 0, 0)).toBe(0);
      expect(desk.chosen.connection).toBe(0);
    }
    expect(desk.counts).toEqual({ open: 0, retries: 0, retried: 10, refused: 0 });
    expect(desk.backends(desk.only).reduce((sum, backend) => sum + Backend.failed.get(desk.memory, backend), 0)).toBe(10);
    expect(desk.backends(desk.only).reduce((sum, backend) => sum + Backend.finished.get(desk.memory, backend), 0)).toBe(10);
  });

  test("is refused without a budget, and then has ended as failed", () => {
    const desk = new Retries(2, {});
    const name = desk.take();
    expect(desk.retry(name)).toBe(LbErrno.retryRefused);
    expect(desk.chosen.connection).toBe(0);
    expect(desk.counts).toEqual({ open: 0, retries: 0, retried: 0, refused: 1 });
    expect(desk.retry(name)).toBe(LbErrno.connectionNotFound);
  });

  test("is refused if there is no other backend, or none that has room", () => {
    const desk = new Retries(2, { retriesLeast: 9, backendConnectionsMax: 1 });
    const names = [desk.take(), desk.take()];
    expect(desk.retry(names[0]!)).toBe(LbErrno.retryRefused);
    desk.health(desk.only, 0, false);
    expect(desk.retry(names[1]!)).toBe(LbErrno.retryRefused);
    expect(desk.counts).toEqual({ open: 0, retries: 0, retried: 0, refused: 2 });
  });

  test("is refused if its backend is gone, or if it is a flow", () => {
    const desk = new Retries(2, { retriesLeast: 9 });
    const name = desk.take();
    desk.remove(desk.only, desk.backends(desk.only)[desk.chosen.position]!);
    expect(desk.retry(name)).toBe(LbErrno.retryRefused);
    expect(desk.retry(desk.take(ConnectionKind.flow))).toBe(LbErrno.retryRefused);
    expect(desk.counts).toEqual({ open: 0, retries: 0, retried: 0, refused: 1 });
  });

  test("finds its backend by position also when the failed one leaves in the same moment", () => {
    const desk = new Retries(3, { retriesLeast: 9 });
    const name = desk.take();
    desk.drain(desk.only, 0, 1000);
    expect(desk.open(desk.only)).toEqual([1, 0, 0]);
    const again = desk.retry(name);
    expect(desk.open(desk.only)).toHaveLength(2);
    expect(desk.open(desk.only)[desk.chosen.position]).toBe(1);
    expect(closeConnection(desk.heap, desk.balancer, again, 0, 0, 0, 0)).toBe(0);
    expect(desk.open(desk.only)).toEqual([0, 0]);
  });

  test("takes no memory", () => {
    const desk = new Retries(2, { retriesLeast: 9 });
    desk.allocationsLeft = 0;
    expect(desk.retry(desk.take())).toBeGreaterThan(0);
  });
});

describe("the budget", () => {
  test.each([
    [20, 0, 10, 2],
    [20, 0, 9, 1],
    [20, 0, 4, 0],
    [20, 3, 4, 3],
    [20, 3, 50, 10],
    [100, 0, 5, 5],
    [1, 0, 99, 0],
    [1, 0, 100, 1],
    [1000, 0, 5, 5],
  ])("of %i %% and at least %i with %i connections: %i", (retryPercent, retriesLeast, open, allowed) => {
    const desk = new Retries(3, { retryPercent, retriesLeast });
    const names = Array.from({ length: open }, () => desk.take());
    let done = 0;
    for (const name of names) {
      if (!(desk.retry(name) > 0)) break;
      done += 1;
    }
    expect(done).toBe(allowed);
    expect(desk.counts.retries).toBe(allowed);
  });

  test("is free again when a retry has ended; a retry of a retry is one", () => {
    const desk = new Retries(3, { retriesLeast: 1 });
    let name = desk.retry(desk.take());
    expect(retryAllowed(desk.memory, desk.only)).toBe(false);
    for (let i = 0; i < 5; i++) {
      name = desk.retry(name);
      expect(name).toBeGreaterThan(0);
      expect(desk.counts.retries).toBe(1);
    }
    expect(desk.retry(desk.take())).toBe(LbErrno.retryRefused);
    closeConnection(desk.heap, desk.balancer, name, 1, 0, 0, 0);
    expect(desk.counts.retries).toBe(0);
    expect(desk.retry(desk.take())).toBeGreaterThan(0);
  });
});
