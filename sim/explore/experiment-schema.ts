/** The JSON schema of experiment files, for editors: it says of members what the reader (read-experiment.ts) says, and names all faults. */

import { CHANCE_RULES_MAX } from "../chance/chance-state.ts";
import { FAULTS } from "../faults/catalogue.ts";
import { MILLION, ScenarioBounds } from "../scenario/bounds.ts";

const { ticksMax, summaryCharactersMax } = ScenarioBounds;

const whole = (description: string, minimum: number, maximum: number, otherwise?: number): object => ({ type: "integer", minimum, maximum, ...(otherwise === undefined ? {} : { default: otherwise }), description });

/** Plain data, ready for JSON. */
export function experimentSchema(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "An experiment: a world, what breaks in it, and what must hold nevertheless",
    type: "object",
    required: ["schema"],
    additionalProperties: false,
    properties: { ...describing(), ...world(), ...playing() },
    $defs: { rule: rule() },
  };
}

function describing(): object {
  return {
    $schema: { type: "string" },
    schema: { const: 1, description: "how the rest is read" },
    name: { type: "string", maxLength: 100, description: "what it is called; absent: as its file" },
    summary: { type: "string", maxLength: summaryCharactersMax, description: "one line for people" },
  };
}

function world(): object {
  const line = { type: "string", pattern: "^[^\\n\\r]*$" };
  const hex = { type: "string", pattern: "^([0-9a-fA-F]{2}){14,9216}$", description: "its bytes, two digits each" };
  return {
    world: { enum: ["tiny", "small"], default: "tiny", description: "tiny: the tiny machine (64 KiB) and the small traffic; small: three clients and three backends around a proxy of 256 KiB" },
    configuration: { description: "the load balancer's, instead of the world's own: a text, or its lines", oneOf: [{ type: "string" }, { type: "array", minItems: 1, maxItems: 20_000, items: line }] },
    frames: {
      type: "array", minItems: 1, maxItems: 10_000, description: "frames for the tiny machine, in order, instead of the small traffic",
      items: { type: "object", required: ["hex"], additionalProperties: false, properties: { tick: whole("when it arrives, counted from the first", 0, ticksMax), hex } },
    },
    scenario: { type: "object", description: "a whole scenario, as a scenario file has it, instead of a world by name" },
  };
}

function playing(): object {
  return {
    faults: { type: "array", maxItems: CHANCE_RULES_MAX, description: "what breaks: rules, by their place in this list", items: { $ref: "#/$defs/rule" } },
    troubleTicks: whole("faults strike for so many ticks at most", 0, ticksMax, 150),
    recoveryTicks: whole("then all must be served within so many", 1, ticksMax, 1_000),
    checks: { type: "array", maxItems: 256, items: { type: "string", maxLength: 100 }, description: "names of the checkers that watch; absent: all that fit" },
    marks: { type: "array", maxItems: 256, items: { type: "string", maxLength: 100 }, description: "what a campaign must reach at least once: faults by name, and what machine and world count" },
    end: { type: "array", maxItems: 64, items: condition(), description: "what must be true when trouble is over and all had time to heal" },
  };
}

function condition(): object {
  const number = { type: "integer", minimum: 0 };
  return { type: "object", required: ["field"], additionalProperties: false, properties: { field: { type: "string", maxLength: 200, description: "a number of machine or world, as veridian why takes it" }, least: number, most: number } };
}

function rule(): object {
  return {
    type: "object",
    required: ["fault", "parts"],
    additionalProperties: false,
    properties: {
      fault: { enum: FAULTS.map(({ name }) => name).sort() },
      parts: whole("how often it strikes, in parts of a million of the times that it is asked; 0: it is not there", 0, MILLION),
      parameters: { type: "object", additionalProperties: { type: "integer" }, description: "values of the fault's parameters that are not its own" },
      entities: { type: "array", minItems: 1, maxItems: 64, items: { type: "integer", minimum: 0, maximum: 0x7fff_ffff }, description: "only these; absent: all" },
      fromTick: whole("not before this tick of trouble", 0, ticksMax),
      toTick: whole("up to this tick of trouble, itself not counted", 0, ticksMax),
      most: whole("so often at most", 1, 1_000_000_000),
    },
  };
}
