/**
 * Worker threads that play flips, each a share of them in a row. This thread only waits. Who has not answered for long plays a
 * run without end: he is ended, the flip counts as detected by a watchdog, and another goes on behind it.
 */

import type { MessagePort } from "node:worker_threads";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Flip, FlipStage, Flipped } from "../../explore/flip-stage.ts";
import { workerBeginning } from "../worker-beginning.ts";
import type { FlipDone, FlipLost, FlipReady, FlipShare, FlipStart } from "./orders.ts";

/** Of processor time of all threads, for each of them: a run takes a tenth of a second, one that comes to no rest two or three. */
const SILENCE_MILLIS_MAX = 10_000;
/** Of time on the wall: a worker that needs longer to begin never will. */
const BOOT_MILLIS_MAX = 10 * 60 * 1000;
const MICROS = 1000;
const WAIT_MILLIS = 200;

interface Hand {
  readonly worker: Worker;
  readonly port: MessagePort;
  /** What is left of its share. */
  share: FlipShare;
  /** False while it boots. */
  ready: boolean;
  /** When it was heard last: on the wall while it boots, then by processorMillis(). */
  since: number;
}

export class FlipCrew {
  readonly #text: string;
  readonly #stage: FlipStage;
  readonly #flips: readonly Flip[];
  readonly #bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #flipped: Flipped[] = [];
  #hands: Hand[] = [];

  constructor(text: string, stage: FlipStage, flips: readonly Flip[]) {
    this.#text = text;
    this.#stage = stage;
    this.#flips = flips;
  }

  /** Plays all of them; what became of each, in their order. `told`: how many are done. */
  play(jobs: number, told: (done: number) => void): readonly Flipped[] {
    const each = Math.ceil(this.#flips.length / jobs);
    for (let from = 0; from < this.#flips.length; from += each) this.#begin({ from, to: Math.min(this.#flips.length, from + each) });
    try {
      for (let done = 0; this.#hands.length > 0; ) {
        done += this.#wait();
        told(done);
      }
    } finally {
      for (const hand of this.#hands) end(hand);
    }
    return this.#flipped;
  }

  #begin(share: FlipShare): void {
    if (share.from >= share.to) return;
    const { port1, port2 } = new MessageChannel();
    const start: FlipStart = { text: this.#text, flips: this.#flips, port: port2, bell: this.#bell };
    const worker = new Worker(workerBeginning("./worker", import.meta.url), { eval: true, execArgv: [], workerData: start, transferList: [port2] });
    port1.postMessage(share);
    this.#hands.push({ worker, port: port1, share, ready: false, since: performance.now() });
  }

  /** How many flips were played meanwhile. */
  #wait(): number {
    const heard = Atomics.load(this.#bell, 0);
    let played = 0;
    for (const hand of [...this.#hands]) played += this.#hear(hand);
    if (played === 0) Atomics.wait(this.#bell, 0, heard, WAIT_MILLIS);
    return played;
  }

  #isSilent({ ready, since }: Hand): boolean {
    if (ready) return processorMillis() - since > SILENCE_MILLIS_MAX * this.#hands.length;
    if (performance.now() - since > BOOT_MILLIS_MAX) throw new Error(`a worker has not begun for ${BOOT_MILLIS_MAX / 1000} seconds`);
    return false;
  }

  #hear(hand: Hand): number {
    let played = 0;
    for (let done = take(hand); done !== null; done = take(hand)) {
      if ("error" in done) throw new Error(`a worker cannot go on: ${done.error}`);
      hand.since = processorMillis();
      hand.ready = true;
      if ("ready" in done) continue;
      this.#flipped[done.place] = done.flipped;
      hand.share = { from: done.place + 1, to: hand.share.to };
      played += 1;
    }
    const { from, to } = hand.share;
    const silent = from < to && this.#isSilent(hand);
    if (from < to && !silent) return played;
    end(hand);
    this.#hands = this.#hands.filter((other) => other !== hand);
    if (!silent) return played;
    this.#flipped[from] = this.#stage.flipped(this.#flips[from], "detected", "watchdog");
    this.#begin({ from: from + 1, to });
    return played + 1;
  }
}

/** What all threads of this process have taken of processors. Time on the wall says little on a machine that is busy otherwise. */
function processorMillis(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROS;
}

function end({ port, worker }: Hand): void {
  port.close();
  void worker.terminate();
}

function take(hand: Hand): FlipDone | FlipLost | FlipReady | null {
  return (receiveMessageOnPort(hand.port) as { readonly message: FlipDone | FlipLost | FlipReady } | undefined)?.message ?? null;
}
