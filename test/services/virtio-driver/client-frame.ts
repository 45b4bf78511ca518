/** Frames of many clients, by which a test reaches every receive queue. */

import { Ask, asking } from "../driver/station.ts";

/** An IPv4 TCP frame from a client, broadcast so that every filter lets it through; its number lies where the station looks for it. */
export function fromClient(client: number, number: number, bytes = 60): Uint8Array {
  const frame = asking(Ask.nothing, bytes, number);
  // The station reads its ask and number where IP has version, length and identification: fragment fields and checksum are nobody's here.
  frame.set([8, 0], 12);
  frame.set([0x45, 0, 0, bytes - 14], 14);
  frame.set([0, 0, 64, 6, 0, 0, 10, 20, client >> 8, client & 0xff, 10, 20, 0, 2], 20);
  return frame;
}
