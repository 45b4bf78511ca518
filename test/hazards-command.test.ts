/** Goal: people are told what hazards there are, see one break and hold, and programs read the same as JSON. */

import { expect, test } from "vitest";
import { veridian } from "./commanding.ts";

test("list names all 28, with place, reach and what each does", () => {
  const { code, out, err } = veridian("hazards", "list");
  expect([code, err]).toEqual([0, ""]);
  for (let number = 1; number <= 28; number++) expect(out).toMatch(new RegExp(`^H${number} `, "m"));
  expect(out).toMatch(/^H9 +latent, ran +timer wheel +at most 64 expirations/m);
  const said = JSON.parse(veridian("hazards", "list", "--json").out) as { schema: number; hazards: { id: string; reach: string }[] };
  expect(said.schema).toBe(1);
  expect(said.hazards.map(({ id }) => id)).toEqual(Array.from({ length: 28 }, (_, index) => `H${index + 1}`));
});

test("run ID tells both scenarios tick by tick", () => {
  const { code, out, err } = veridian("hazards", "run", "h1");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^H1: messages sent = received \+ pending\n/);
  const [upstream, ours] = out.slice(out.indexOf("With upstream's part")).split("With our part\n");
  expect(upstream).toContain("  tick 3: BROKEN messages-conserved: endpoint 0: sent: 1 messages were sent; 0 received, 0 pending and 0 dropped leave 1\n  messages-conserved is broken, as stated.");
  expect(ours).toContain("bob runs for message (7)");
  expect(ours).toMatch(/ {2}Everything holds, to tick 3\.\n$/);
});

test("run ID --json has the facts and both accounts", () => {
  const said = JSON.parse(veridian("hazards", "run", "H17", "--json").out) as Record<string, unknown>;
  expect(said).toMatchObject({ schema: 1, id: "H17", broken: true, holding: true, breaks: "messages-conserved", upstream: { part: "upstream", failures: [{ checker: "messages-conserved", place: "batch 0: added" }] }, ours: { part: "ours", failures: [] } });
});

test("run --all ends with the count, and with exit code 0 if all is as stated", () => {
  const { code, out } = veridian("hazards", "run", "--all");
  expect(out.split("\n").at(-2)).toBe("28 of 28 broken with the upstream part, 28 of 28 holding with ours");
  expect(code).toBe(0);
  const said = JSON.parse(veridian("hazards", "run", "--all", "--json").out) as Record<string, unknown>;
  expect(said).toMatchObject({ schema: 1, broken: 28, holding: 28, of: 28 });
});

test("seek finds one by an experiment that knows nothing of it, and says what is left", () => {
  const { code, out } = veridian("hazards", "seek", "H23", "--experiment", "crowd");
  expect(code).toBe(0);
  expect(out).toMatch(/^H23 is found by crowd, seed 1, tick \d+\n {2}authority: process member\d: it sends to .*, and never had a right to\n {2}\d+ deviations, and after \d+ smaller runs 1:\n {4}.*\n$/);
  const none = veridian("hazards", "seek", "H21", "--experiment", "crowd", "--seeds", "1");
  expect([none.code, none.out]).toEqual([1, "H21 is not found within 1 seeds of crowd\n"]);
});

test("what makes no sense is refused", () => {
  expect(veridian("hazards")).toMatchObject({ code: 2, err: expect.stringContaining("it is missing") });
  expect(veridian("hazards", "look")).toMatchObject({ code: 2, err: expect.stringContaining('"look": there is nothing like that to do; expected list, run ID, run --all or seek ID') });
  expect(veridian("hazards", "run")).toMatchObject({ code: 2, err: expect.stringContaining("which hazard?") });
  expect(veridian("hazards", "run", "H1", "--all")).toMatchObject({ code: 2, err: expect.stringContaining("it is either H1 or all of them") });
  expect(veridian("hazards", "run", "H29")).toMatchObject({ code: 2, err: expect.stringContaining('"H29": there is no such hazard') });
  expect(veridian("hazards", "seek", "H1", "--experiment", "moon")).toMatchObject({ code: 2, err: expect.stringContaining("--experiment moon: there is no such experiment") });
  expect(veridian("hazards", "seek", "H1", "--seeds", "0")).toMatchObject({ code: 2, err: expect.stringContaining("--seeds 0: it says no number of seeds") });
});
