/** The end of a frame is missing. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;

export const truncate: Fault = Object.freeze<Fault>({
  name: "wire.truncate",
  layer: "wire",
  summary: "the end of a frame is missing",
  site: SimSite.frameTruncated,
  parameters: Object.freeze({
    bytesMost: Object.freeze({ value: 65_535, unit: "bytes", least: 1, most: 65_535, help: "bytes that are missing at most; one byte is always left" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(values["bytesMost"], n - 1)),
  words: (answer) => `the last ${answer} bytes of the frame are missing`,
});
