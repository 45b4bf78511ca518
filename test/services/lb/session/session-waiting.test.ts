/** Sessions whose first request has to wait: they are bound where it is let in. */

import { describe, expect, test } from "vitest";
import { Outcome } from "../../../../services/lb/api.ts";
import { sessionStoreCount } from "../../../../services/lb/session/session-store.ts";
import { WAITING } from "../../../../services/lb/strict.ts";
import { AdmittingDesk } from "../connection/admitting.ts";

const members = [1, 2, 3].map((last) => `member=app:10.0.0.${last}:80\n`).join("");
const site = (more = ""): string => `semantics=strict\nsession=\ngroup=app:rr\n${members}default=app\nmax_connections=app:1\nmax_pending=app:4:50\n${more}`;

/** Where a request of that session goes now; it ends at once. */
function where(desk: AdmittingDesk, session: string, tick = 0): number {
  expect(desk.admit({ session, tick })).toBe(Outcome.routed);
  const { position, connection } = desk.chosen;
  desk.end(connection, 0, { tick });
  return position;
}

/** Position and connection of the only one that was let in. */
function letIn(desk: AdmittingDesk): { position: number; connection: number } {
  const told = desk.told();
  expect(told.map((one) => one.outcome)).toEqual([Outcome.routed]);
  return told[0]!;
}

describe("a session whose first request waits", () => {
  test("is bound to the backend where it is let in, also over a reload", () => {
    const desk = new AdmittingDesk(site());
    desk.admit();
    const open = desk.chosen.connection;
    expect(desk.admit({ session: "s" })).toBe(WAITING);
    desk.reload(site("panic=app:10\n"));
    desk.end(open);
    const { position, connection } = letIn(desk);
    desk.end(connection);
    for (let i = 0; i < 4; i++) {
      expect(where(desk, "s")).toBe(position);
      desk.admit();
      desk.end(desk.chosen.connection);
    }
    desk.check();
  });

  test("stays where another request of it was bound meanwhile", () => {
    const desk = new AdmittingDesk(site());
    desk.admit();
    const open = desk.chosen.connection;
    expect(desk.admit({ session: "s" })).toBe(WAITING);
    desk.reload(site().replace("max_connections=app:1", "max_connections=app:3"));
    const { position, connection } = letIn(desk);
    expect([where(desk, "s"), where(desk, "s")]).toEqual([position, position]);
    desk.end(connection);
    desk.end(open);
    expect(where(desk, "s")).toBe(position);
  });

  test("is nobody's if it was refused, had ended, or its cookie is another's now", () => {
    for (const change of ["refused", "ended", "cookie"]) {
      const desk = new AdmittingDesk(site().replace("session=", "session=:10"));
      desk.admit();
      const open = desk.chosen.connection;
      expect(desk.admit({ session: "s" })).toBe(WAITING);
      expect(sessionStoreCount(desk.memory, desk.balancer)).toBe(1);
      if (change === "refused") desk.advance(50);
      if (change === "ended") desk.advance(20);
      if (change === "cookie") desk.reload(site().replace("session=", "session=other"));
      expect(sessionStoreCount(desk.memory, desk.balancer)).toBe(0);
      desk.end(open, 0, { tick: 50 });
      for (const { connection } of desk.told()) if (connection !== 0) desk.end(connection, 0, { tick: 50 });
      expect(new Set([1, 2, 3].map((i) => where(desk, `t${i}`, 60))).size, change).toBe(3);
      desk.check();
    }
  });
});
