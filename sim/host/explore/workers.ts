/** Worker threads that play shares of a campaign's seeds, each with machines of its own. This thread only waits for them. */

import type { MessagePort } from "node:worker_threads";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Shares } from "./crew.ts";
import type { Order, Share, ShareDone, ShareLost } from "./orders.ts";
import { workerBeginning } from "../worker-beginning.ts";
import type { WorkerStart } from "./worker.ts";

/** A share that takes longer is lost: its worker has died, or plays a run without end. */
const SHARE_MILLIS_MAX = 20 * 60 * 1000;
const WAIT_MILLIS = 1000;

interface Hand {
  readonly worker: Worker;
  readonly port: MessagePort;
  /** When it was given the share that it plays; 0 while it has none. */
  since: number;
}

export class Workers {
  readonly #bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #hands: readonly Hand[];

  constructor(order: Order, jobs: number) {
    this.#hands = Array.from({ length: jobs }, () => makeHand(order, this.#bell));
  }

  /** As Crew.play(); the workers end with it. */
  play(shares: Shares, goes: () => boolean, told: (done: ShareDone) => void): void {
    try {
      this.#play(shares, goes, told);
    } finally {
      for (const { worker, port } of this.#hands) {
        port.close();
        void worker.terminate();
      }
    }
  }

  #play(shares: Shares, goes: () => boolean, told: (done: ShareDone) => void): void {
    const early = new Map<number, ShareDone>();
    let begun = 0;
    let toldOf = 0;
    for (;;) {
      for (const hand of this.#hands) if (hand.since === 0 && begun < shares.count && goes()) give(hand, { place: begun, range: shares.at(begun++) });
      if (toldOf === begun) return;
      for (const done of this.#wait()) early.set(done.place, done);
      for (let done = early.get(toldOf); done !== undefined; done = early.get(toldOf)) {
        early.delete(toldOf);
        toldOf += 1;
        told(done);
      }
    }
  }

  /** What has come in since, at least one answer; throws if a worker cannot go on. */
  #wait(): ShareDone[] {
    for (;;) {
      const heard = Atomics.load(this.#bell, 0);
      const answers = this.#hands.map(take).filter((answer) => answer !== null);
      for (const answer of answers) if ("error" in answer) throw new Error(`a worker cannot go on: ${answer.error}`);
      if (answers.length > 0) return answers as ShareDone[];
      if (this.#hands.some(({ since }) => since !== 0 && performance.now() - since > SHARE_MILLIS_MAX)) throw new Error(`a worker has not answered for ${SHARE_MILLIS_MAX / 1000} seconds`);
      Atomics.wait(this.#bell, 0, heard, WAIT_MILLIS);
    }
  }
}

function give(hand: Hand, share: Share): void {
  hand.since = performance.now();
  hand.port.postMessage(share);
}

function take(hand: Hand): ShareDone | ShareLost | null {
  const received = receiveMessageOnPort(hand.port) as { readonly message: ShareDone | ShareLost } | undefined;
  if (received === undefined) return null;
  hand.since = 0;
  return received.message;
}

function makeHand(order: Order, bell: Int32Array): Hand {
  const { port1, port2 } = new MessageChannel();
  const start: WorkerStart = { order, port: port2, bell };
  const worker = new Worker(workerBeginning("./worker", import.meta.url), { eval: true, execArgv: [], workerData: start, transferList: [port2] });
  return { worker, port: port1, since: 0 };
}
