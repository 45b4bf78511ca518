import { expect, test } from "vitest";
import { Pool, endpoints } from "./pool.ts";

test("plain turns: one after the other, those who cannot are passed over, and the turn goes on behind the last", () => {
  const pool = new Pool("RoundRobin", endpoints([1, 9, 0, 4]));
  const turns = (picks: number): string => Array.from({ length: picks }, () => pool.pick()).join("");
  expect(turns(7)).toBe("0130130");
  pool.setAvailable(1, false);
  expect(turns(4)).toBe("3030");
  pool.setAvailable(1, true);
  expect(turns(2)).toBe("13");
  pool.remove(3);
  expect(turns(3), "a turn behind the last is the first's").toBe("010");
});
