import { describe, expect, test } from "vitest";
import { Outcome } from "../../../../services/lb/api.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { sessionStoreCount } from "../../../../services/lb/session/session-store.ts";
import { AdmittingDesk } from "../connection/admitting.ts";
import { smallLimits } from "../connection/strict-desk.ts";

const configuration = (members: readonly number[], rest = "session=\n", groups = ["app", "api"]): string =>
  `semantics=strict\n${groups.map((group) => `group=${group}:rr\n${members.map((last) => `member=${group}:10.0.0.${last}:80\n`).join("")}route=/${group}::${group}\n`).join("")}${rest}`;

const LAST_BYTE = 3;

/** The last byte of the address to which a session's request goes. */
function goes(desk: AdmittingDesk, session: string, path = "/app", tick = 0): number {
  expect(desk.admit({ session, path, tick })).toBe(Outcome.routed);
  const { group, position, connection } = desk.chosen;
  expect(group).toBe(desk.named(path.slice(1)));
  desk.end(connection);
  return desk.memory.u8[Backend.literal.at(desk.backends(desk.named(path.slice(1)))[position]) + LAST_BYTE];
}

const count = (desk: AdmittingDesk): number => sessionStoreCount(desk.memory, desk.balancer);

describe("a session and a reload", () => {
  test("stays with its backend, wherever that stands now and however often", () => {
    const desk = new AdmittingDesk(configuration([1, 2, 3]), smallLimits({ directoryMax: 40 }));
    const [app, api] = [["a", "b", "c", "d"].map((session) => goes(desk, session)), ["a", "b"].map((session) => goes(desk, session, "/api"))];
    expect(new Set(app).size).toBe(3);
    for (const members of [[3, 2, 1], [1, 2, 3, 4], [4, 3, 2, 1], [2, 1, 3]]) {
      desk.reload(configuration(members, "session=\n", members.length === 4 ? ["api", "app"] : ["app", "other", "api"]));
      expect(["a", "b", "c", "d"].map((session) => goes(desk, session))).toEqual(app);
      expect(["a", "b"].map((session) => goes(desk, session, "/api"))).toEqual(api);
    }
    expect(count(desk)).toBe(6);
  });

  test("is bound anew if its backend is gone, and does not go back when another comes with the same address", () => {
    const desk = new AdmittingDesk(configuration([1, 2, 3]));
    const before = goes(desk, "s");
    const others = [1, 2, 3].filter((last) => last !== before);
    desk.reload(configuration(others));
    const after = goes(desk, "s");
    expect(others).toContain(after);
    desk.reload(configuration([before, ...others]));
    for (let i = 0; i < 4; i++) expect(goes(desk, "s")).toBe(after);
  });

  test("does not follow a group of another name", () => {
    const desk = new AdmittingDesk(configuration([1, 2, 3], "session=\n", ["app"]));
    goes(desk, "x");
    const before = goes(desk, "s");
    desk.reload(configuration([1, 2, 3], "session=\n", ["new"]));
    const after = goes(desk, "s", "/new");
    expect(after).not.toBe(before);
    desk.reload(configuration([1, 2, 3], "session=\n", ["app"]));
    expect(goes(desk, "s")).toBe(1);
  });

  test("ends with the cookie's name, not with its ticks", () => {
    const desk = new AdmittingDesk(configuration([1, 2]));
    goes(desk, "s");
    desk.reload(configuration([1, 2], "session=VERIDIAN_SESSION:50\n"));
    expect(count(desk)).toBe(1);
    expect(goes(desk, "s", "/app", 49)).toBe(1);
    desk.advance(98);
    expect(count(desk)).toBe(1);
    desk.advance(99);
    expect(count(desk)).toBe(0);
    goes(desk, "s", "/app", 100);
    desk.reload(configuration([1, 2], "session=OTHER\n"));
    expect(count(desk)).toBe(0);
  });
});
