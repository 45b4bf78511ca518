/** What the driver writes into the device's control registers, and expects to find there. */

import { InterruptCause, ReceiveControlBit, TransmitControlBit } from "../../hal/nic/e1000-registers.ts";

/** Collision threshold and distance as the manual wants them for full duplex (13.4.33). */
export const TRANSMIT_CONTROL = TransmitControlBit.EN | TransmitControlBit.PSP | (0x0f << 4) | (0x40 << 12);
/** Gaps for copper (13.4.34). */
export const TRANSMIT_GAPS = 10 | (8 << 10) | (6 << 20);
/** Frames up to the buffer, broadcasts too, without FCS; RCTL.BSIZE 00 is 2048 bytes. */
export const RECEIVE_CONTROL = ReceiveControlBit.EN | ReceiveControlBit.LPE | ReceiveControlBit.BAM | ReceiveControlBit.SECRC;
/**
 * Only frames and the link interrupt. RXDMT0 comes with a frame anyway, and RXO with every frame that finds no buffer: to
 * be told of each would take the time from those who could give buffers back.
 */
export const CAUSES = InterruptCause.RXT0 | InterruptCause.LSC;
