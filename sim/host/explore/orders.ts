/** What workers are told and what they answer. All of it is plain data. */

import type { Report } from "../../explore/report.ts";
import type { Repro } from "../../explore/repro-file.ts";
import type { SeedRange } from "../../explore/seeds.ts";
import type { StrategyName } from "../../explore/strategy.ts";

/** Which campaign a worker takes part in. */
export interface Order {
  /** As experimentOf() understands it. */
  readonly text: string;
  readonly build: string;
  readonly strategy: StrategyName;
  readonly depth: number | undefined;
}

export interface Share {
  /** Place of the range among all. */
  readonly place: number;
  readonly range: SeedRange;
}

export interface ShareDone {
  readonly place: number;
  readonly report: Report;
  /** In order of their seeds. */
  readonly failed: readonly Repro[];
}

/** Why a worker gave up. */
export interface ShareLost {
  readonly error: string;
}
