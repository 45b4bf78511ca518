/**
 * What an E1000 remembers beside its registers, and the kinds of event that it schedules: at most one of each of the
 * first four and of the last, two for each alarm (alarm.ts), and one each time that somebody moves the cable.
 */

import type { Address } from "../field.ts";
import { i32, nested, u64 } from "../field.ts";
import { layout } from "../layout.ts";
import type { WireParts } from "../wire.ts";
import { AlarmState } from "./alarm.ts";
import { E1000DelayState } from "./e1000-delay.ts";
import type { FileAddress } from "./e1000-file.ts";
import type { E1000TransmitParts } from "./e1000-transmit-state.ts";

export const E1000Event = Object.freeze({
  /** The next frame is here. */
  arrival: 1,
  /** The oldest accepted frame's bytes go to memory. */
  receivePayload: 2,
  /** The oldest copied frame's descriptors go to memory. */
  receiveWriteBack: 3,
  /** The transmission's next step. */
  transmit: 4,
  /** ITR's interval is over. */
  moderation: 5,
  /** The cable was plugged in or pulled out. */
  plug: 6,
  /** A timer of RDTR and RADV, or of TIDV and TADV, may have ended. */
  receiveDelay: 7,
  transmitDelay: 8,
  /** The PHY has negotiated a link. */
  negotiated: 9,
  /** The interrupt line is to be as it should: it was not, since the device is out of order. */
  line: 10,
});

/** What the transmission waits for. */
export const TransmitStage = Object.freeze({ idle: 0, fetch: 1, payload: 2, launch: 3, writeBack: 4 });

export const E1000State = layout("E1000State", {
  /** Before this cycle the interrupt line does not rise again: ITR as it was at the last rising edge. */
  nextEdgeCycle: u64("time"),
  /** Set while a rising edge waits for that cycle. */
  moderation: nested(AlarmState),
  receiveDelay: nested(E1000DelayState),
  transmitDelay: nested(E1000DelayState),
  /** 1 while the line is high. */
  lineHigh: i32,
  /** 1 while the event is scheduled. */
  payloadPending: i32,
  writeBackPending: i32,
  /** Index of the next descriptor to claim for an arriving frame: RDH, plus what frames in flight have claimed. */
  claimIndex: i32,
  /** Frames written back since the reset. */
  receivedOrdinal: i32("identity"),
  /** One of TransmitStage. */
  transmitStage: i32,
  /** The EEPROM's serial port (eeprom-port.ts): control bits, bits shifted in, how many, and the bit on the output. */
  eepromControl: i32,
  eepromShift: i32,
  eepromShifted: i32,
  eepromOutput: i32,
});

export interface E1000Parts {
  readonly file: FileAddress;
  readonly state: Address<"E1000State">;
  readonly account: Address<"NicAccount">;
  readonly wire: WireParts;
  readonly transmit: E1000TransmitParts;
  readonly phy: Address<"E1000Phy">;
  readonly eeprom: readonly number[];
}
