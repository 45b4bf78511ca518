/**
 * Swarm (after Groce and others, "Swarm Testing", ISSTA 2012): each seed breaks other things in another measure. It draws a
 * subset of the experiment's rules, how often each strikes, when, with which values, and under which configuration the
 * balancer works. Faults that an experiment does not name are none of its business: it says what its world must survive.
 */

import { drawBelow } from "../../chance/draw.ts";
import { faultNamed } from "../../faults/catalogue.ts";
import type { Fault, FaultRule, Values } from "../../faults/fault.ts";
import type { Experiment } from "../experiment.ts";
import type { Strategy } from "../strategy.ts";
import { playedOnce } from "../strategy.ts";
import type { Theatre } from "../theatre.ts";
import { sitesOf } from "./sites.ts";

export const swarm: Strategy = Object.freeze<Strategy>({
  name: "swarm",
  play: (theatre, seed) => {
    const rules = swarmRules(theatre.experiment, seed);
    const configuration = swarmConfiguration(theatre, seed);
    const chosen = configuration === undefined ? {} : { configuration };
    return playedOnce({ rules, sites: sitesOf(rules), ...chosen, outcome: theatre.play({ seed, rules, ...chosen }) });
  },
});

/** Lanes of draws, each for itself. */
const Lane = Object.freeze({ included: 1, parts: 2, most: 3, window: 4, from: 5, length: 6, values: 7, configured: 8, configuration: 9 });
const LANE_SITE = 0x5377;

/** Factors of a rule's parts, as a shift to the left of its quarter. */
const SHIFTS = 5;
const MILLION = 1_000_000;
const MOST_SHIFTS = 3;
/** One seed in so many gets another configuration. */
const CONFIGURED_IN = 4;

const draw = (seed: number, lane: number, about: number, n: number): number => drawBelow(n, seed, LANE_SITE, lane, about);

/** As many rules as the experiment has, in its order, so that numbers of rules stay; those left out strike never (0 parts). */
export function swarmRules(experiment: Experiment, seed: number): readonly FaultRule[] {
  const { faults } = experiment;
  if (faults.length === 0) return faults;
  // Whoever would be left out with all the others is in.
  const sure = draw(seed, Lane.included, faults.length, faults.length);
  return Object.freeze(
    faults.map((rule, number) => (number === sure || draw(seed, Lane.included, number, 2) === 1 ? varied(experiment, rule, seed, number) : Object.freeze({ ...rule, parts: 0 }))),
  );
}

function varied(experiment: Experiment, rule: FaultRule, seed: number, number: number): FaultRule {
  const fault = faultNamed(rule.fault);
  if (fault === undefined || rule.parts === 0) return rule;
  const window = rule.fromTick === undefined && rule.toTick === undefined && draw(seed, Lane.window, number, 2) === 1 ? windowOf(experiment, seed, number) : {};
  const most = rule.most === undefined ? {} : { most: Math.max(1, rule.most >> draw(seed, Lane.most, number, MOST_SHIFTS)) };
  const parameters = valuesOf(fault, rule, seed, number);
  return Object.freeze({ ...rule, parts: partsOf(rule, seed, number), ...most, ...window, ...(parameters === null ? {} : { parameters }) });
}

/** A quarter of what the rule says to four times as much; what strikes each time keeps on doing so. */
function partsOf({ parts }: FaultRule, seed: number, number: number): number {
  if (parts >= MILLION) return parts;
  const factor = 1 << draw(seed, Lane.parts, number, SHIFTS);
  return Math.min(MILLION - 1, Math.max(1, Math.floor((parts * factor) / 4)));
}

/** A part of the trouble, an eighth of it at least. */
function windowOf({ troubleTicks }: Experiment, seed: number, number: number): Pick<FaultRule, "fromTick" | "toTick"> {
  const least = Math.max(1, troubleTicks >> 3);
  const fromTick = draw(seed, Lane.from, number, Math.max(1, troubleTicks - least));
  return { fromTick, toTick: fromTick + least + draw(seed, Lane.length, number, Math.max(1, troubleTicks - fromTick - least)) };
}

/** Each value of the fault's half as large to twice as large, within what it allows; null for a fault without. */
function valuesOf(fault: Fault, rule: FaultRule, seed: number, number: number): Values | null {
  const names = Object.keys(fault.parameters);
  if (names.length === 0) return null;
  const values = names.map((name, place) => {
    const { least, most, value } = fault.parameters[name];
    const said = rule.parameters?.[name] ?? value;
    const from = Math.max(least, said >> 1);
    const to = Math.max(from, Math.min(most, said * 2));
    return [name, from + draw(seed, Lane.values + (place << 4), number, to - from + 1)] as const;
  });
  return Object.freeze(Object.fromEntries(values));
}

function swarmConfiguration(theatre: Theatre, seed: number): string | undefined {
  const others = theatre.configurations;
  if (others.length === 0 || draw(seed, Lane.configured, 0, CONFIGURED_IN) !== 0) return undefined;
  return others[draw(seed, Lane.configuration, 0, others.length)];
}
