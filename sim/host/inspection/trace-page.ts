/** The trace as a person reads it: the last lines of it. */

import type { TraceLog, TraceView } from "../../inspect/traces.ts";
import type { Terminal } from "../terminal.ts";
import { count, tableLines } from "../text.ts";
import { section, some } from "./page.ts";

export function tracePage(terminal: Terminal, trace: TraceLog, last: number): string[] {
  const told = withoutIdleTicks(trace.records);
  const shown = last === 0 ? [] : told.slice(-last);
  const rows = shown.map((record) => [
    `${count(record.tick)}.${String(record.cycle % 1_000_000).padStart(6, "0")}`,
    record.process === "" ? terminal.paintOut("dim", "-") : terminal.paintOut("cyan", record.process),
    record.words,
  ]);
  const head = [terminal.paintOut("dim", "tick.cycle"), terminal.paintOut("dim", "running"), ""];
  const left = told.length - shown.length;
  return section(terminal, "Trace, oldest first", [
    ...(left > 0 ? [terminal.paintOut("dim", `${some(left, "older line")} not shown (--last N)`)] : []),
    ...(rows.length === 0 ? [terminal.paintOut("dim", "it is empty")] : tableLines([head, ...rows], ["right", "left", "left"], terminal.columns - 2)),
    terminal.paintOut("dim", `${some(trace.written, "record")} written since power-on, the last ${count(trace.records.length)} kept`),
  ]);
}

/** Ticks raise their line, and that is said by the tick; ticks between which nothing else happens are one line. */
function withoutIdleTicks(records: readonly TraceView[]): TraceView[] {
  const told: TraceView[] = [];
  let first = 0;
  for (const record of records) {
    if (record.kind === "interruptRaised" && record.argument0 === 0) continue;
    const before = told.at(-1);
    if (record.kind !== "tick" || before?.kind !== "tick") {
      first = record.argument0;
      told.push(record);
    } else told[told.length - 1] = { ...record, words: `ticks ${first} to ${record.argument0}` };
  }
  return told;
}
