/** What one can ask of a dump: a topic's name and the plain data that answers it. */

import { capabilitiesOf } from "./capabilities.ts";
import type { Dump } from "./dump.ts";
import { channelsOf } from "./channels.ts";
import { endpointsOf } from "./endpoints.ts";
import { memoryOf } from "./memory.ts";
import { nicsOf } from "./nics.ts";
import { overviewOf } from "./overview.ts";
import { processesOf } from "./processes.ts";
import { timersOf } from "./timers.ts";
import { traceOf } from "./traces.ts";

export const TOPICS = Object.freeze({
  overview: overviewOf,
  processes: processesOf,
  endpoints: (dump: Dump) => ({ endpoints: endpointsOf(dump), channels: channelsOf(dump) }),
  caps: capabilitiesOf,
  timers: timersOf,
  memory: memoryOf,
  nic: nicsOf,
  trace: traceOf,
} as const satisfies Readonly<Record<string, (dump: Dump) => unknown>>);

export type Topic = keyof typeof TOPICS;
