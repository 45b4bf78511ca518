/**
 * Goal: what a watch remembers is kept as a copy, and comes back to whoever holds a part of it. Method: by itself; then runs
 * into which something is planted late go on from their middle, and the same law is broken at the same moment.
 */

import { expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { DecisionMessage, Outcome } from "../../../services/lb/api.ts";
import { NetTrace } from "../../../services/net/api.ts";
import { calm } from "../../../sim/chance/decider.ts";
import type { Watch } from "../../../sim/checkers/checker.ts";
import { partOf } from "../../../sim/checkers/places.ts";
import { remembering } from "../../../sim/checkers/remembering.ts";
import type { Standing } from "../../../sim/explore/standing.ts";
import type { World, WorldSnapshot } from "../../../sim/world.ts";
import { theatreOf } from "./planting.ts";

const begun = () => {
  const state = { map: new Map([["a", { list: [1] }]]), set: new Set([1]), list: [1], number: 1 };
  // Handed on once, as listeners are.
  const { map, set } = state;
  return { state, map, set, watch: remembering(state, {}) };
};

test("comes back into the same maps and sets", () => {
  const { state, map, set, watch } = begun();
  const kept = watch.keep!();
  map.set("b", { list: [] });
  map.get("a")!.list.push(2);
  set.add(2);
  state.list.push(2);
  state.number = 2;
  watch.recall!(kept);
  expect(state).toEqual({ map: new Map([["a", { list: [1] }]]), set: new Set([1]), list: [1], number: 1 });
  expect([state.map === map, state.set === set]).toEqual([true, true]);
});

test("is a copy: what comes later does not change it, nor does who recalled it", () => {
  const { map, watch } = begun();
  const kept = watch.keep!();
  const other = begun();
  other.watch.recall!(kept);
  other.map.get("a")!.list.push(9);
  map.clear();
  const third = begun();
  third.watch.recall!(kept);
  expect(third.map).toEqual(new Map([["a", { list: [1] }]]));
});

/** From so many ticks on each decision is changed before anybody sees it. */
const PLANTED_TICKS = 25;
type Change = (world: World, decision: Address<"DecisionMessage">) => void;

const elsewhere: Change = ({ machine: { ram } }, decision) => {
  ram.u8[DecisionMessage.address.at(decision) + 3] = 9;
};
const otherGroup: Change = ({ machine: { ram } }, decision) => DecisionMessage.group.set(ram, decision, 1);
const letThrough: Change = ({ machine: { ram } }, decision) => {
  if (DecisionMessage.outcome.get(ram, decision) === Outcome.rateLimitExceeded) DecisionMessage.outcome.set(ram, decision, Outcome.noRouteMatch);
};

const plantOf = (world: World, fromTick: number, change: Change): Watch => {
  const arena = partOf(world.machine, "arena.net")!.base;
  return { probe: (kind, _process, _descriptor, decision) => void (kind === NetTrace.requestDecided && world.machine.tick() >= fromTick && change(world, (arena + decision) as Address<"DecisionMessage">)) };
};

test.each([["sessions", elsewhere], ["shares", elsewhere], ["routes", otherGroup], ["rates", letThrough]] as const)("a run that goes on from its middle is judged by %s as from its beginning", (checker, change) => {
  const theatre = theatreOf("ipc", [checker]);
  const { world } = theatre;
  const kept: { standing: Standing; copy: WorldSnapshot }[] = [];
  theatre.play({ seed: 1, decider: calm }, { watches: [{ tick: () => {
    const standing = kept.length === 0 && world.machine.tick() >= PLANTED_TICKS - 5 ? theatre.standing() : null;
    if (standing !== null) kept.push({ standing, copy: world.snapshot() });
  } }] });
  const plant = plantOf(world, PLANTED_TICKS, change);
  const whole = theatre.play({ seed: 1, decider: calm }, { watches: [plant] });
  expect(whole.failures[0]?.checker).toBe(checker);
  // Another one watches in between, and remembers other things.
  theatre.play({ seed: 1, decider: calm }, { haltAt: 5 });
  world.restore(kept[0]!.copy);
  const rest = theatre.play({ seed: 1, decider: calm }, { watches: [plant], from: kept[0]!.standing });
  expect(rest.failures).toEqual(whole.failures);
});
