/**
 * The stage of hazards of the load balancer. There upstream's behaviour is semantics=veridian, to the last bit, and ours is
 * semantics=strict: the same configuration and the same frames under either.
 */

import type { BootOptions } from "../../kernel/boot.ts";
import { boot as bootMachine } from "../../kernel/boot.ts";
import { CONFIG_ENTRIES } from "../../services/lb/config/keys.ts";
import { NetTrace } from "../../services/net/api.ts";
import { parseMac } from "../address-text.ts";
import { configure } from "../balancer.ts";
import type { Checker } from "../checkers/checker.ts";
import type { Decided } from "../checkers/decided.ts";
import { decidedReader } from "../checkers/decided.ts";
import { JUDGED_STRICTLY } from "../checkers/plain-configuration.ts";
import type { Surroundings } from "../explore/experiment.ts";
import { Flag, frameOf } from "../fuzz/frames.ts";
import { BUILT_IN_NEIGHBOURS } from "../machines/configuration.ts";
import { standard } from "../machines/index.ts";
import { DEFAULT_MAC } from "../machines/model.ts";
import type { World } from "../world.ts";
import { worldOf } from "../world.ts";
import type { Part, Scene } from "./hazard.ts";
import type { Variant } from "./variant.ts";

/** Groups' algorithms that upstream knows; every other one acts there as plain turns would. */
const UPSTREAM_ALGORITHMS: readonly string[] = Object.freeze(["roundrobin", "rr", "leastconn", "lc", "weighted", "random", "iphash"]);
const FIRST_PORT = 50_000;
const SEQUENCE = 1000;

/** The same configuration as upstream's balancer understands it: without what only strict semantics have. */
export function seedConfiguration(text: string): string {
  const lines = text.split("\n").flatMap((line) => {
    const [key = "", value = ""] = [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1).trim()];
    if (key === "semantics") return ["semantics=veridian"];
    if (CONFIG_ENTRIES.some((entry) => entry.name === key && entry.strictOnly)) return [];
    if (key !== "group") return [line];
    const [name = "", algorithm = ""] = value.split(":");
    return [`group=${name}:${algorithm === "wrr" ? "weighted" : UPSTREAM_ALGORITHMS.includes(algorithm) ? algorithm : "roundrobin"}`];
  });
  return [JUDGED_STRICTLY, ...lines].join("\n");
}

/** Any surroundings with a balancer of upstream's ways. */
export function seedVariant(name: string): Variant {
  return Object.freeze<Variant>({ name, adapt: (surroundings) => seedSurroundings(surroundings) });
}

function seedSurroundings(surroundings: Surroundings): Surroundings {
  return { ...surroundings, configuration: seedConfiguration(surroundings.configuration) };
}

/** A standard machine, configured: under strict semantics, or as upstream's balancer takes the same text. */
export function balancerStage(configuration: string, settings: Readonly<Record<string, number>> = {}): (part: Part, boot: BootOptions) => World {
  return (part, options) => {
    const world = worldOf(bootMachine(standard.manifest({ settings, neighbours: BUILT_IN_NEIGHBOURS }), options), null, parseMac(DEFAULT_MAC));
    const { status } = configure(world, part === "upstream" ? seedConfiguration(configuration) : configuration);
    if (status !== 0) throw new RangeError(`the configuration of a hazard is refused: ${status}`);
    return world;
  };
}

export interface Asked {
  /** Number of the client: its port, and nothing else. */
  readonly client: number;
  readonly source?: string;
  readonly dport?: number;
  readonly path?: string;
  readonly host?: string;
}

/** A client sends one request, on a connection of its own, and the machine decides about it. */
export function ask(scene: Scene, { client, source = "10.0.0.1", dport = 80, path = "/", host = "app.example" }: Asked): void {
  const data = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  scene.world.offer(frameOf({ source, sport: FIRST_PORT + client, dport, sequence: SEQUENCE, flags: Flag.ack | Flag.push, data }), 0);
  settle(scene);
}

/** Lets a frame that was offered arrive and be worked on; no tick need pass for it. */
export function settle(scene: Scene): void {
  const { machine } = scene.world;
  scene.until(() => machine.board.nextDeviceEventCycle() < 0 && !machine.busy(), 2);
}

/** A checker that is told of each decision. */
export function decisions(name: string, law: string, begin: (world: World, fail: (place: string, text: string) => void) => { readonly decided: (decided: Decided) => void; readonly healed?: () => void }): Checker {
  return Object.freeze<Checker>({
    name,
    law,
    fits: (world) => decidedReader(world) !== null,
    begin: ({ world, fail }) => {
      const read = decidedReader(world);
      const { decided, healed } = begin(world, fail);
      return {
        probe: (kind, _process, descriptor, decision) => {
          if (kind === NetTrace.requestDecided && read !== null) decided(read(descriptor, decision));
        },
        ...(healed === undefined ? {} : { healed }),
      };
    },
  });
}
