/** All hazards, by number. A new one is a file of its own and a line here. */

import { h1 } from "./h1.ts";
import { h10 } from "./h10.ts";
import { h11 } from "./h11.ts";
import { h12 } from "./h12.ts";
import { h13 } from "./h13.ts";
import { h14 } from "./h14.ts";
import { h15 } from "./h15.ts";
import { h16 } from "./h16.ts";
import { h17 } from "./h17.ts";
import { h18 } from "./h18.ts";
import { h19 } from "./h19.ts";
import { h2 } from "./h2.ts";
import { h20 } from "./h20.ts";
import { h21 } from "./h21.ts";
import { h22 } from "./h22.ts";
import { h23 } from "./h23.ts";
import { h24 } from "./h24.ts";
import { h25 } from "./h25.ts";
import { h26 } from "./h26.ts";
import { h27 } from "./h27.ts";
import { h28 } from "./h28.ts";
import { h3 } from "./h3.ts";
import { h4 } from "./h4.ts";
import { h5 } from "./h5.ts";
import { h6 } from "./h6.ts";
import { h7 } from "./h7.ts";
import { h8 } from "./h8.ts";
import { h9 } from "./h9.ts";
import type { Hazard } from "./hazard.ts";

export const HAZARDS: readonly Hazard[] = Object.freeze([h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, h11, h12, h13, h14, h15, h16, h17, h18, h19, h20, h21, h22, h23, h24, h25, h26, h27, h28]);

/** The hazard with that id ("H10", "h10"); undefined if there is none. */
export function hazardNamed(id: string): Hazard | undefined {
  return HAZARDS.find((hazard) => hazard.id === id.toUpperCase());
}
