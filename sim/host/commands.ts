/** All commands, in the order in which the help lists them. */

import type { Command } from "./command.ts";
import { abi } from "./commands/abi.ts";
import { checkConfigCommand } from "./commands/check-config.ts";
import { conform } from "./commands/conform.ts";
import { example } from "./commands/example.ts";
import { diff } from "./commands/diff.ts";
import { explore } from "./commands/explore.ts";
import { fate } from "./commands/fate.ts";
import { flips } from "./commands/flips.ts";
import { fuzz } from "./commands/fuzz.ts";
import { hazards } from "./commands/hazards.ts";
import { inspect } from "./commands/inspect.ts";
import { merge } from "./commands/merge.ts";
import { registers } from "./commands/registers.ts";
import { replay } from "./commands/replay.ts";
import { run } from "./commands/run.ts";
import { why } from "./commands/why.ts";

export const COMMANDS: readonly Command[] = Object.freeze([run, checkConfigCommand, conform, registers, explore, merge, replay, why, fate, flips, fuzz, hazards, abi, example, inspect, diff]);
