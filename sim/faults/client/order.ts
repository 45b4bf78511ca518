/**
 * A process is told to do something, through the mailbox of its machine's foreman: the input of a world in which nothing
 * happens by itself. The answer says what and how: order x 4 + number, each from its own range.
 */

import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { GatewayRequest } from "../../../services/gateway-api.ts";
import { SimSite } from "../../chance/site.ts";
import type { World } from "../../world.ts";
import type { Draw, Fault, Values } from "../fault.ts";
import { ORDER_NAMES } from "./orders.ts";

/** Orders from 1 on, and numbers that go with each: opcode and data0 of the message. */
export const ORDERS = ORDER_NAMES.length - 1;
export const ORDER_NUMBERS = 4;

/** Endpoints that the foreman writes to: who may be told. */
function listeners({ machine }: World): readonly number[] {
  const line = machine.manifest.processes["foreman"];
  const targets = Object.values(line?.grants ?? {}).filter((grant) => grant.endsWith(".orders"));
  return targets.map((_, index) => index);
}

function give(world: World, target: number, answer: number): void {
  const { machine, mailbox } = world;
  const memory = new Memory(new ArrayBuffer(GatewayRequest.size));
  const view = GatewayRequest.view(memory, 0 as Address<"GatewayRequest">);
  Object.assign(view, { requestId: 1, target, opcode: 1 + Math.floor((answer - 1) / ORDER_NUMBERS), data0: (answer - 1) % ORDER_NUMBERS });
  machine.mailboxSend(mailbox, memory.u8);
}

function answerOf(values: Values, _n: number, draw: Draw): number {
  const [from, to] = [Math.min(values["first"]!, values["last"]!), Math.max(values["first"]!, values["last"]!)];
  return 1 + (from - 1 + draw(0, to - from + 1)) * ORDER_NUMBERS + draw(1, ORDER_NUMBERS);
}

export const order: Fault = Object.freeze<Fault>({
  name: "client.order",
  layer: "client",
  summary: "a process is told to do something",
  site: SimSite.ordered,
  parameters: Object.freeze({
    first: { value: 1, unit: "count", least: 1, most: ORDERS, help: "first of the orders that are given" },
    last: { value: ORDERS, unit: "count", least: 1, most: ORDERS, help: "last of them; they may be the other way round" },
  }),
  answer: answerOf,
  act: Object.freeze({
    entities: listeners,
    answers: () => 1 + ORDERS * ORDER_NUMBERS,
    perform: give,
  }),
  words: (answer) => `it is told: ${ORDER_NAMES[1 + Math.floor((answer - 1) / ORDER_NUMBERS)] ?? "nothing"}, ${(answer - 1) % ORDER_NUMBERS}`,
});
