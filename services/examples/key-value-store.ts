/**
 * A key-value store: a bounded map in the service's own arena. The bound is a parameter of its manifest line, its memory
 * the arena that the line gives: whichever ends first, the caller is told and the store is as it was.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { HashMap } from "../../kernel/collections/map.ts";
import { mapCount, mapCreate, mapFind, mapInsert, mapRemove } from "../../kernel/collections/map.ts";
import { Errno } from "../../kernel/errno.ts";
import { SmallMessage } from "../../kernel/message.ts";
import type { Context, Message } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { StoreOpcode } from "./key-value-store-api.ts";
import { holdsNumbers } from "./words.ts";

/** data0 and data1 of a message lie side by side: the key is read where it came. */
const KEY_BYTES = SmallMessage.data0.width + SmallMessage.data1.width;

const StoredValue = layout("StoredValue", { first: u64, second: u64 });

/** Address of the map in the arena. */
const state = Object.freeze({ entries: i32("identity") });

interface StoreParameters {
  readonly entriesMax: number;
}
type StoreContext = Context<typeof state, Readonly<Record<never, never>>, readonly ["requests"], StoreParameters>;
type MapAddress = Address<typeof HashMap.layoutName>;

export const keyValueStore = service({
  name: "key-value-store",
  state: layout("StoreState", state),
  receives: ["requests"],
  parameters: { entriesMax: 0 } as StoreParameters,
  handle(message, context) {
    if (message.delivery === Delivery.start) context.state.entries = mapCreate(context, StoredValue.size, context.parameters.entriesMax);
    else if (message.delivery === Delivery.message) answer(message, context);
  },
});

function answer(message: Message, context: StoreContext): void {
  const map = context.state.entries as MapAddress;
  // Even the empty map did not fit its arena: no call can be served.
  if (map < 0) return void context.reply(map);
  if (!holdsNumbers(context.shared, message.at)) return void context.reply(Errno.invalidArgument);
  const keyAt = message.at + SmallMessage.data0.offset;
  switch (message.opcode) {
    case StoreOpcode.get:
      return get(context, map, keyAt);
    case StoreOpcode.put:
      return put(message, context, map, keyAt);
    case StoreOpcode.delete:
      return void context.reply(mapRemove(context, map, context.shared, keyAt, KEY_BYTES));
    case StoreOpcode.count:
      return void context.reply(Errno.ok, mapCount(context.memory, map), context.parameters.entriesMax);
    default:
      return void context.reply(Errno.invalidMessage);
  }
}

function get(context: StoreContext, map: MapAddress, keyAt: number): void {
  const value = mapFind<"StoredValue">(context.memory, map, context.shared, keyAt, KEY_BYTES);
  if (value === 0) return void context.reply(Errno.notFound);
  context.reply(Errno.ok, StoredValue.first.get(context.memory, value), StoredValue.second.get(context.memory, value));
}

function put(message: Message, context: StoreContext, map: MapAddress, keyAt: number): void {
  const value = mapInsert<"StoredValue">(context, map, context.shared, keyAt, KEY_BYTES);
  if (value < 0) return void context.reply(value);
  // ---- nothing below can fail ----
  StoredValue.first.set(context.memory, value, message.data2);
  StoredValue.second.set(context.memory, value, message.data3);
  context.reply(Errno.ok);
}
