/** Rules of faults, as the file of an experiment writes them. */

import { CHANCE_RULES_MAX } from "../chance/chance-state.ts";
import { FAULTS, faultNamed } from "../faults/catalogue.ts";
import type { Fault, FaultRule } from "../faults/fault.ts";
import { MILLION, ScenarioBounds } from "../scenario/bounds.ts";
import { complain, isObject, isWhole, Members } from "../scenario/members.ts";
import { closest } from "../suggest.ts";

const MEMBERS = ["fault", "parts", "parameters", "entities", "fromTick", "toTick", "most"];
const ENTITIES_MAX = 64;
const TIMES_MAX = 1_000_000_000;

/** Those of `faults` of that object; what is wrong is said with its place. */
export function readRules(experiment: Members): readonly FaultRule[] {
  const rules: FaultRule[] = [];
  for (const [value, place] of experiment.list("faults", 0, CHANCE_RULES_MAX)) {
    const rule = readRule(new Members(value, place, experiment.problems, MEMBERS));
    if (rule !== null) rules.push(rule);
  }
  return Object.freeze(rules);
}

function readRule(rule: Members): FaultRule | null {
  const name = rule.get("fault");
  const fault = typeof name === "string" ? faultNamed(name) : undefined;
  if (fault === undefined) {
    const meant = typeof name === "string" ? closest(name, FAULTS.map((known) => known.name)) : "";
    rule.refuse("fault", meant === "" ? `one of ${FAULTS.map((known) => known.name).join(", ")}` : `"${meant}", perhaps`);
  }
  if (!rule.has("parts")) rule.refuse("parts", `how often it strikes, in parts of a million: 0 to ${MILLION}`);
  const parts = rule.whole("parts", 0, 0, MILLION);
  const [fromTick, toTick] = ["fromTick", "toTick"].map((tick) => rule.optional(tick, 0, ScenarioBounds.ticksMax));
  if (fromTick !== undefined && toTick !== undefined && toTick <= fromTick) rule.refuse("toTick", `a tick after ${fromTick}: it does not count itself`);
  const most = rule.optional("most", 1, TIMES_MAX);
  const entities = readEntities(rule);
  const parameters = fault === undefined ? {} : readParameters(rule, fault);
  if (fault === undefined) return null;
  return Object.freeze({
    fault: fault.name,
    parts,
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...(entities === undefined ? {} : { entities }),
    ...(fromTick === undefined ? {} : { fromTick }),
    ...(toTick === undefined ? {} : { toTick }),
    ...(most === undefined ? {} : { most }),
  });
}

function readEntities(rule: Members): readonly number[] | undefined {
  if (!rule.has("entities")) return undefined;
  const entities: number[] = [];
  for (const [value, place] of rule.list("entities", 1, ENTITIES_MAX)) {
    if (isWhole(value, 0, 0x7fff_ffff)) entities.push(value);
    else complain(rule.problems, place, `this is ${JSON.stringify(value)?.slice(0, 40) ?? "nothing"}`, "the number of an entity");
  }
  return Object.freeze(entities);
}

function readParameters(rule: Members, fault: Fault): Readonly<Record<string, number>> {
  if (!rule.has("parameters")) return {};
  const names = Object.keys(fault.parameters);
  const value = rule.get("parameters");
  if (!isObject(value)) {
    rule.refuse("parameters", `an object with ${names.join(", ")}`);
    return {};
  }
  const parameters = new Members(value, rule.at("parameters"), rule.problems, names);
  const given = Object.entries(fault.parameters).filter(([name]) => parameters.has(name));
  return Object.freeze(Object.fromEntries(given.map(([name, { value: own, least, most }]) => [name, parameters.whole(name, own, least, most)])));
}
