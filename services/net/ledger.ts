/**
 * The ledger: net's counters of requests and of flows to virtual IPs, once more in a region that outlives it. Both are
 * counted in one step, without a crossing between: where net dies, the two say the same. A net that begins anew reads
 * there what the ones before had begun, and writes down as lost what they did not end, so that at any time after its
 * start total = the outcomes + lost + what waits.
 */

import type { Address } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Outcome } from "../lb/api.ts";
import { ledgerCounterTypes } from "./counters.ts";
import type { Counter, NetContext } from "./state.ts";
import { NetState, outcomeCounter, stateOf } from "./state.ts";

export const NetLedger = layout("NetLedger", ledgerCounterTypes);

/** The counters stand in both records in the same order: a field of NetState reads the ledger from an address so much lower. */
const SHIFT = NetState.total.offset - NetLedger.total.offset;

const REQUESTS = counters("total", "lost");
const FLOWS = counters("vipFlows", "vipLost");

/** The counters from `total` to `lost`: the first is the sum of all others, once nothing waits. */
function counters(total: keyof typeof ledgerCounterTypes, lost: keyof typeof ledgerCounterTypes): readonly Counter[] {
  const names = Object.keys(ledgerCounterTypes) as (keyof typeof ledgerCounterTypes)[];
  return Object.freeze(names.slice(names.indexOf(total), names.indexOf(lost) + 1).map((name) => NetState[name]));
}

/** One more, in the state and in the ledger. */
export function tallyKept(context: NetContext, counter: Counter): void {
  const ledger = ledgerOf(context);
  counter.add(context.memory, stateOf(context), 1);
  counter.add(context.shared, ledger, 1);
}

export function tallyOutcome(context: NetContext, outcome: Outcome): void {
  tallyKept(context, outcomeCounter(outcome));
}

/** Net begins: it goes on where the ledger ends. */
export function openLedger(context: NetContext): void {
  const ledger = ledgerOf(context);
  for (const counts of [REQUESTS, FLOWS]) {
    settle(context, ledger, counts);
    for (const counter of counts) counter.set(context.memory, stateOf(context), counter.get(context.shared, ledger));
  }
}

/** What was begun and not ended is lost. */
function settle(context: NetContext, ledger: Address<"NetState">, counts: readonly Counter[]): void {
  const { shared } = context;
  const lost = counts[counts.length - 1];
  let open = counts[0].get(shared, ledger);
  for (let index = 1; index < counts.length; index++) open -= counts[index].get(shared, ledger);
  lost.add(shared, ledger, open);
}

/** Address in `shared` from which fields of NetState reach the ledger: asked for once a handler run. */
function ledgerOf(context: NetContext): Address<"NetState"> {
  const { memory } = context;
  const state = stateOf(context);
  let at = NetState.ledgerAt.get(memory, state);
  if (at === 0) {
    at = context.spanForWriting(context.needs.ledger, 0, NetLedger.size);
    NetState.ledgerAt.set(memory, state, at);
  }
  return (at - SHIFT) as Address<"NetState">;
}
