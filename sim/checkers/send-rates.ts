/**
 * What the manifest lets a process send in a second, it may send, and no more: a bucket of a second's worth that fills by
 * the rate, to the thousandth. The watch keeps a bucket of its own for each process with a rate. Of bytes it knows those of
 * small messages; processes that announce large ones are counted by messages alone.
 */

import { Errno } from "../../kernel/errno.ts";
import { SMALL_MESSAGE_BYTES } from "../../kernel/message.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Machine } from "../../kernel/machine.ts";
import type { Checker } from "./checker.ts";
import { KernelView } from "./kernel-view.ts";
import { remembering } from "./remembering.ts";

const TICKS_PER_SECOND = 1000;

interface Bucket {
  readonly process: number;
  readonly messagesPerSecond: number;
  /** 0: not counted. */
  readonly bytesPerSecond: number;
  /** In thousandths, as they were at `tick`. */
  messages: number;
  bytes: number;
  tick: number;
}

export const sendRates: Checker = Object.freeze<Checker>({
  name: "send-rates",
  law: "a process with a rate sends as much as that in each second, and no more",
  fits: ({ machine }) => Object.values(machine.manifest.processes).some(({ rate }) => rate !== undefined),
  begin: ({ world: { machine }, fail }) => {
    const view = new KernelView(machine);
    const state = { buckets: bucketsOf(machine) };
    const bucketOf = (process: number): Bucket | undefined => {
      const bucket = state.buckets.find((one) => one.process === process);
      if (bucket !== undefined) fill(bucket, machine.tick());
      return bucket;
    };
    const sent = (sender: number): void => {
      const bucket = bucketOf(sender);
      if (bucket === undefined) return;
      bucket.messages -= TICKS_PER_SECOND;
      bucket.bytes -= SMALL_MESSAGE_BYTES * TICKS_PER_SECOND;
      if (bucket.messages < 0 || (bucket.bytesPerSecond > 0 && bucket.bytes < 0)) fail(`process ${view.processNames[sender]}`, `it sends more than the ${bucket.messagesPerSecond} messages a second that it may`);
    };
    return remembering(state, {
      probe: (kind, process, argument0) => {
        if (kind === KernelTrace.sendFast || kind === KernelTrace.channelSent) sent(process);
        else if (kind === KernelTrace.sendQueued) sent(view.newestSender(argument0));
        else if (kind === KernelTrace.refused && argument0 === Errno.rateLimitExceeded) {
          const bucket = bucketOf(process);
          if (bucket !== undefined && hasRoom(bucket)) fail(`process ${view.processNames[process]}`, `it is refused, and has room for ${Math.floor(bucket.messages / TICKS_PER_SECOND)} messages of ${bucket.messagesPerSecond} a second`);
        }
      },
    });
  },
});

function bucketsOf(machine: Machine): Bucket[] {
  return Object.values(machine.manifest.processes).flatMap(({ rate, service }, process) => {
    if (rate === undefined) return [];
    const announces = Object.values(service.needs).includes("region:write");
    const bytesPerSecond = announces ? 0 : rate.bytesPerSecond;
    return [{ process, messagesPerSecond: rate.messagesPerSecond, bytesPerSecond, messages: rate.messagesPerSecond * TICKS_PER_SECOND, bytes: bytesPerSecond * TICKS_PER_SECOND, tick: machine.tick() }];
  });
}

function fill(bucket: Bucket, tick: number): void {
  const passed = tick - bucket.tick;
  bucket.tick = tick;
  bucket.messages = Math.min(bucket.messages + passed * bucket.messagesPerSecond, bucket.messagesPerSecond * TICKS_PER_SECOND);
  bucket.bytes = Math.min(bucket.bytes + passed * bucket.bytesPerSecond, bucket.bytesPerSecond * TICKS_PER_SECOND);
}

function hasRoom({ messages, bytes, bytesPerSecond }: Bucket): boolean {
  return bytesPerSecond > 0 ? messages >= TICKS_PER_SECOND && bytes >= SMALL_MESSAGE_BYTES * TICKS_PER_SECOND : false;
}
