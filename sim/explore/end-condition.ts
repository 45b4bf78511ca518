/**
 * What must be true at the end of a run, when trouble is over and all had time to heal, before anything is shut down: numbers
 * of machine and world by their names, as `veridian why` takes them ("state.net.transmitted", "pool.inUse").
 */

import { ScenarioBounds } from "../scenario/bounds.ts";
import { Members } from "../scenario/members.ts";
import type { Problem } from "../problem.ts";
import { problemText } from "../problem.ts";
import type { World } from "../world.ts";
import type { FieldPlace } from "./field-place.ts";
import { fieldPlace } from "./field-place.ts";

export interface EndCondition {
  readonly field: string;
  /** From this number on, and up to that; absent: any. */
  readonly least?: number;
  readonly most?: number;
}

const MEMBERS = ["field", "least", "most"];
const CONDITIONS_MAX = 64;
const FIELD_CHARACTERS_MAX = 200;

/** Those of `end` of that object; what is wrong is said with its place. */
export function readEnd(experiment: Members): readonly EndCondition[] {
  return Object.freeze(
    experiment.list("end", 0, CONDITIONS_MAX).map(([value, place]) => {
      const condition = new Members(value, place, experiment.problems, MEMBERS);
      if (!condition.has("field")) condition.refuse("field", 'a field of machine or world, such as "state.net.transmitted"');
      const [least, most] = ["least", "most"].map((bound) => condition.optional(bound, 0, Number.MAX_SAFE_INTEGER));
      if (least === undefined && most === undefined) condition.refuse("least", "a number, or one for most");
      if (least !== undefined && most !== undefined && most < least) condition.refuse("most", `at least ${least}`);
      return Object.freeze({ field: condition.text("field", "", Math.min(FIELD_CHARACTERS_MAX, ScenarioBounds.fileCharactersMax)), ...(least === undefined ? {} : { least }), ...(most === undefined ? {} : { most }) });
    }),
  );
}

/** The conditions of one world: what is asked of them, and where their numbers lie. */
export class EndConditions {
  readonly #conditions: readonly (EndCondition & { readonly place: FieldPlace })[];

  /** Throws a RangeError for a field that this world does not have. */
  constructor(world: World, conditions: readonly EndCondition[]) {
    const problems: Problem[] = [];
    this.#conditions = conditions.flatMap((condition) => {
      const place = fieldPlace(world, condition.field, problems);
      return place === null ? [] : [Object.freeze({ ...condition, place })];
    });
    if (problems.length > 0) throw new RangeError(problems.map((one) => problemText(one)).join("\n"));
    Object.freeze(this);
  }

  /** Says of each that does not hold where and why. */
  judge(fail: (place: string, text: string) => void): void {
    for (const { place, least = -Infinity, most = Infinity } of this.#conditions) {
      const shown = place.show();
      const number = Number(shown);
      if (!(number >= least && number <= most)) fail(place.name, `it is ${shown} at the end; ${least === -Infinity ? `at most ${most}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`} was to be`);
    }
  }
}
