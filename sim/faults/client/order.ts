/**
 * A process is told to do something, through the mailbox of its machine's gateway: the input of a world in which nothing
 * happens by itself. The answer says what and how: order x 4 + number, each from its own range.
 */

import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { GatewayRequest } from "../../../services/gateway-api.ts";
import { SimSite } from "../../chance/site.ts";
import type { World } from "../../world.ts";
import type { Fault } from "../fault.ts";

/** Orders from 1 on, and numbers that go with each: opcode and data0 of the call. */
export const ORDERS = 18;
export const ORDER_NUMBERS = 4;

/** Endpoints that the gateway may call: who may be told. */
function listeners({ machine }: World): readonly number[] {
  const line = machine.manifest.processes["gateway"];
  const targets = Object.values(line?.grants ?? {}).filter((grant) => grant.endsWith(".orders"));
  return targets.map((_, index) => index);
}

function give(world: World, target: number, answer: number): void {
  const { machine, mailbox } = world;
  // Answers are of no interest, and would fill the mailbox.
  while (machine.mailboxReceive(mailbox) !== null) continue;
  const memory = new Memory(new ArrayBuffer(GatewayRequest.size));
  const view = GatewayRequest.view(memory, 0 as Address<"GatewayRequest">);
  Object.assign(view, { requestId: 1, target, opcode: 1 + Math.floor((answer - 1) / ORDER_NUMBERS), data0: (answer - 1) % ORDER_NUMBERS });
  machine.mailboxSend(mailbox, memory.u8);
}

export const order: Fault = Object.freeze<Fault>({
  name: "client.order",
  layer: "client",
  summary: "a process is told to do something",
  site: SimSite.ordered,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(0, n - 1),
  act: Object.freeze({
    entities: listeners,
    answers: () => 1 + ORDERS * ORDER_NUMBERS,
    perform: give,
  }),
  words: (answer) => `it is given order ${1 + Math.floor((answer - 1) / ORDER_NUMBERS)} with number ${(answer - 1) % ORDER_NUMBERS}`,
});
