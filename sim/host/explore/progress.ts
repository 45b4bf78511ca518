/** How far a campaign has come, on stderr every few seconds, and how fast it was. */

import type { Report } from "../../explore/report.ts";
import { seedsFailed, seedsPlayed } from "../../explore/report.ts";
import type { SeedRange } from "../../explore/seeds.ts";
import { SEED_MAX } from "../../explore/strategy.ts";
import type { Terminal } from "../terminal.ts";
import { count } from "../text.ts";

const EVERY_MILLIS = 2000;
const MILLIS = 1000;

export class Progress {
  readonly #terminal: Terminal;
  readonly #of: string;
  readonly #jobs: number;
  readonly #began = performance.now();
  #next = performance.now() + EVERY_MILLIS;

  constructor(terminal: Terminal, [first, last]: SeedRange, jobs: number) {
    this.#terminal = terminal;
    this.#of = last === SEED_MAX ? "" : ` of ${count(last - first + 1)}`;
    this.#jobs = jobs;
  }

  /** A share is done. */
  tell(report: Report): void {
    if (performance.now() < this.#next) return;
    this.#next = performance.now() + EVERY_MILLIS;
    this.#say(report, "");
  }

  end(report: Report): void {
    this.#say(report, `, ${((performance.now() - this.#began) / MILLIS).toFixed(1)} seconds, ${this.#jobs} ${this.#jobs === 1 ? "job" : "jobs"}`);
  }

  #say(report: Report, more: string): void {
    const perSecond = Math.round((report.runs * MILLIS) / Math.max(1, performance.now() - this.#began));
    this.#terminal.err(`${count(seedsPlayed(report))}${this.#of} seeds, ${count(perSecond)} runs a second, ${count(seedsFailed(report))} failed${more}\n`);
  }
}
