/** A look at a message's data words before they are read as numbers: one of 2^53 or more would be a fault of the reader. */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { SmallMessage } from "../../kernel/message.ts";

const WORDS = Object.freeze([SmallMessage.data0, SmallMessage.data1, SmallMessage.data2, SmallMessage.data3]);

/** True if all four are below 2^53. A service asks this of whoever may send it messages that are no calls. */
export function holdsNumbers(shared: Memory, at: Address<"SmallMessage">): boolean {
  for (const word of WORDS) if (word.high(shared, at) >>> 21 !== 0) return false;
  return true;
}
