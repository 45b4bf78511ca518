/** Which frames of a capture come in at the NIC. */

import { macNumber } from "../address-text.ts";
import type { Capture } from "./pcap.ts";

/** Numbers of the frames that do not come from `mac`; a frame too short to have a source address comes from nobody. */
export function offeredFrames(capture: Capture | null, mac: number): Int32Array {
  if (capture === null) return new Int32Array(0);
  const numbers = new Int32Array(capture.count);
  let count = 0;
  for (let number = 1; number <= capture.count; number++) {
    if (capture.capturedBytes(number) >= 12 && macNumber(capture.bytes, capture.frameAt(number) + 6) === mac) continue;
    numbers[count] = number;
    count++;
  }
  return numbers.subarray(0, count);
}
