/**
 * A name server: programs find each other by name, and what they find is a right. The server holds, by its manifest, the
 * right to send to each endpoint that may be published, with GRANT; a look-up's answer carries a child of it.
 * Taking the name back, or the end of who is behind it, takes back all that was handed out.
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { HashMap } from "../../kernel/collections/map.ts";
import { mapCreate, mapFind, mapFirst, mapInsert, mapNext, mapRemove, mapRemoveAt, mapValueAt } from "../../kernel/collections/map.ts";
import { Errno } from "../../kernel/errno.ts";
import { SmallMessage } from "../../kernel/message.ts";
import type { AnyService, Context, Message } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { NameOpcode } from "./name-server-api.ts";

/** data0 and data1 of a message lie side by side: the name is read where it came. */
const NAME_BYTES = SmallMessage.data0.width + SmallMessage.data1.width;

/** What a name stands for: the number of the grant that is published under it. */
const PublishedName = layout("PublishedName", { grant: i32 });

/** Address of the map from names in the arena. */
const state = Object.freeze({ names: i32("identity") });
const NameServerState = layout("NameServerState", state);

export interface NameParameters {
  readonly namesMax: number;
}
type NameContext = Context<typeof state, Readonly<Record<string, "endpoint">>, readonly string[], NameParameters>;
type MapAddress = Address<typeof HashMap.layoutName>;

/** A name server for `count` endpoints: needs published0 and so on, receives lookups, publisher0 and so on. */
export function nameServer(count: number): AnyService {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const publishers = numbers.map((index) => `publisher${index}`);
  return service({
    name: "name-server",
    state: NameServerState,
    needs: Object.fromEntries(numbers.map((index) => [`published${index}`, "endpoint" as const])),
    receives: ["lookups", ...publishers],
    parameters: { namesMax: 0 } as NameParameters,
    handle,
  }) as unknown as AnyService;
}

function handle(message: Message, context: NameContext): void {
  if (message.delivery === Delivery.start) context.state.names = mapCreate(context, PublishedName.size, context.parameters.namesMax);
  else if (message.delivery === Delivery.closed) forget(context, message.data0);
  else if (message.delivery === Delivery.message) answer(message, context);
}

function answer(message: Message, context: NameContext): void {
  const names = context.state.names as MapAddress;
  if (names < 0) return void context.reply(names);
  const nameAt = message.at + SmallMessage.data0.offset;
  // Endpoint 0 is `lookups`; endpoint n is that of the publisher of grant n - 1.
  const publisher = message.endpoint - 1;
  if (message.opcode === NameOpcode.lookUp && publisher < 0) lookUp(context, names, nameAt);
  else if (message.opcode === NameOpcode.register && publisher >= 0) context.reply(register(context, names, nameAt, publisher));
  else if (message.opcode === NameOpcode.unregister && publisher >= 0) context.reply(unregister(context, names, nameAt, publisher));
  else context.reply(Errno.invalidMessage);
}

function lookUp(context: NameContext, names: MapAddress, nameAt: number): void {
  const found = mapFind<"PublishedName">(context.memory, names, context.shared, nameAt, NAME_BYTES);
  if (found === 0) return void context.reply(Errno.notFound);
  const refused = context.replyCapability(Errno.ok, published(context, PublishedName.grant.get(context.memory, found)));
  // What the right led to has closed, and this server is not told yet.
  if (refused !== Errno.ok) context.reply(Errno.notFound);
}

function register(context: NameContext, names: MapAddress, nameAt: number, publisher: number): number {
  const { memory, shared } = context;
  const known = mapFind<"PublishedName">(memory, names, shared, nameAt, NAME_BYTES);
  if (known !== 0) return PublishedName.grant.get(memory, known) === publisher ? Errno.ok : Errno.resourceBusy;
  const added = mapInsert<"PublishedName">(context, names, shared, nameAt, NAME_BYTES);
  if (added < 0) return added;
  PublishedName.grant.set(memory, added, publisher);
  return Errno.ok;
}

function unregister(context: NameContext, names: MapAddress, nameAt: number, publisher: number): number {
  const known = mapFind<"PublishedName">(context.memory, names, context.shared, nameAt, NAME_BYTES);
  if (known === 0) return Errno.notFound;
  if (PublishedName.grant.get(context.memory, known) !== publisher) return Errno.permissionDenied;
  mapRemove(context, names, context.shared, nameAt, NAME_BYTES);
  context.capabilityRevoke(published(context, publisher));
  return Errno.ok;
}

/** Whoever was behind a grant is gone: its names are free. */
function forget(context: NameContext, grant: number): void {
  const names = context.state.names as MapAddress;
  if (names < 0) return;
  for (let slot = mapFirst(context.memory, names); slot >= 0; slot = mapNext(context.memory, names, slot)) {
    if (PublishedName.grant.get(context.memory, mapValueAt<"PublishedName">(context.memory, names, slot)) === grant) mapRemoveAt(context, names, slot);
  }
  context.capabilityRevoke(published(context, grant));
}

function published(context: NameContext, grant: number): NameContext["needs"][string] {
  return context.needs[`published${grant}`]!;
}
