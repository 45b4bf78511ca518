/** The NIC writes a wrong length back: more or less than the frame has, or than its buffer. */

import { ChoiceSite } from "../../../hal/chance.ts";
import { LENGTH_ANSWERS } from "../../../hal/nic/out-of-order.ts";
import type { Fault } from "../fault.ts";

const SIZE_LANE = 1;
const SIGN_LANE = 2;

export const wrongLength: Fault = Object.freeze<Fault>({
  name: "nic.wrong-length",
  layer: "nic",
  summary: "the NIC says a wrong length of a frame",
  site: ChoiceSite.lengthWrong,
  parameters: Object.freeze({
    bytesMost: Object.freeze({ value: LENGTH_ANSWERS / 2 - 1, unit: "bytes", least: 1, most: LENGTH_ANSWERS / 2 - 1, help: "by how many bytes it is wrong at most, either way" }),
  }),
  answer: (values, n, draw) => {
    const size = 1 + draw(SIZE_LANE, values["bytesMost"]);
    return draw(SIGN_LANE, 2) === 0 ? size : n - size;
  },
  words: (answer) => (answer < LENGTH_ANSWERS / 2 ? `the NIC says ${answer} bytes too many` : `the NIC says ${LENGTH_ANSWERS - answer} bytes too few, modulo 65536`),
});
