/** The two directions' delays of an 82540EM: their registers, causes and events. */

import type { DevicePort } from "../device-port.ts";
import { E1000Delay } from "./e1000-delay.ts";
import { E1000File } from "./e1000-file.ts";
import type { E1000Interrupts } from "./e1000-interrupts.ts";
import { InterruptCause } from "./e1000-registers.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000Event, E1000State } from "./e1000-state.ts";

/** Announces received frames (RXT0). */
export function receiveDelay(port: DevicePort, parts: E1000Parts, interrupts: E1000Interrupts): E1000Delay {
  return new E1000Delay(port, parts.file, interrupts, {
    state: E1000State.receiveDelay.at(parts.state),
    relative: E1000File.RDTR,
    absolute: E1000File.RADV,
    cause: InterruptCause.RXT0,
    eventKind: E1000Event.receiveDelay,
  });
}

/** Announces descriptors that were written back (TXDW). */
export function transmitDelay(port: DevicePort, parts: E1000Parts, interrupts: E1000Interrupts): E1000Delay {
  return new E1000Delay(port, parts.file, interrupts, {
    state: E1000State.transmitDelay.at(parts.state),
    relative: E1000File.TIDV,
    absolute: E1000File.TADV,
    cause: InterruptCause.TXDW,
    eventKind: E1000Event.transmitDelay,
  });
}
