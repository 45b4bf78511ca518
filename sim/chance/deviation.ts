/**
 * A deviation: one answer of chance that was not the benign one. A run is a machine, its plan, and its deviations; the
 * same ones give the same run, and a subset of them another one.
 */

export interface Deviation {
  /** What was asked, about whom, and the how-manieth time: the key. One key has one answer. */
  readonly site: number;
  readonly entity: number;
  readonly ordinal: number;
  /** 1 to n - 1 as the site means it. */
  readonly answer: number;
  /** Rule of the plan by which it came, by its place there: for counters and for people. */
  readonly rule: number;
  /** When it was asked: for people only. */
  readonly tick: number;
}

/** The key as a text: "site.entity.ordinal". */
export function deviationKey({ site, entity, ordinal }: Pick<Deviation, "site" | "entity" | "ordinal">): string {
  return `${site}.${entity}.${ordinal}`;
}
