/** One of several threads that play flips. A flip may have it run in circles for ever: whoever waits for it ends it then. */

import { workerData } from "node:worker_threads";
import { FlipStage } from "../../explore/flip-stage.ts";
import type { Problem } from "../../problem.ts";
import { problemText } from "../../problem.ts";
import { experimentOf } from "../explore/open-experiment.ts";
import type { FlipDone, FlipLost, FlipReady, FlipShare, FlipStart } from "./orders.ts";

const { text, flips, port, bell } = workerData as FlipStart;
const problems: Problem[] = [];
const experiment = experimentOf(text, problems);
if (experiment === null) throw new RangeError(problems.map((one) => problemText(one)).join("\n"));
const stage = new FlipStage(experiment);
answer({ ready: true });

port.on("message", ({ from, to }: FlipShare) => {
  for (let place = from; place < to; place++) answer(play(place));
});

function play(place: number): FlipDone | FlipLost {
  try {
    return { place, flipped: stage.play(flips[place]) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? String(error)) : String(error) };
  }
}

function answer(done: FlipDone | FlipLost | FlipReady): void {
  port.postMessage(done);
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}
