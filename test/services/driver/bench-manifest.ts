/** The bench's machine: one NIC, its driver, the station, a supervisor that begins a dead driver anew, and maybe a hog. */

import type { Choose } from "../../../hal/chance.ts";
import { u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { standardHalLimits } from "../../../hal/limits.ts";
import { standardKernelLimits } from "../../../kernel/limits.ts";
import type { Manifest } from "../../../kernel/manifest.ts";
import type { AnyService } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import type { SupervisionRule } from "../../../services/supervisor/api.ts";
import { supervisor } from "../../../services/supervisor/supervisor.ts";
import type { DriverKind, DriverNumbers } from "./kind.ts";
import { NIC, POOL, RINGS, TICKS } from "./kind.ts";
import { station } from "./station.ts";

export interface BenchNumbers extends Partial<DriverNumbers> {
  readonly buffers?: number;
  readonly ringsBytes?: number;
  /** Lengths of the station's queue of frames, and of the driver's of frames to send. */
  readonly framesQueue?: number;
  readonly transmitQueue?: number;
  readonly slow?: number;
  readonly releaseTicks?: number;
  /** Context calls of 5 cycles that a process above the driver makes each tick; 0: there is none. */
  readonly hogCalls?: number;
  /** The crossing at which the driver dies; while the bench is made it begins. */
  readonly dieAt?: number;
  /** Ticks from a death to the new beginning. */
  readonly restartTicks?: number;
  /** Answers all that the machine asks of chance, but whether the driver dies; absent: 0. */
  readonly choose?: Choose;
}

/** Keeps the processor for itself once a tick: what a driver must bear. */
const hog = service({
  name: "hog",
  state: layout("HogState", { runs: u32 }),
  needs: { ticks: "timer" },
  parameters: undefined as unknown as { calls: number },
  handle(message, context) {
    if (message.delivery === Delivery.start) context.timerStart(context.needs.ticks, 1, 1, 1);
    else for (let i = 0; i < context.parameters.calls; i++) context.uptimeTicks();
  },
});

/** A dead driver is begun anew; one that dies for ever is given up. */
function ruleOf(restartTicks: number): SupervisionRule {
  return { restart: "onFault", delayTicks: restartTicks, delayTicksMax: restartTicks, restartsMax: 8, windowTicks: 1000 };
}

export function benchManifest(kind: DriverKind, numbers: DriverNumbers, more: BenchNumbers): Manifest {
  const { buffers = 32, ringsBytes = kind.ringsBytes(numbers), framesQueue = 64, transmitQueue = 256, slow = 0, releaseTicks = 0, hogCalls = 0, restartTicks = 1 } = more;
  return {
    name: "driver-bench",
    ramBytes: 2 * 1024 * 1024,
    hal: standardHalLimits,
    kernel: { ...standardKernelLimits, endpointQueue: 256, capabilities: 16, bufferStrideBytes: 2048 },
    devices: [kind.device],
    regions: { [RINGS]: { bytes: ringsBytes, devices: [NIC] } },
    pool: { name: POOL, count: buffers, devices: [NIC] },
    processes: {
      ...(hogCalls > 0 ? { hog: { service: hog as unknown as AnyService, priority: "realTimeHigh" as const, arenaBytes: 1024, grants: { ticks: TICKS }, parameters: { calls: hogCalls } } } : {}),
      driver: { ...kind.line(numbers), priority: "realTimeNormal", queues: { transmit: transmitQueue } },
      station: {
        service: station as unknown as AnyService,
        priority: "systemNormal",
        arenaBytes: 4096,
        grants: { buffers: POOL, transmit: "driver.transmit", control: "driver.control", ticks: TICKS },
        queues: { frames: framesQueue },
        parameters: { slow, releaseTicks },
      },
      supervisor: {
        service: supervisor(["driver"]) as unknown as AnyService,
        priority: "realTimeLow",
        arenaBytes: 1024,
        grants: { ticks: TICKS, driver: "driver" },
        parameters: { rules: { driver: ruleOf(restartTicks) } },
      },
    },
  };
}
