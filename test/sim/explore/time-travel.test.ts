/** Wherever one goes in a run, the world is what it was there, however few checkpoints there are. */

import { describe, expect, test } from "vitest";
import { boot } from "../../../kernel/boot.ts";
import { Listed } from "../../../sim/chance/decider.ts";
import { Checkpoints } from "../../../sim/explore/checkpoints.ts";
import type { Course } from "../../../sim/explore/course.ts";
import { Relay, WorldCourse, theatreCourse } from "../../../sim/explore/course.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { TimeTravel } from "../../../sim/explore/time-travel.ts";
import { experimentNamed } from "../../../sim/experiments/catalogue.ts";
import { smallSurroundings } from "../../../sim/experiments/small.ts";
import { worldOf } from "../../../sim/world.ts";
import { planted, plantedRepro } from "./planted.ts";

/** Hash of the world in front of each step. */
function hashesOf(travel: TimeTravel): readonly string[] {
  const hashes: string[] = [];
  travel.watch(0, travel.end, [{ between: () => void hashes.push(travel.world.hash()) }]);
  return hashes;
}

/** Places all over a run, in no order. */
function places(end: number): readonly number[] {
  return Array.from({ length: 60 }, (_, i) => (i * 7919) % end);
}

function courses(): readonly [string, Course][] {
  const theatre = new Theatre(planted);
  const { manifest, capture, mac } = smallSurroundings();
  const relay = new Relay();
  const world = worldOf(boot(manifest, { probe: relay.probe }), capture, mac);
  world.beginReplay();
  return [["a theatre's run", theatreCourse(theatre, { seed: 3 })], ["a world's run", new WorldCourse(world, 30, relay)]];
}

for (const [name, course] of courses()) describe(name, () => {
  const room = course.world.machine.ram.bytes + course.world.memory.bytes;
  const travel = new TimeTravel(course);
  const hashes = hashesOf(travel);

  test.each([["many", 100], ["eight", 8], ["two", 2]])("is the same at each place, with %s checkpoints", (_count, count) => {
    const other = new TimeTravel(course, Infinity, count * room, 4);
    expect(other.checkpoints).toBeLessThanOrEqual(count);
    expect(other.end).toBe(hashes.length);
    for (const place of places(other.end)) {
      other.goTo(place);
      expect(other.world.hash()).toBe(hashes[place]);
    }
  });

  test("goes back and on by single events", () => {
    travel.goTo(40);
    expect(travel.back()).toBe(true);
    expect([travel.position, travel.world.hash()]).toEqual([39, hashes[39]]);
    expect(travel.forward()).toBe(true);
    expect([travel.position, travel.world.hash()]).toEqual([40, hashes[40]]);
    travel.goTo(0);
    expect(travel.back()).toBe(false);
    travel.goTo(travel.end);
    expect(travel.forward()).toBe(false);
  });

  test("goes to where a tick has just passed", () => {
    for (const tick of [travel.firstTick + 1, travel.firstTick + 9, travel.firstTick + 20]) {
      travel.goToTick(tick);
      expect(travel.world.machine.tick()).toBeGreaterThanOrEqual(tick);
      travel.goTo(travel.position - 1);
      expect(travel.world.machine.tick()).toBeLessThan(tick);
    }
    expect(travel.stepOfTick(travel.firstTick)).toBe(0);
    expect(travel.stepOfTick(1_000_000)).toBe(travel.end);
  });

  test("tells its watches of exactly the steps that were asked for", () => {
    const seen: string[] = [];
    let records = 0;
    travel.watch(33, 47, [{ between: () => void seen.push(travel.world.hash()), probe: () => void (records += 1) }]);
    expect(seen).toEqual(hashes.slice(33, 47));
    let [before, all] = [0, 0];
    travel.watch(0, 33, [{ probe: () => void (before += 1) }]);
    travel.watch(0, 47, [{ probe: () => void (all += 1) }]);
    expect(records).toBe(all - before);
  });

  test("finds the last step that changed something", () => {
    const look = (): string => String(course.world.machine.tick());
    const step = travel.lastChange(100, look);
    travel.goTo(step);
    const after = look();
    travel.goTo(step - 1);
    expect(look()).not.toBe(after);
    travel.goTo(100);
    expect(look()).toBe(after);
    expect(travel.lastChange(100, () => "always")).toBe(0);
  });

  test("has no place before its beginning or behind its end", () => {
    expect(() => travel.goTo(-1)).toThrow("there is no place -1");
    expect(() => travel.goTo(travel.end + 1)).toThrow("there is no place");
    expect(() => travel.watch(5, 4, [])).toThrow("5 to 4");
  });
});

describe("a run of a theatre", () => {
  const theatre = new Theatre(planted);

  test("ends where it failed, and is the run that was judged", () => {
    const repro = plantedRepro(theatre);
    const run = { seed: repro.seed, decider: new Listed(repro.deviations, repro.sites) };
    expect(theatre.play(run).hash).toBe(repro.hash);
    const travel = new TimeTravel(theatreCourse(theatre, run), theatre.position());
    travel.goTo(10);
    travel.goTo(travel.end);
    expect(travel.world.hash()).toBe(repro.hash);
  });

  test("goes on from any place, judged, to the same end", () => {
    const room = theatre.world.machine.ram.bytes + theatre.world.memory.bytes;
    const checkpoints = new Checkpoints(theatre.world, 1000 * room, 20);
    const whole = theatre.play({ seed: 9 }, { watches: [{ between: () => {
      const standing = checkpoints.isDue(theatre.position()) ? theatre.standing() : null;
      if (standing !== null) checkpoints.take(standing);
    } }] });
    expect(checkpoints.count).toBeGreaterThan(3);
    for (let steps = 0; steps < theatre.position(); steps += 37) {
      const from = checkpoints.putBack((standing) => standing.steps <= steps);
      expect(from?.kept).not.toBeNull();
      expect(theatre.play({ seed: 9 }, { from: from! })).toEqual(whole);
    }
  });

  test.each(["wire", "process", "ipc"])("of the experiment %s, watched by all checkers, goes on from any place to the same end", (name) => {
    const stage = new Theatre(experimentNamed(name)!);
    const checkpoints = new Checkpoints(stage.world, 2 ** 26, 40);
    const keeper = { between: () => {
      const standing = checkpoints.isDue(stage.position()) ? stage.standing() : null;
      if (standing !== null) checkpoints.take(standing);
    } };
    const whole = stage.play({ seed: 5 }, { watches: [keeper] });
    const steps = stage.position();
    for (let at = 0; at < steps; at += 90) {
      const from = checkpoints.putBack((standing) => standing.steps <= at);
      expect(from!.kept, "every checker says what it remembers").not.toBeNull();
      expect(stage.play({ seed: 5 }, { from: from! })).toEqual(whole);
    }
  });

  test("has another future from there where chance decides otherwise", () => {
    const travel = new TimeTravel(theatreCourse(theatre, { seed: 9 }));
    travel.goTo(60);
    const standing = theatre.standing()!;
    const there = theatre.world.snapshot();
    const futures = [1, 2, 3].map((seed) => {
      theatre.world.restore(there);
      return theatre.play({ seed }, { from: standing, checked: false }).hash;
    });
    expect(new Set(futures).size).toBe(3);
  });
});
