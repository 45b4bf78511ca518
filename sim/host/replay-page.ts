/** What came of a repro file's run when it was played again, for people and for programs. */

import { entityNames } from "../explore/entity-names.ts";
import { deviationWords } from "../explore/repro-file.ts";
import type { Repro } from "../explore/repro-file.ts";
import type { Replayed } from "../explore/replay.ts";
import type { World } from "../world.ts";
import { Exit } from "./command.ts";
import { some } from "./inspection/page.ts";
import type { Terminal } from "./terminal.ts";
import { shellWord } from "./text.ts";

const DEVIATIONS_SHOWN = 20;

export function replayedExit(repro: Repro, { outcome, sameBuild, sameHash, repeats }: Replayed): Exit {
  if (!repeats || (sameBuild && !sameHash && outcome.failures.length > 0 && repro.failure !== null)) return Exit.diverged;
  return outcome.failures.length > 0 ? Exit.failed : Exit.fine;
}

export function replayedJson(file: string, repro: Repro, { outcome, steps, sameBuild, sameHash, sameFailure, repeats }: Replayed): object {
  const { failures, hash, ticks, deviations } = outcome;
  return { schema: 1, file, experiment: repro.experiment.startsWith("{") ? "" : repro.experiment, seed: repro.seed, failures, deviations: deviations.length, ticks, steps, hash, sameBuild, sameHash, sameFailure, repeats };
}

export function replayedPage(terminal: Terminal, file: string, repro: Repro, replayed: Replayed, world: World): string[] {
  const { paintOut } = terminal;
  const nameOfEntity = entityNames(world);
  const shown = repro.deviations.slice(0, DEVIATIONS_SHOWN);
  const left = repro.deviations.length - shown.length;
  return [
    paintOut("bold", `${nameOf(repro)}, seed ${repro.seed}: ${some(repro.deviations.length, "deviation")}`),
    ...shown.map((deviation) => `  ${deviationWords(deviation, repro.rules, nameOfEntity)}`),
    ...(left > 0 ? [paintOut("dim", `  and ${left} more`)] : []),
    ...failureLines(terminal, repro, replayed),
    ...hashLines(terminal, repro, replayed),
    ...nextLines(terminal, file, replayed),
  ];
}

function nameOf({ experiment }: Repro): string {
  return experiment.startsWith("{") ? "an experiment of its own" : experiment;
}

function failureLines({ paintOut }: Terminal, repro: Repro, { outcome, sameFailure }: Replayed): string[] {
  const { failures, ticks } = outcome;
  if (failures.length === 0) return [`${paintOut("green", "nothing fails")}${repro.failure === null ? "" : " any more"}; the run ended at tick ${ticks}`];
  const lines = failures.map(({ checker, place, text, tick }) => `${paintOut("red", "check failed:")} tick ${tick}, ${checker}: ${place}: ${text}`);
  return sameFailure || repro.failure === null ? lines : [...lines, `the file says: tick ${repro.failure.tick}, ${repro.failure.checker}: ${repro.failure.place}: ${repro.failure.text}`];
}

function hashLines({ paintOut }: Terminal, repro: Repro, { outcome, sameBuild, sameHash, repeats }: Replayed): string[] {
  if (!repeats) return [paintOut("red", "diverged: the run was played twice here and had two hashes; something that is no input of it decides")];
  if (sameHash) return [`hash ${outcome.hash}: the same run, byte for byte`];
  if (!sameBuild) return [`checked by invariant, not by hash: version ${repro.build} wrote the file, with other records or costs than this one`];
  return [`hash ${outcome.hash}, in the file ${repro.hash}: this program is not the one that wrote it, though version, records and costs are the same`];
}

function nextLines({ program, paintOut }: Terminal, file: string, { outcome }: Replayed): string[] {
  if (outcome.failures.length === 0) return [];
  const name = shellWord(file);
  return [paintOut("dim", `Next: ${program} replay ${name} --trace, ${program} why ${name} FIELD, ${program} fate ${name}`)];
}
