/**
 * Other configurations for the balancer of an experiment: the same groups under other algorithms. Each is handed in as a
 * reload, once, without a boot; a run that wants it begins at the moment when all is at rest again.
 */

import { Errno } from "../../kernel/errno.ts";
import { UPSTREAM_ALGORITHMS } from "../../services/lb/control.ts";
import { ALGORITHM_NAMES } from "../../services/lb/config/value.ts";
import { configure } from "../balancer.ts";
import type { World, WorldSnapshot } from "../world.ts";

const GROUP_LINE = /^(group=[^:\n]+:)([a-z0-9]+)$/gm;
const STRICT_LINE = /^semantics=strict$/m;
const REST_TICKS_MAX = 10_000;

/** One for each algorithm, which all groups take on together; none for a configuration without groups of its own. */
export function configurationsOf(text: string): readonly string[] {
  const strict = STRICT_LINE.test(text);
  const names = new Map<number, string>();
  for (const { algorithm, name } of ALGORITHM_NAMES) if (!names.has(algorithm) && (strict || algorithm < UPSTREAM_ALGORITHMS)) names.set(algorithm, name);
  const others = [...names.values()].map((name) => text.replace(GROUP_LINE, (_line, head: string) => head + name));
  return Object.freeze([...new Set(others)].filter((other) => other !== text));
}

/** Where runs of a world begin, by configuration. */
export class Beginnings {
  readonly #world: World;
  readonly #start: WorldSnapshot;
  readonly #text: string;
  readonly #begun = new Map<string, WorldSnapshot | null>();
  #taken: readonly string[] | null = null;

  /** The world stands where runs with its own configuration begin. */
  constructor(world: World, text: string) {
    this.#world = world;
    this.#start = world.snapshot();
    this.#text = text;
  }

  /** The other configurations that the balancer takes, in a fixed order. */
  get taken(): readonly string[] {
    this.#taken ??= Object.freeze(configurationsOf(this.#text).filter((text) => this.#of(text) !== null));
    return this.#taken;
  }

  /** Puts the world there; throws a RangeError for a configuration that the balancer refuses. */
  enter(configuration: string | undefined): void {
    const start = configuration === undefined ? this.#start : this.#of(configuration);
    if (start === null) throw new RangeError("the balancer refuses this configuration; only one that it takes can be played");
    this.#world.restore(start);
  }

  /** Null if the balancer refuses it, or does not come to rest over it. */
  #of(configuration: string): WorldSnapshot | null {
    const known = this.#begun.get(configuration);
    if (known !== undefined) return known;
    const world = this.#world;
    world.restore(this.#start);
    const { status } = configure(world, configuration);
    const rests = world.machine.runUntilQuiet(world.machine.tick() + REST_TICKS_MAX);
    const start = status === Errno.ok && rests ? world.snapshot() : null;
    this.#begun.set(configuration, start);
    return start;
  }
}
