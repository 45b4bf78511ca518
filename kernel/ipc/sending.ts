/** Sending as a process does it: within the rate that the manifest allows it, if it names one. */

import type { Address } from "../../hal/field.ts";
import { EndpointRecord } from "../endpoint.ts";
import { Errno } from "../errno.ts";
import { deliver } from "../ipc.ts";
import type { Kernel } from "../kernel.ts";
import { KernelState, NONE, ProcessRecord } from "../process.ts";
import { chargeRate, rateAllows } from "./rate.ts";

/** deliver(), or rateLimitExceeded. What is refused is not charged. */
export function deliverWithin(kernel: Kernel, sender: number, endpoint: number, message: Address<"SmallMessage">, callSequence: number, grant: number): number {
  if (ProcessRecord.rate.get(kernel.ram, kernel.processes.at(sender)) === NONE) return deliver(kernel, sender, endpoint, message, callSequence, grant);
  if (!rateAllows(kernel, sender, message)) return Errno.rateLimitExceeded;
  const status = deliver(kernel, sender, endpoint, message, callSequence, grant);
  if (status === Errno.ok) chargeRate(kernel, sender, message);
  return status;
}

/** 0 if a receiver waits on the endpoint; endpointBusy if messages are queued before, else wouldBlock. */
export function whetherWaiting(kernel: Kernel, endpoint: number): number {
  const { ram, state } = kernel;
  const record = kernel.endpoints.at(endpoint);
  if ((EndpointRecord.receivers.get(ram, record) & KernelState.receivingProcesses.get(ram, state)) !== 0) return Errno.ok;
  return EndpointRecord.count.get(ram, record) > 0 ? Errno.endpointBusy : Errno.wouldBlock;
}
