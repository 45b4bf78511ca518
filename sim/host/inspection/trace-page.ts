/** The trace as a person reads it: the last lines of it. */

import type { TraceLog } from "../../inspect/traces.ts";
import type { Terminal } from "../terminal.ts";
import { count, tableLines } from "../text.ts";
import { section, some } from "./page.ts";

export function tracePage(terminal: Terminal, trace: TraceLog, last: number): string[] {
  const shown = last === 0 ? [] : trace.records.slice(-last);
  const rows = shown.map((record) => [
    `${count(record.tick)}.${String(record.cycle % 1_000_000).padStart(6, "0")}`,
    record.process === "" ? terminal.paintOut("dim", "-") : terminal.paintOut("cyan", record.process),
    record.words,
  ]);
  const head = [terminal.paintOut("dim", "tick.cycle"), terminal.paintOut("dim", "running"), ""];
  const left = trace.records.length - shown.length;
  return section(terminal, "Trace, oldest first", [
    ...(left > 0 ? [terminal.paintOut("dim", `${some(left, "older record")} not shown (--last N)`)] : []),
    ...(rows.length === 0 ? [terminal.paintOut("dim", "it is empty")] : tableLines([head, ...rows], ["right", "left", "left"], terminal.columns - 2)),
    terminal.paintOut("dim", `${some(trace.written, "record")} written since power-on, the last ${count(trace.records.length)} kept`),
  ]);
}
