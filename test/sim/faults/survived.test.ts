import { describe, expect, test } from "vitest";
import { Listed } from "../../../sim/chance/decider.ts";
import { FAULTS } from "../../../sim/faults/catalogue.ts";
import { Bites } from "./bites.ts";

/** How often each strikes, in parts of a million: often, and yet so that something is done in between. */
const PARTS: Readonly<Record<string, number>> = Object.freeze({
  "memory.allocation": 50_000, "memory.buffers": 100_000, "memory.arena": 20_000,
  "timer.lost": 200_000, "timer.late": 300_000, "timer.doubled": 200_000, "timer.jump": 20_000, "timer.refused": 300_000,
  "ipc.queue-full": 40_000, "ipc.slow-receiver": 20_000, "ipc.revoked-in-flight": 500_000, "ipc.endpoint-closed": 3_000,
  "process.crash": 800, "process.hang": 500, "process.slow": 20_000, "process.starved": 10_000, "process.restart-storm": 50_000, "process.order": 300_000,
});

const LAYERS = Object.freeze(["memory", "timer", "ipc", "process"]);
/** Nobody need survive these, and nobody asks about the other here: no message of this machine carries a capability. */
const APART = Object.freeze(["memory.flip", "memory.flip-anywhere", "memory.canary"]);
const SEEDS = 4;

const mine = FAULTS.filter(({ layer, name }) => LAYERS.includes(layer) && !APART.includes(name));
const bites = new Bites();
const untouched = bites.untouched();

test("each fault of these layers is here", () => expect(mine.map(({ name }) => name).sort()).toEqual(Object.keys(PARTS).sort()));

describe.each(mine)("$name", ({ name, site }) => {
  // What only a restart makes possible needs one.
  const cause = name === "process.restart-storm" ? [{ fault: "process.crash", parts: 1_000, most: 2 }] : [];

  test("is survived, and the same deviations give the same run", () => {
    const rules = [{ fault: name, parts: PARTS[name] }, ...cause];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = bites.theatre.play({ seed, rules });
      expect(outcome.failures, `seed ${seed}`).toEqual([]);
      const sites = [site, ...cause.map(() => 16)];
      expect(bites.theatre.play({ seed, rules, decider: new Listed(outcome.deviations, sites) }).hash).toBe(outcome.hash);
    }
  });

  test("leaves no trace where it never strikes", () => {
    const late = bites.play([{ fault: name, parts: 1_000_000, fromTick: 1_000_000 }]);
    const none = bites.play([{ fault: name, parts: 0 }]);
    expect(none.outcome.hash).toBe(untouched.hash);
    // Chance counts its questions; the machine knows nothing of them.
    expect(late.outcome.hash.slice(0, 16)).toBe(untouched.hash.slice(0, 16));
    expect(late.outcome.deviations).toEqual([]);
  });
});
