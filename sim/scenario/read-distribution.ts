/**
 * A distribution of whole numbers as a scenario file writes it:
 *
 *     5                                                        always 5
 *     [1, 9]                                                   1 to 9, all alike
 *     { "steps": [{ "parts": 990000, "value": 2 }, { "parts": 10000, "from": 50, "to": 400 }] }
 *     { "heavyTailed": { "median": 2048, "most": 1048576 } }   half of them up to the median, of the rest half up to twice
 *                                                              as much, and so on: a Pareto tail of index 1 in octaves
 *
 * Parts are of a million, and add up to it.
 */

import type { Problem } from "../problem.ts";
import { MILLION, ScenarioBounds } from "./bounds.ts";
import { brief, complain, isObject, isWhole, Members } from "./members.ts";
import type { Distribution } from "./plan.ts";

type Step = Distribution["steps"][number];

export function always(value: number): Distribution {
  return between(value, value);
}

export function between(from: number, to: number): Distribution {
  return Object.freeze({ steps: Object.freeze([Object.freeze({ parts: MILLION, from, to })]) });
}

/** The member's distribution, of values from `least` to `most`; `otherwise` where it is absent or wrong. */
export function readDistribution(members: Members, name: string, otherwise: Distribution, least: number, most: number): Distribution {
  if (!members.has(name)) return otherwise;
  const value = members.get(name);
  const place = members.at(name);
  if (isWhole(value, least, most)) return always(value);
  if (Array.isArray(value)) return readRange(members, name, value, otherwise, least, most);
  if (isObject(value) && Object.hasOwn(value, "heavyTailed")) return readTail(value, place, members.problems, least, most);
  if (isObject(value)) return readSteps(value, place, members.problems, otherwise, least, most);
  members.refuse(name, `a whole number of ${least} to ${most}, [least, most], or an object with steps or heavyTailed`);
  return otherwise;
}

function readRange(members: Members, name: string, value: readonly unknown[], otherwise: Distribution, least: number, most: number): Distribution {
  const [from, to] = value;
  if (value.length === 2 && isWhole(from, least, most) && isWhole(to, from, most)) return between(from, to);
  complain(members.problems, members.at(name), `this is [${value.slice(0, 3).map(brief).join(", ")}${value.length > 3 ? ", ..." : ""}]`, `two whole numbers of ${least} to ${most}, the smaller one first`);
  return otherwise;
}

function readSteps(value: object, place: string, problems: Problem[], otherwise: Distribution, least: number, most: number): Distribution {
  const list = new Members(value, place, problems, ["steps", "heavyTailed"]).list("steps", 1, ScenarioBounds.stepsMax);
  if (list.length === 0) return otherwise;
  const steps = list.map(([one, at]) => readStep(one, at, problems, least, most));
  const parts = steps.reduce((sum, step) => sum + step.parts, 0);
  if (parts !== MILLION) complain(problems, `${place}.steps`, `the parts add up to ${parts}`, String(MILLION));
  return Object.freeze({ steps: Object.freeze(steps) });
}

function readStep(value: unknown, place: string, problems: Problem[], least: number, most: number): Step {
  const step = new Members(value, place, problems, ["parts", "value", "from", "to"]);
  const parts = step.whole("parts", 0, 0, MILLION);
  if (!step.has("parts")) step.refuse("parts", `its share of ${MILLION}`);
  if (step.has("value")) {
    if (step.has("from") || step.has("to")) step.refuse("value", "either value, or from and to");
    const only = step.whole("value", least, least, most);
    return Object.freeze({ parts, from: only, to: only });
  }
  const from = step.whole("from", least, least, most);
  if (!step.has("to")) step.refuse("to", "the largest value, or value for a single one");
  return Object.freeze({ parts, from, to: step.whole("to", from, from, most) });
}

function readTail(value: object, place: string, problems: Problem[], least: number, most: number): Distribution {
  const outer = new Members(value, place, problems, ["heavyTailed"]);
  const tail = new Members(outer.get("heavyTailed"), outer.at("heavyTailed"), problems, ["median", "least", "most"]);
  const from = tail.whole("least", least, least, most);
  const median = tail.whole("median", Math.max(1, from), Math.max(1, from), most);
  if (!tail.has("median")) tail.refuse("median", "the value that half of them do not exceed");
  return heavyTail(from, median, tail.whole("most", Math.min(most, median * 512), median, most));
}

/** Half of all values from `least` to `median`, half of the others up to twice the median, and so on, none above `most`. */
export function heavyTail(least: number, median: number, most: number): Distribution {
  const steps: Step[] = [{ parts: MILLION / 2, from: least, to: median }];
  let left = MILLION / 2;
  for (let from = median + 1; from <= most && left > 0; from = steps[steps.length - 1].to + 1) {
    const to = Math.min(most, 2 * (from - 1));
    const parts = to === most || left < 2 ? left : Math.floor(left / 2);
    steps.push({ parts, from, to });
    left -= parts;
  }
  // What no octave is left for lies in the last step.
  const last = steps[steps.length - 1];
  steps[steps.length - 1] = { ...last, parts: last.parts + left };
  return Object.freeze({ steps: Object.freeze(steps.map((step) => Object.freeze(step))) });
}
