/** The bundled experiments, one for each layer. A new one is a file and a line here; names are stable. */

import type { Experiment } from "../explore/experiment.ts";
import { backends } from "./backend.ts";
import { balancer } from "./balancer.ts";
import { clientele } from "./client.ts";
import { crowd } from "./crowd.ts";
import { ipc } from "./ipc.ts";
import { lending } from "./lending.ts";
import { memory } from "./memory.ts";
import { nic } from "./nic.ts";
import { operators } from "./operator.ts";
import { processes } from "./process.ts";
import { timer } from "./timer.ts";
import { virtioNic } from "./virtio.ts";
import { wire } from "./wire.ts";

export const EXPERIMENTS: readonly Experiment[] = Object.freeze([wire, nic, virtioNic, memory, timer, ipc, processes, backends, clientele, operators, balancer, crowd, lending]);

/** The bundled experiment of that name; undefined if there is none. */
export function experimentNamed(name: string): Experiment | undefined {
  return EXPERIMENTS.find((experiment) => experiment.name === name);
}
