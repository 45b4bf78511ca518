/** Cases of the driver case suite: named functions of a kind of driver, in groups. */

import { describe, test } from "vitest";
import type { DriverKind } from "./kind.ts";

export type DriverCase = (kind: DriverKind) => void;

export interface CaseGroup {
  /** What it is about: "receiving". */
  readonly name: string;
  readonly cases: Readonly<Record<string, DriverCase>>;
}

export function caseGroup(name: string, cases: Readonly<Record<string, DriverCase>>): CaseGroup {
  return Object.freeze({ name, cases: Object.freeze({ ...cases }) });
}

/** One case for each row, under the name that the row gives it. */
export function each<Row extends readonly unknown[]>(rows: readonly Row[], name: (...row: Row) => string, run: (kind: DriverKind, ...row: Row) => void): Record<string, DriverCase> {
  return Object.fromEntries(rows.map((row): [string, DriverCase] => [name(...row), (kind) => run(kind, ...row)]));
}

/** Makes tests of them. */
export function runCases(kind: DriverKind, groups: readonly CaseGroup[]): void {
  for (const { name, cases } of groups) {
    describe(`${kind.name} driver: ${name}`, () => {
      for (const [title, run] of Object.entries(cases)) test(title, () => run(kind));
    });
  }
}
