/**
 * A numbered table of what a specification demands: one row a demand, in our words, with its section. A row is tested
 * here (`test`), or by a named test of another file (`seen`: the file must hold a test of that name), or does not
 * apply (`reason`).
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

/** As the specification grades it; "fact" is what a register's description states without a grade. */
export type Grade = "MUST" | "MUST NOT" | "SHOULD" | "SHOULD NOT" | "MAY" | "fact";

export interface MustRow {
  /** "2.7.7.2". */
  readonly section: string;
  readonly grade: Grade;
  readonly rule: string;
  readonly test?: () => void;
  /** File, from the repository's root, and the words that a test's name there holds. */
  readonly seen?: readonly [file: string, name: string];
  readonly reason?: string;
}

/** One test for each row. */
export function mustTable(title: string, rows: readonly MustRow[]): void {
  describe(title, () => {
    rows.forEach((row, i) => {
      const name = `${i + 1}. ${row.section} ${row.grade}: ${row.rule}`;
      if (row.reason !== undefined) test(`${name} (does not apply: ${row.reason})`, () => expect(row.reason).not.toBe(""));
      else if (row.seen !== undefined) test(`${name} (${row.seen[0]})`, () => expect(textOf(row.seen![0]).includes(row.seen![1]), `${row.seen![0]} has a test of that name`).toBe(true));
      else test(name, row.test ?? (() => expect.unreachable("a row has a test or a reason")));
    });

    test("every row is a test, a test elsewhere, or a reason, and nothing else", () => {
      for (const row of rows) expect([row.test, row.seen, row.reason].filter((one) => one !== undefined).length, row.rule).toBe(1);
    });
  });
}

function textOf(file: string): string {
  return readFileSync(new URL(`../../../../${file}`, import.meta.url), "utf8");
}
