/** When the balancer was asked about a request: for laws about what it decided at that moment, of which others hear later. */

import type { Address } from "../../hal/field.ts";
import { SmallMessage } from "../../kernel/message.ts";
import { ProcessRecord } from "../../kernel/process.ts";
import type { ProcessAddress } from "../../kernel/process.ts";
import { Delivery } from "../../kernel/service.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import { LbOpcode } from "../../services/lb/api.ts";
import type { World } from "../world.ts";
import { partOf, processNumber } from "./places.ts";

/** More than can be under way in any machine. */
const ASKED_MAX = 4096;

/** Tick by request id, and what else is worth remembering of that moment. */
export type Asked = Map<number, { readonly tick: number; readonly [more: string]: unknown }>;

/** To be told of each trace record: notes what the balancer is asked, `more` beside the tick. Answers whether it began anew. */
export function askedListener({ machine }: World, asked: Asked, more: () => object = () => ({})): (kind: number, process: number, argument0: number, argument1: number) => boolean {
  const lb = processNumber(machine, "lb");
  const record = ((partOf(machine, "processes")?.base ?? 0) + lb * ProcessRecord.size) as ProcessAddress;
  return (kind, process, argument0, argument1) => {
    if (kind === KernelTrace.restarted && argument0 === lb) return true;
    if (kind !== KernelTrace.dispatch || process !== lb || argument0 !== Delivery.message || argument1 !== LbOpcode.request) return false;
    const id = SmallMessage.data1.low(machine.ram, ProcessRecord.registers.at(record) as Address<"SmallMessage">);
    asked.set(id, { tick: machine.tick(), ...more() });
    for (const oldest of asked.keys()) {
      if (asked.size <= ASKED_MAX) break;
      asked.delete(oldest);
    }
    return false;
  };
}
