/** All algorithms under semantics=strict, by position in ALGORITHMS. Under semantics=veridian the first five mean what the seed does. */

import type { Algorithm } from "./algorithm.ts";
import { clientHash } from "./client-hash.ts";
import { leastConnections } from "./least-connections.ts";
import { maglev } from "./maglev.ts";
import { peakEwma } from "./peak-ewma.ts";
import { powerOfTwo } from "./power-of-two.ts";
import { rendezvous } from "./rendezvous.ts";
import { ringHash } from "./ring-hash.ts";
import { roundRobin } from "./round-robin.ts";
import { smoothWeighted } from "./smooth-weighted.ts";
import { weightedRandom } from "./weighted-random.ts";

export const ALGORITHM_TABLE: readonly Algorithm[] = Object.freeze([
  roundRobin,
  leastConnections,
  smoothWeighted,
  weightedRandom,
  clientHash,
  powerOfTwo,
  peakEwma,
  ringHash,
  maglev,
  rendezvous,
]);
