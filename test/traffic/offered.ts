/** The frames of a capture that a machine with this MAC address is offered: all but its own. */

import type { Capture } from "../../sim/capture/pcap.ts";
import type { TimedFrame } from "./reader.ts";

export function* offered(capture: Capture, mac: number): Generator<TimedFrame> {
  for (let number = 1; number <= capture.count; number++) {
    const bytes = capture.frame(number);
    const source = bytes.subarray(6, 12).reduce((value, byte) => value * 256 + byte, 0);
    if (source !== mac) yield { number, seconds: capture.timeMicros(number) / 1e6, bytes };
  }
}
