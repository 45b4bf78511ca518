/**
 * A run that failed, as the text of a file: what was played, what went wrong in it, and what that did. Whoever has the
 * file plays the same run again (replay.ts). The reader takes the file for as hostile as any.
 */

import type { Deviation } from "../chance/deviation.ts";
import { deviationKey } from "../chance/deviation.ts";
import { siteInfo } from "../chance/site.ts";
import type { Failure } from "../checkers/checker.ts";
import { faultNamed } from "../faults/catalogue.ts";
import type { FaultRule } from "../faults/fault.ts";
import { buildDigests } from "./build-digests.ts";
import type { Outcome } from "./outcome.ts";

export interface Repro {
  readonly schema: 1;
  /** Name of a bundled experiment; or, beginning with "{", a whole experiment as JSON. */
  readonly experiment: string;
  /** Version of the program that wrote it. */
  readonly build: string;
  /** Digests of its layouts and of its cost table, 16 hex digits each (build-digests.ts). */
  readonly layouts: string;
  readonly costs: string;
  readonly seed: number;
  /** Rules in force: deviations name them by place. A campaign may have drawn them. */
  readonly rules: readonly FaultRule[];
  /** Sites at which the decider was asked: ordinals are counted there. */
  readonly sites: readonly number[];
  /** Trouble lasted so many ticks at most. */
  readonly troubleTicks: number;
  /** What the balancer was given before the run began; "": what the experiment says. */
  readonly configuration: string;
  /** Only these frames of the capture came, by number, the first among them; null: all. */
  readonly frames: readonly number[] | null;
  readonly deviations: readonly Deviation[];
  /** What did not hold first; null if everything did. */
  readonly failure: Failure | null;
  /** 32 hex digits over machine and world at the end of the run. */
  readonly hash: string;
  readonly ticks: number;
}

/** What a campaign knows of a run that it wants to keep. */
export interface PlayedRun {
  readonly experiment: string;
  readonly build: string;
  readonly seed: number;
  readonly rules: readonly FaultRule[];
  readonly sites: Iterable<number>;
  readonly troubleTicks: number;
  /** Absent: the experiment's. */
  readonly configuration?: string;
  /** Absent: all of the capture. */
  readonly frames?: readonly number[] | null;
  readonly outcome: Pick<Outcome, "deviations" | "failures" | "hash" | "ticks">;
}

export function reproOf(run: PlayedRun): Repro {
  const { experiment, build, seed, rules, troubleTicks, outcome } = run;
  return Object.freeze<Repro>({
    schema: 1,
    experiment,
    build,
    ...buildDigests(),
    seed,
    rules: Object.freeze([...rules]),
    sites: Object.freeze([...run.sites].sort((a, b) => a - b)),
    troubleTicks,
    configuration: run.configuration ?? "",
    frames: run.frames ?? null,
    deviations: outcome.deviations,
    failure: outcome.failures[0] ?? null,
    hash: outcome.hash,
    ticks: outcome.ticks,
  });
}

/** JSON, one deviation a line, each with words for people beside it: `nameOf` says how entities are called. */
export function reproText(repro: Repro, nameOf: (site: number, entity: number) => string = entityWords): string {
  const { deviations, ...rest } = repro;
  const lines = deviations.map((deviation) => JSON.stringify({ ...deviation, words: deviationWords(deviation, repro.rules, nameOf) }));
  const list = lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n]`;
  return `${JSON.stringify(rest).slice(0, -1)},"deviations":${list}}\n`;
}

/** "12 ticks in, client 3, question 7 of frameLost: the frame is lost (wire.drop)"; the entity is named by `nameOf` where it knows it. */
export function deviationWords(deviation: Deviation, rules: readonly FaultRule[], nameOf: (site: number, entity: number) => string = entityWords): string {
  const { site, entity, ordinal, answer, rule, tick } = deviation;
  const fault = rules[rule]?.fault ?? "";
  const what = faultNamed(fault)?.words(answer) ?? `answer ${answer}`;
  const who = nameOf(site, entity);
  return `${tick} ticks in${who === "" ? "" : `, ${who}`}, question ${ordinal} of ${siteInfo(site)?.name ?? `site ${site}`}: ${what}${fault === "" ? "" : ` (${fault})`}`;
}

/** A client's number carries the direction of its frame in its lowest bit. */
export function entityWords(site: number, entity: number): string {
  const kind = siteInfo(site)?.entity ?? "entity";
  if (kind === "nothing") return "";
  if (kind === "client" && site < FIRST_ACT) return `client ${entity >> 1}, ${(entity & 1) === 0 ? "to" : "from"} the machine`;
  return `${kind} ${entity}`;
}

/** Sites of frames end here, those of acts begin (chance/site.ts). */
const FIRST_ACT = 96;

/** A key that is there twice; "" if none is: no run has two answers to one question. */
export function repeatedKey(deviations: readonly Deviation[]): string {
  const seen = new Set<string>();
  for (const deviation of deviations) {
    const key = deviationKey(deviation);
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return "";
}
