/** Pieces of the pages that `veridian inspect` prints: sections, tables, words for what is empty. */

import type { Terminal } from "../terminal.ts";
import type { Side } from "../text.ts";
import { indent, tableLines } from "../text.ts";

/** A title over its lines. */
export function section({ paintOut, columns }: Terminal, name: string, lines: readonly string[]): string[] {
  return [paintOut("bold", `\u2500\u2500 ${name} ${"\u2500".repeat(Math.max(0, columns - name.length - 4))}`), ...indent(lines), ""];
}

/** A table with a head; one line that says so where there are no rows. */
export function table({ paintOut, columns }: Terminal, head: readonly string[], sides: readonly Side[], rows: readonly (readonly string[])[], empty: string): string[] {
  if (rows.length === 0) return [paintOut("dim", empty)];
  return tableLines([head.map((text) => (text === "" ? "" : paintOut("dim", text))), ...rows], sides, columns - 2);
}

/** Words in a row; a dash for none. */
export function list(words: readonly string[]): string {
  return words.length === 0 ? "-" : words.join(", ");
}

export function some(number: number, what: string): string {
  return `${number.toLocaleString("en-US")} ${what}${number === 1 ? "" : "s"}`;
}
