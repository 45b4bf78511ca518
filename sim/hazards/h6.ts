/**
 * H6: upstream keeps a bucket for each client key that it ever saw, and never takes one away. A client that varies its key
 * has the balancer's memory.
 */

import type { BootOptions } from "../../kernel/boot.ts";
import { arenaAccount } from "../../kernel/arena.ts";
import type { Checker } from "../checkers/checker.ts";
import { partOf } from "../checkers/places.ts";
import type { World } from "../world.ts";
import { ask, balancerStage } from "./balancer-scene.ts";
import type { Hazard, Part, Scene } from "./hazard.ts";
import type { Variant } from "./variant.ts";

const CONFIGURATION = `semantics=strict
limiter_full=evict
group=app:roundrobin
member=app:10.30.0.1:8080
default=app
`;
const LIMITERS = 32;
const UNLIMITED = 1_000_000;
const KEYS = 8 * LIMITERS;

/** Without a bound, as far as the arena goes. */
const variant: Variant = Object.freeze<Variant>({
  name: "H6",
  adapt: (surroundings) => {
    const { manifest } = surroundings;
    const line = manifest.processes.lb;
    if (line === undefined) return surroundings;
    return { ...surroundings, manifest: { ...manifest, processes: { ...manifest.processes, lb: { ...line, parameters: { ...(line.parameters as object), limitersMax: UNLIMITED } } } } };
  },
});

function stage(part: Part, boot: BootOptions): World {
  return balancerStage(CONFIGURATION, { "lb.limiters": part === "upstream" ? UNLIMITED : LIMITERS })(part, boot);
}

function heapUsed({ machine }: World): number {
  const arena = partOf(machine, "arena.lb")!;
  const heapAt = machine.report().processes.find(({ name }) => name === "lb");
  return heapAt?.usedBytes ?? arenaAccount(machine.ram, arena.base).usedBytes;
}

const memoryBounded: Checker = Object.freeze<Checker>({
  name: "memory-bounded",
  law: "the balancer's memory is bounded, whatever keys clients send",
  fits: ({ machine }) => partOf(machine, "arena.lb") !== undefined,
  begin: ({ world, fail }) => {
    let used: number[] = [];
    return {
      tick: () => {
        used = [...used, heapUsed(world)];
      },
      healed: () => {
        const [before, end] = [used[used.length >> 2] ?? 0, heapUsed(world)];
        if (end > before) fail("the balancer's arena", `it holds ${end} bytes after ${KEYS} keys, ${before} after a quarter of them: each key stays`);
      },
    };
  },
});

function play(scene: Scene): void {
  scene.tell(`one client sends ${KEYS} requests, each from another address`);
  for (let key = 0; key < KEYS; key++) {
    ask(scene, { client: key, source: `10.1.${key >> 8}.${key & 255}` });
    scene.pass(1);
  }
}

export const h6: Hazard = Object.freeze<Hazard>({
  id: "H6",
  place: "lb/l7 limiter and sessions",
  reach: "module",
  ran: false,
  does: "keeps one entry per client key or session id, and never removes one",
  seen: "a client that varies its key exhausts memory",
  invariant: "memory bounded whatever clients send",
  chosenBy: "setting lb.limiters without a bound, semantics=veridian",
  note: `Ours has room for ${LIMITERS} buckets here; upstream's has no bound.`,
  variant,
  breaks: memoryBounded.name,
  scenario: { text: "Requests from ever new addresses, one a tick.", checkers: [memoryBounded], stage, play },
});
