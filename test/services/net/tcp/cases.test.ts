/** Goal: in every state every event does what the RFCs say. Method: tables of scripts (script.ts), one row for each rule. */

import { describe, expect, test } from "vitest";
import { TcpState } from "../../../../services/net/tcp/api.ts";
import type { TcpCase } from "./cases.ts";
import { OPENINGS } from "./cases.ts";
import { closing } from "./cases/closing.ts";
import { flood } from "./cases/flood.ts";
import { opening } from "./cases/opening.ts";
import { receiving } from "./cases/receiving.ts";
import { resets } from "./cases/resets.ts";
import { sending } from "./cases/sending.ts";
import { Script } from "./script.ts";

const TABLES: Readonly<Record<string, readonly TcpCase[]>> = { opening, closing, resets, receiving, sending, flood };
const all = Object.values(TABLES).flat();

for (const [name, cases] of Object.entries(TABLES)) {
  describe(name, () => {
    for (const one of cases) test(`${one.state}: ${one.title} (RFC ${one.section})`, () => play(one));
  });
}

function play({ state, lines, setup }: TcpCase): void {
  const script = new Script(setup);
  for (const line of [...OPENINGS[state]!, ...lines]) script.line(line);
  script.end();
}

test("no title stands twice, and every state has its rows", () => {
  const titles = all.map(({ state, title }) => `${state}: ${title}`);
  expect(new Set(titles).size).toBe(titles.length);
  const without = Object.keys(TcpState).filter((name) => !all.some(({ state }) => state === name));
  expect(without).toEqual([]);
});
