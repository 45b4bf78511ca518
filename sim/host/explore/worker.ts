/** One of several threads that play a campaign's seeds. It takes shares of them until nobody has any more for it. */

import { workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type { Order, Share, ShareDone, ShareLost } from "./orders.ts";
import { playShare, startCampaign } from "./play-share.ts";

/** What begins a worker. */
export interface WorkerStart {
  readonly order: Order;
  readonly port: MessagePort;
  /** Its only word counts answers: whoever waits for one waits there. */
  readonly bell: Int32Array;
}

const { order, port, bell } = workerData as WorkerStart;
const campaign = startCampaign(order);

port.on("message", (share: Share) => {
  port.postMessage(answerOf(share));
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
});

function answerOf(share: Share): ShareDone | ShareLost {
  try {
    return playShare(campaign, share);
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? String(error)) : String(error) };
  }
}
