/**
 * Frames leave as they were handed to the driver: unaltered, at most once, in order. A driver may leave out those for which
 * there is no room; what it sends is what it was given.
 */

import type { Address } from "../../hal/field.ts";
import { HalTrace } from "../../hal/trace.ts";
import { bufferAddress } from "../../kernel/dma-pool.ts";
import { ProcessRecord } from "../../kernel/process.ts";
import type { ProcessAddress } from "../../kernel/process.ts";
import { Delivery } from "../../kernel/service.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import { DriverOpcode, TransmitFrameMessage } from "../../services/driver-api.ts";
import type { Checker } from "./checker.ts";
import { partOf, processNumber } from "./places.ts";
import { remembering } from "./remembering.ts";

/** Frames that were handed over and have not left: more than any ring holds. */
const HANDED_MAX = 1024;

export const framesOut: Checker = Object.freeze<Checker>({
  name: "frames-out",
  law: "frames leave unaltered, once, and in the order in which they were handed to the driver",
  fits: ({ machine, nic }) => nic !== "" && processNumber(machine, "driver") >= 0 && partOf(machine, "pool") !== undefined,
  begin: ({ world: { machine }, fail }) => {
    const { ram } = machine;
    const driver = processNumber(machine, "driver");
    const record = (partOf(machine, "processes")!.base + driver * ProcessRecord.size) as ProcessAddress;
    const pool = { state: partOf(machine, "pool")!.base as Address<"PoolState"> };
    const state = { handed: [] as string[] };
    return remembering(state, {
      probe: (kind, process, argument0, argument1) => {
        if (kind === KernelTrace.dispatch && process === driver && argument0 === Delivery.message && argument1 === DriverOpcode.transmit) {
          const message = ProcessRecord.registers.at(record) as Address as Address<"TransmitFrameMessage">;
          const at = bufferAddress(ram, pool, TransmitFrameMessage.bufferHandle.get(ram, message));
          state.handed.push(digest(ram.u8, at, TransmitFrameMessage.frameBytes.get(ram, message)));
          if (state.handed.length > HANDED_MAX) state.handed.shift();
        } else if (kind === HalTrace.frameTransmitted) {
          const found = state.handed.findIndex((handed) => isSame(handed, ram.u8, argument0, argument1));
          if (found < 0) fail("the driver", `a frame of ${argument1} bytes leaves that it was not given so, or that left before`);
          state.handed.splice(0, found + 1);
        }
      },
    });
  },
});

/** Length and a hash; the wire pads short frames, so that a frame that leaves is compared over the length that was handed in. */
function digest(bytes: Uint8Array, at: number, count: number): string {
  return `${count}.${hashOf(bytes, at, count)}`;
}

function isSame(handed: string, bytes: Uint8Array, at: number, count: number): boolean {
  const [length, hash] = handed.split(".").map(Number);
  return length <= count && hashOf(bytes, at, length) === hash;
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, at: number, count: number): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < count; i++) hash = Math.imul(hash ^ bytes[at + i], 0x0100_0193);
  return hash >>> 0;
}
