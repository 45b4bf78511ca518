/** A world as a file: it goes on from there as it would have, and nothing else passes for one. */

import { describe, expect, test } from "vitest";
import { misfit, readSavedWorld, savedWorldBytes } from "../../../sim/explore/saved-world.ts";
import type { SavedWorld } from "../../../sim/explore/saved-world.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { theatreCourse } from "../../../sim/explore/course.ts";
import { TimeTravel } from "../../../sim/explore/time-travel.ts";
import type { Problem } from "../../../sim/problem.ts";
import { planted } from "./planted.ts";

function read(bytes: Uint8Array): { readonly saved: SavedWorld | null; readonly problems: string } {
  const problems: Problem[] = [];
  return { saved: readSavedWorld(bytes, problems), problems: problems.map(({ found }) => found).join("; ") };
}

describe("a saved world", () => {
  const theatre = new Theatre(planted);
  const travel = new TimeTravel(theatreCourse(theatre, { seed: 3 }));
  travel.goTo(100);
  const { world } = theatre;
  const bytes = savedWorldBytes(world, "1.2.3");

  test("is put back byte for byte, and goes on as it did", () => {
    const { saved, problems } = read(bytes);
    expect(problems).toBe("");
    expect(saved).toMatchObject({ build: "1.2.3", tick: world.machine.tick(), hash: world.hash() });
    const standing = theatre.standing()!;
    const end = theatre.play({ seed: 3 }, { checked: false });
    const other = new Theatre(planted);
    expect(misfit(saved!, other.world)).toBe("");
    other.world.restore(saved!);
    expect(other.world.hash()).toBe(saved!.hash);
    expect(other.play({ seed: 3 }, { from: standing, checked: false })).toEqual(end);
    travel.goTo(100);
  });

  test("that was cut, grew, or changed in one bit is none", () => {
    expect(read(bytes.subarray(0, bytes.length - 1)).problems).toContain("bytes");
    expect(read(new Uint8Array([...bytes, 0])).problems).toContain("bytes");
    for (const at of [bytes.length - 1, bytes.length - world.memory.bytes - 1]) {
      const damaged = bytes.slice();
      damaged[at] ^= 1;
      expect(read(damaged)).toMatchObject({ saved: null, problems: "its bytes are not those that were saved: their hash is another one" });
    }
  });

  test("of another schema or kind is none", () => {
    for (const [was, is] of [["\"schema\":1", "\"schema\":2"], ["veridian-world", "veridian-w0rld"]]) {
      const text = Buffer.from(bytes).toString("latin1").replace(was, is);
      expect(read(Buffer.from(text, "latin1")).saved).toBeNull();
    }
    for (const other of ["", "\n", "{}", "null\n", "[]\n", "x".repeat(5000)]) expect(read(Buffer.from(other)).saved).toBeNull();
  });

  test("does not fit another version or another world", () => {
    const { saved } = read(bytes);
    expect(misfit({ ...saved!, layouts: "0".repeat(16) }, world)).toContain("version 1.2.3");
    expect(misfit({ ...saved!, costs: "0".repeat(16) }, world)).toContain("version 1.2.3");
    expect(misfit({ ...saved!, world: new Uint8Array(8) }, world)).toContain("another world");
    expect(misfit({ ...saved!, machine: new Uint8Array(64) }, world)).toContain("another machine");
  });
});
