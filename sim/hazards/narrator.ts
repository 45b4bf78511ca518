/** Tells what happens on a machine, tick by tick, in plain words with names: of its trace records, those that people care about. */

import { HalTrace, NO_PROCESS } from "../../hal/trace.ts";
import type { Machine } from "../../kernel/machine.ts";
import { Delivery } from "../../kernel/service.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Dump } from "../inspect/dump.ts";
import { readDump } from "../inspect/dump.ts";
import { traceWords } from "../inspect/traces.ts";

/** Lines that are kept: the last ones. */
const LINES_MAX = 60;

/** What goes without saying: ticks and interrupt lines, and services' own records. */
const SILENT: ReadonlySet<number> = new Set([HalTrace.tick, HalTrace.interruptRaised, KernelTrace.interrupt]);
const KINDS_END = 64;

export class Narrator {
  readonly #machine: Machine;
  /** How things are called: that does not change. */
  readonly #dump: Dump;
  readonly #names: readonly string[];
  #lines: string[] = [];
  #before = 0;
  #last = "";
  #times = 1;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#dump = readDump(machine.snapshot());
    this.#names = machine.processNames;
  }

  told(kind: number, process: number, argument0: number, argument1: number): void {
    if (kind >= KINDS_END || SILENT.has(kind)) return;
    if (kind === KernelTrace.dispatch && (argument0 === Delivery.start || argument0 === Delivery.notification)) return;
    const words = traceWords(this.#dump, kind, argument0, argument1);
    this.#add(process === NO_PROCESS ? words : `${this.#names[process] ?? `process ${process}`} ${words}`);
  }

  tell(text: string): void {
    this.#add(text);
  }

  account(): { readonly lines: readonly string[]; readonly linesBefore: number } {
    return { lines: Object.freeze([...this.#lines]), linesBefore: this.#before };
  }

  /** What is said several times in a row is said once, and counted. */
  #add(text: string): void {
    const line = `tick ${this.#machine.tick()}: ${text}`;
    if (line === this.#last) {
      this.#times += 1;
      this.#lines[this.#lines.length - 1] = `${line} (${this.#times} times)`;
      return;
    }
    this.#last = line;
    this.#times = 1;
    this.#lines.push(line);
    if (this.#lines.length <= LINES_MAX) return;
    this.#lines.shift();
    this.#before += 1;
  }
}
