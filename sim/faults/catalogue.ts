/** All faults, by layer. A new one is a file in its layer's folder and a line here. */

import { BACKEND_FAULTS } from "./backend/faults.ts";
import { CLIENT_FAULTS } from "./client/faults.ts";
import type { Fault } from "./fault.ts";
import { endpointClosed } from "./ipc/endpoint-closed.ts";
import { queueFull } from "./ipc/queue-full.ts";
import { revokedInFlight } from "./ipc/revoked-in-flight.ts";
import { slowReceiver } from "./ipc/slow-receiver.ts";
import { allocation } from "./memory/allocation.ts";
import { arena } from "./memory/arena.ts";
import { buffers } from "./memory/buffers.ts";
import { canary } from "./memory/canary.ts";
import { flipAnywhere } from "./memory/flip-anywhere.ts";
import { flip } from "./memory/flip.ts";
import { NIC_FAULTS } from "./nic/faults.ts";
import { OPERATOR_FAULTS } from "./operator/faults.ts";
import { crash } from "./process/crash.ts";
import { hang } from "./process/hang.ts";
import { order } from "./process/order.ts";
import { restartStorm } from "./process/restart-storm.ts";
import { slow } from "./process/slow.ts";
import { starved } from "./process/starved.ts";
import { doubled } from "./timer/doubled.ts";
import { jump } from "./timer/jump.ts";
import { late } from "./timer/late.ts";
import { lost } from "./timer/lost.ts";
import { refused } from "./timer/refused.ts";
import { WIRE_FAULTS } from "./wire/faults.ts";

export const FAULTS: readonly Fault[] = Object.freeze([...WIRE_FAULTS, ...NIC_FAULTS,
  allocation, buffers, arena, flip, flipAnywhere, canary,
  lost, late, doubled, jump, refused,
  queueFull, slowReceiver, revokedInFlight, endpointClosed,
  crash, hang, slow, starved, restartStorm, order,
  ...BACKEND_FAULTS, ...CLIENT_FAULTS, ...OPERATOR_FAULTS]);

/** The fault of that name; undefined if there is none. */
export function faultNamed(name: string): Fault | undefined {
  return FAULTS.find((fault) => fault.name === name);
}
