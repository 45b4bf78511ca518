/** The frames of an experiment, as its file writes them: `{ "tick": 3, "hex": "020000..." }`, in order. */

import { readCapture } from "../capture/pcap.ts";
import type { Capture } from "../capture/pcap.ts";
import { CaptureWriter } from "../capture/pcap-writer.ts";
import { ScenarioBounds } from "../scenario/bounds.ts";
import { Members } from "../scenario/members.ts";

const FRAMES_MAX = 10_000;
const FRAME_BYTES_MIN = 14;
const FRAME_BYTES_MAX = 9_216;
const NANOS_PER_TICK = 1_000_000;

/** Null, and problems where they are, if one of them is no frame. */
export function readFrames(file: Members): Capture | null {
  const before = file.problems.length;
  const writer = new CaptureWriter();
  let last = 0;
  for (const [value, place] of file.list("frames", 1, FRAMES_MAX)) {
    const frame = new Members(value, place, file.problems, ["tick", "hex"]);
    const tick = frame.whole("tick", last, 0, ScenarioBounds.ticksMax);
    if (tick < last) frame.refuse("tick", `at least ${last}: frames come in order`);
    last = Math.max(last, tick);
    const hex = frame.get("hex");
    const sound = typeof hex === "string" && /^(?:[0-9a-fA-F]{2})*$/.test(hex) && hex.length >= 2 * FRAME_BYTES_MIN && hex.length <= 2 * FRAME_BYTES_MAX;
    if (!sound) frame.refuse("hex", `${FRAME_BYTES_MIN} to ${FRAME_BYTES_MAX} bytes, two digits each`);
    else writer.add(0, tick * NANOS_PER_TICK, bytesOf(hex));
  }
  return file.problems.length > before ? null : readCapture(writer.file()).capture;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16));
}
