/** A byte of a frame is wrong, behind the check of the wire: checksums further in must tell, if they can. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { CORRUPT_MASKS } from "./cable-fate.ts";

const PLACE_LANE = 1;
const BIT_LANE = 2;
const BITS = 8;

export const corrupt: Fault = Object.freeze<Fault>({
  name: "wire.corrupt",
  layer: "wire",
  summary: "bits of a frame are wrong, all in one byte",
  site: SimSite.frameCorrupted,
  parameters: Object.freeze({
    bits: Object.freeze({ value: 1, unit: "count", least: 1, most: BITS, help: "bits that are wrong" }),
    firstByte: Object.freeze({ value: 0, unit: "bytes", least: 0, most: 65_535, help: "bytes in front of this one stay whole, unless the frame has no others" }),
  }),
  answer: (values, n, draw) => {
    const bytes = (n - 1) / CORRUPT_MASKS;
    const first = Math.min(values["firstByte"], bytes - 1);
    const place = first + draw(PLACE_LANE, bytes - first);
    let mask = 0;
    // Each of so many bits goes to one of the places that are left.
    for (let bit = 0; bit < values["bits"]; bit++) {
      let left = draw(BIT_LANE + bit, BITS - bit);
      for (let at = 0; at < BITS; at++) {
        if ((mask & (1 << at)) !== 0 || left-- > 0) continue;
        mask |= 1 << at;
        break;
      }
    }
    return 1 + place * CORRUPT_MASKS + mask - 1;
  },
  words: (answer) => `byte ${Math.floor((answer - 1) / CORRUPT_MASKS)} of the frame is wrong by 0x${(((answer - 1) % CORRUPT_MASKS) + 1).toString(16).padStart(2, "0")}`,
});
