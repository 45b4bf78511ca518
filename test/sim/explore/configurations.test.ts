import { expect, test } from "vitest";
import { configurationsOf } from "../../../sim/explore/configurations.ts";
import { SMALL_CONFIGURATION, smallSurroundings } from "../../../sim/experiments/small.ts";
import type { Experiment } from "../../../sim/explore/experiment.ts";
import { BUILT_IN_NEIGHBOURS } from "../../../sim/machines/configuration.ts";
import { tiny } from "../../../sim/machines/index.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { ownExperiment } from "./own-experiment.ts";

test("the same groups under each other algorithm", () => {
  const others = configurationsOf("semantics=strict\ngroup=a:rr\nmember=a:10.0.0.1:80\ngroup=b:rr\n");
  expect(others).toHaveLength(10);
  expect(others.every((text) => /group=a:(\w+)\n[^]*group=b:\1\n/.test(text))).toBe(true);
  expect(configurationsOf("group=a:rr\n")).toEqual(["roundrobin", "leastconn", "weighted", "random", "iphash"].map((name) => `group=a:${name}\n`));
  expect(configurationsOf("default=a\n")).toEqual([]);
});

/** A machine with room for two configurations at once, as a reload needs it. */
function roomy(): Experiment {
  const surroundings: Experiment["surroundings"] = () => ({ ...smallSurroundings(), manifest: tiny.manifest({ settings: { "arena.lb": 24 * 1024 }, neighbours: BUILT_IN_NEIGHBOURS, ramBytes: 128 * 1024 }) });
  return ownExperiment({ surroundings });
}

test("a run begins with what the balancer took, and the next with what it had", () => {
  const theatre = new Theatre(roomy());
  const { configurations } = theatre;
  expect(configurations.length).toBeGreaterThan(3);
  const plain = theatre.play({ seed: 1 });
  const others = configurations.map((configuration) => theatre.play({ seed: 1, configuration }));
  expect(others.every(({ hash, failures }) => hash !== plain.hash && failures.length === 0)).toBe(true);
  expect(theatre.play({ seed: 1 }).hash).toBe(plain.hash);
  const other = new Theatre(roomy());
  expect(other.play({ seed: 1, configuration: configurations.at(-1)! }).hash).toBe(others.at(-1)!.hash);
});

test("a machine without room for a reload has no others", () => expect(new Theatre(ownExperiment()).configurations).toEqual([]));

test("a configuration that the balancer refuses is no beginning", () => {
  const theatre = new Theatre(ownExperiment());
  expect(() => theatre.play({ seed: 1, configuration: `${SMALL_CONFIGURATION}group=app\n` })).toThrow("the balancer refuses this configuration");
});
