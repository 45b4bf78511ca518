/**
 * What the driver case suite must know of one driver and its device. All else it sees from outside: frames on the wire,
 * and what net's stand-in gets by services/driver-api.ts.
 *
 * A kind's functions reach into RAM where the device's records and rings lie, as the device itself would: they may lie,
 * and must not touch what belongs to the driver.
 */

import type { DeviceConfig } from "../../../hal/device-models.ts";
import type { ProcessLine } from "../../../kernel/manifest.ts";
import type { DriverBench } from "./bench.ts";

/** Names in the bench's manifest, for grants. */
export const NIC = "nic0";
export const RINGS = "rings";
export const POOL = "frames";
export const FRAMES = "station.frames";
export const TICKS = "ticks";

/** Sizes of each queue pair. */
export interface DriverNumbers {
  readonly rxDescriptors: number;
  readonly rxPosted: number;
  readonly txDescriptors: number;
}

/** What a driver says of itself in its state record, over all its queues. */
export interface DriverFigures {
  readonly running: boolean;
  /** Buffers that lie with the device to be filled, and how many there ought to be. */
  readonly posted: number;
  readonly wanted: number;
  /** Frames that lie in the transmit rings. */
  readonly sending: number;
  /** Frames taken from the rings: passed on to net, or dropped since net would not take them, or bad. */
  readonly taken: number;
  readonly passed: number;
  readonly dropped: number;
  readonly bad: number;
  readonly sent: number;
  /** Given for transmission and not sent: no room, no link, no sensible length, or lost with a reset. */
  readonly sendDropped: number;
  /** Transmit messages that brought no buffer. */
  readonly strange: number;
  readonly interrupts: number;
  /** Runs that ended at the budget. */
  readonly budgetEnds: number;
  /** Times that the device had to be set to work anew: reset behind our back, hung, or caught lying. */
  readonly recoveries: number;
}

/** One way in which a device may lie about the frames that it has received or sent. */
export interface Lie {
  readonly name: string;
  /** Writes what an evil device would write, while the machine is at rest. */
  tell(bench: DriverBench): void;
  /** Frames that the driver hands to net, or counts as bad, though none came from the wire: at most so many. */
  readonly inventedMost?: number;
}

export interface DriverKind {
  /** "e1000" */
  readonly name: string;
  /** The device's line; its name is NIC. */
  readonly device: DeviceConfig;
  /** Receive queues: frames of one flow keep their order, and so do those of one queue. */
  readonly queues: number;
  /** Shortest frame that leaves the machine: shorter ones leave padded with zeros. */
  readonly frameBytesMin: number;
  /** Frames that one run of the driver takes at most. */
  readonly budgetFrames: number;
  /** Ticks after which a driver must have noticed that its device does not work any more, and have set it to work anew. */
  readonly recoveryTicks: number;
  /** Period of the driver's own look at its device. */
  readonly watchTicks: number;
  /** Ticks after which a link is up again when the cable was plugged in. */
  readonly linkTicks: number;
  /** Most buffers that can be posted to all receive rings: none is ever filled completely. */
  postedMost(numbers: DriverNumbers): number;
  /** Most frames that a transmit ring can hold: it is never filled completely. */
  sendingMost(numbers: DriverNumbers): number;
  /** Size of the region of rings. */
  ringsBytes(numbers: DriverNumbers): number;
  /** The driver's process; its name is "driver", its priority is the bench's affair. */
  line(numbers: DriverNumbers): Pick<ProcessLine, "service" | "arenaBytes" | "grants" | "parameters">;
  figures(bench: DriverBench): DriverFigures;
  /** The device makes the driver run as if there were something to see. */
  interrupt(bench: DriverBench): void;
  /** The device stops: it takes no frame any more, sends none and writes nothing, whatever it is told, until it is reset. */
  stop(bench: DriverBench): void;
  readonly lies: readonly Lie[];
}

/** The fields of a driver's state record whose sums DriverFigures are, for drivers that keep one record. */
export function stateOfDriver(bench: DriverBench): Record<string, number> {
  return bench.machine.inspect("state.driver") as Record<string, number>;
}
