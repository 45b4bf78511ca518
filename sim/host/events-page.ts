/** Events of a chronicle as a person reads them: the last lines of it. */

import { HalTrace } from "../../hal/trace.ts";
import type { Chronicle, ChronicleEvent } from "../explore/chronicle.ts";
import { isIdle } from "../explore/chronicle.ts";
import { eventWords, processOf, worldNames } from "../explore/event-words.ts";
import type { World } from "../world.ts";
import { section, some } from "./inspection/page.ts";
import type { Terminal } from "./terminal.ts";
import { count, tableLines } from "./text.ts";

const CYCLES_PER_TICK = 1_000_000;

export function eventsPage(terminal: Terminal, world: World, chronicle: Chronicle, last: number): string[] {
  const names = worldNames(world);
  const told = withoutIdleTicks(chronicle.events);
  const shown = last === 0 ? [] : told.slice(-last);
  const rows = shown.map((event) => [timeText(event), subject(terminal, processOf(names, event)), eventWords(names, chronicle, event)]);
  const head = [terminal.paintOut("dim", "tick.cycle"), terminal.paintOut("dim", "who"), ""];
  const left = told.length - shown.length + chronicle.dropped;
  return section(terminal, "What happened, oldest first", [
    ...(left > 0 ? [terminal.paintOut("dim", `${some(left, "older event")} not shown (--last N)`)] : []),
    ...(rows.length === 0 ? [terminal.paintOut("dim", "nothing")] : tableLines([head, ...rows], ["right", "left", "left"], terminal.columns - 2)),
  ]);
}

/** "1,204.000123": a tick, and cycles since then. */
export function timeText({ tick, cycle }: Pick<ChronicleEvent, "tick" | "cycle">): string {
  return `${count(tick)}.${String(cycle % CYCLES_PER_TICK).padStart(6, "0")}`;
}

function subject({ paintOut }: Terminal, process: string): string {
  return process === "" ? paintOut("dim", "-") : paintOut("cyan", process);
}

/** Ticks raise their line, which the tick says; of ticks between which nothing happens only the last is told. */
function withoutIdleTicks(events: readonly ChronicleEvent[]): readonly ChronicleEvent[] {
  const told = events.filter((event) => !isIdle(event));
  return told.filter((event, i) => event.kind !== HalTrace.tick || told[i + 1]?.kind !== HalTrace.tick);
}
