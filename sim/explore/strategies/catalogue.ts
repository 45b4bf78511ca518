/** All strategies by name, each of a depth. */

import type { Strategy, StrategyName } from "../strategy.ts";
import { dfs } from "./dfs.ts";
import { pct } from "./pct.ts";
import { random } from "./random.ts";
import { swarm } from "./swarm.ts";

export const DEPTH_MAX = 16;
const PCT_DEPTH = 3;
const DFS_DEPTH = 2;

/** `depth`: 1 to DEPTH_MAX; absent: the strategy's own. Answered is the one in force, 0 where a strategy has none. */
export function strategyOf(name: StrategyName, depth?: number): { readonly strategy: Strategy; readonly depth: number } {
  switch (name) {
    case "random":
      return { strategy: random, depth: 0 };
    case "swarm":
      return { strategy: swarm, depth: 0 };
    case "pct":
      return { strategy: pct(depth ?? PCT_DEPTH), depth: depth ?? PCT_DEPTH };
    case "dfs":
      return { strategy: dfs(depth ?? DFS_DEPTH), depth: depth ?? DFS_DEPTH };
  }
}
