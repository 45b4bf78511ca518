/** What an E1000 remembers beside its registers, and the kinds of event that it schedules: at most one of each kind, but for plug. */

import type { Address } from "../field.ts";
import { i32, u64 } from "../field.ts";
import { layout } from "../layout.ts";
import type { WireParts } from "../wire.ts";
import type { FileAddress } from "./e1000-file.ts";

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
});

/** What the transmission waits for. */
export const TransmitStage = Object.freeze({ idle: 0, fetch: 1, payload: 2, launch: 3, writeBack: 4 });

export const E1000State = layout("E1000State", {
  /** Cycle of the interrupt line's last rising edge. */
  lastEdgeCycle: u64("time"),
  /** 1 while the line is high. */
  lineHigh: i32,
  /** 1 while the event is scheduled. */
  moderationPending: i32,
  payloadPending: i32,
  writeBackPending: i32,
  /** Index of the next descriptor to claim for an arriving frame: RDH, plus what frames in flight have claimed. */
  claimIndex: i32,
  /** Frames written back since the reset. */
  receivedOrdinal: i32("identity"),
  /** One of TransmitStage, and the index of the descriptor it works on. */
  transmitStage: i32,
  transmitIndex: i32,
  /** Bytes of the frame gathered so far, -1 when it cannot be sent any more. */
  gatheredBytes: i32,
  /** The descriptor's command and length, as fetched. */
  command: i32,
  payloadBytes: i32,
});

export interface E1000Parts {
  readonly file: FileAddress;
  readonly state: Address<"E1000State">;
  readonly account: Address<"NicAccount">;
  readonly wire: WireParts;
  /** Where a frame is gathered before it leaves. */
  readonly gather: number;
  readonly gatherBytes: number;
  readonly eeprom: readonly number[];
}
