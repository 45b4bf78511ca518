/** Plain pieces of text layout: bars, tables, numbers. Colours may be inside; widths are counted without them. */

import { stripVTControlCharacters } from "node:util";

export type Side = "left" | "right";

const GAP = "  ";
/** Three quarters of a line high, so that bars of neighbouring lines do not touch. */
const BAR = "\u2586";

/** Columns a text takes on a terminal, colours not counted. */
export function width(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** 12345 is "12,345". */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** One decimal; "-" of nothing. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : `${((part * 100) / whole).toFixed(1)} %`;
}

/** A bar of `columns` columns for the whole; something, however small, shows. */
export function bar(part: number, whole: number, columns: number): string {
  if (whole <= 0 || part <= 0) return "";
  return BAR.repeat(Math.min(columns, Math.max(1, Math.round((part * columns) / whole))));
}

export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `${GAP}${line}`));
}

/** Two texts at the two ends of a line, or on two lines where they do not fit. */
export function leftRight(left: string, leftWidth: number, right: string, columns: number): string {
  const gap = columns - leftWidth - right.length;
  return gap >= 2 ? `${left}${" ".repeat(gap)}${right}` : `${left}\n${GAP}${right}`;
}

/** Columns aligned by `sides`. A last column that does not fit is wrapped at blanks, under its own beginning. */
export function tableLines(rows: readonly (readonly string[])[], sides: readonly Side[], columns: number): string[] {
  const widths = sides.map((_, column) => Math.max(0, ...rows.map((row) => width(row[column] ?? ""))));
  const last = sides.length - 1;
  const before = widths.slice(0, last).reduce((sum, each) => sum + each + GAP.length, 0);
  return rows.flatMap((row) => {
    const cells = row.slice(0, last).map((cell, column) => pad(cell, widths[column], sides[column]));
    const tail = row[last] ?? "";
    const room = Math.max(16, columns - before);
    const wrapped = sides[last] === "right" ? [pad(tail, widths[last], "right")] : wrap(tail, room);
    return wrapped.map((line, i) => (i === 0 ? [...cells, line].join(GAP) : " ".repeat(before) + line).trimEnd());
  });
}

function pad(text: string, columns: number, side: Side): string {
  const blanks = " ".repeat(Math.max(0, columns - width(text)));
  return side === "right" ? blanks + text : text + blanks;
}

/** Lines of at most `columns` columns; a text with colours, or without blanks, is not torn. */
function wrap(text: string, columns: number): string[] {
  if (width(text) <= columns || width(text) !== text.length) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A word as a shell takes it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
