/** Where IPC's own tables lie in RAM, and how they begin: acknowledgements, caches of tokens, rates, batches, channels. */

import type { Table } from "../../hal/layout.ts";
import type { RamPlan } from "../../hal/ram-plan.ts";
import type { Kernel } from "../kernel.ts";
import type { Manifest } from "../manifest.ts";
import { SmallMessage } from "../message.ts";
import { NONE, ProcessRecord } from "../process.ts";
import { Acknowledgement } from "./acknowledgement.ts";
import { BatchRecord } from "./batch.ts";
import type { Channels } from "./channel.ts";
import { ChannelRecord, Subscription } from "./channel.ts";
import { RateRecord, formatRate } from "./rate.ts";
import type { TokenCache } from "./token-cache.ts";
import { CacheEntry } from "./token-cache.ts";

export interface IpcTables {
  /** For each process one a need, in the order of the processes. */
  readonly acknowledgements: Table<"Acknowledgement">;
  readonly tokenCache: TokenCache;
  /** One for each process that asks. */
  readonly rates: Table<"RateRecord">;
  readonly batches: Table<"BatchRecord">;
  readonly channels: Channels;
}

export interface IpcPlan {
  readonly ipc: IpcTables;
  /** For each channel its name and where its ring lies. */
  readonly rings: readonly Table<"SmallMessage">[];
}

export function planIpc(plan: RamPlan, manifest: Manifest): IpcPlan {
  const lines = Object.values(manifest.processes);
  const channels = Object.entries(manifest.channels ?? {});
  const ipc = Object.freeze({
    acknowledgements: plan.records("acknowledgements", Acknowledgement, lines.reduce((sum, line) => sum + Object.keys(line.service.needs).length, 0)),
    tokenCache: Object.freeze({ entries: plan.records("tokens.cache", CacheEntry, lines.length * manifest.kernel.tokenCache), perProcess: manifest.kernel.tokenCache }),
    rates: plan.records("rates", RateRecord, lines.filter((line) => line.rate !== undefined).length),
    batches: plan.records("batches", BatchRecord, lines.filter((line) => line.batch === true).length),
    channels: Object.freeze({
      records: plan.records("channels", ChannelRecord, channels.length),
      subscriptions: plan.records("channels.subscriptions", Subscription, channels.length * lines.length),
    }),
  });
  const rings = channels.map(([name, line]) => plan.records(`channel.${name}`, SmallMessage, line.capacity ?? manifest.kernel.channelCapacity));
  return Object.freeze({ ipc, rings: Object.freeze(rings) });
}

/** Writes the tables of a new machine. */
export function writeIpc(kernel: Kernel, manifest: Manifest, rings: readonly Table<"SmallMessage">[]): void {
  const { ram } = kernel;
  let acknowledgement = 0;
  let rate = 0;
  let batch = 0;
  Object.values(manifest.processes).forEach((line, process) => {
    const record = kernel.processes.at(process);
    ProcessRecord.firstAcknowledgement.set(ram, record, acknowledgement);
    acknowledgement += Object.keys(line.service.needs).length;
    ProcessRecord.waitEndpoint.set(ram, record, NONE);
    ProcessRecord.loadedSender.set(ram, record, NONE);
    ProcessRecord.batch.set(ram, record, line.batch === true ? batch++ : NONE);
    ProcessRecord.rate.set(ram, record, line.rate === undefined ? NONE : rate);
    if (line.rate !== undefined) formatRate(kernel, rate++, line.rate.messagesPerSecond, line.rate.bytesPerSecond);
  });
  rings.forEach((ring, index) => {
    ChannelRecord.capacity.set(ram, kernel.channels.records.at(index), ring.count);
    ChannelRecord.ring.set(ram, kernel.channels.records.at(index), ring.base);
  });
}
