/** Sending a batch: its messages leave in their order, as many as find room; the others stay. */

import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { BatchAddress } from "./batch.ts";
import { BatchRecord, batchMessage, dropSent } from "./batch.ts";
import { deliverWithin } from "./sending.ts";

/** The batch of `process` goes to the endpoint that its grant leads to. 0, or why it stopped: what was not sent is still there. */
export function flush(kernel: Kernel, process: number, batch: BatchAddress, endpoint: number, grant: number): number {
  const count = BatchRecord.count.get(kernel.ram, batch);
  let sent = 0;
  let status: number = Errno.ok;
  while (sent < count && status === Errno.ok) {
    status = deliverWithin(kernel, process, endpoint, batchMessage(batch, sent), 0, grant);
    if (status === Errno.ok) sent += 1;
  }
  dropSent(kernel, batch, sent);
  return status;
}
