/** A message as a person reads it. */

import type { Address } from "../../hal/field.ts";
import { MessageFlag, SmallMessage } from "../../kernel/message.ts";
import type { Dump } from "./dump.ts";

export interface MessageView {
  readonly opcode: number;
  readonly flags: readonly string[];
  /** Words as numbers, of 2^53 and more as "0x" and 16 digits; 0 of a message without one. */
  readonly capability: string;
  readonly data: readonly string[];
}

const FLAGS = Object.entries(MessageFlag);

export function messageAt({ ram }: Dump, at: Address<"SmallMessage">): MessageView {
  return {
    opcode: SmallMessage.opcode.get(ram, at),
    flags: flagWords(SmallMessage.flags.get(ram, at)),
    capability: SmallMessage.capability.show(ram, at),
    data: [SmallMessage.data0, SmallMessage.data1, SmallMessage.data2, SmallMessage.data3].map((word) => word.show(ram, at)),
  };
}

/** Names of the flags that are set; bits without a name as a number. */
export function flagWords(flags: number): string[] {
  const known = FLAGS.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name);
  const rest = FLAGS.reduce((bits, [, bit]) => bits & ~bit, flags);
  return rest === 0 ? known : [...known, `0x${(rest >>> 0).toString(16)}`];
}
