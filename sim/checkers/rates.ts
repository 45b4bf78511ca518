/**
 * Over every window a client's requests that were let through are at most the burst and the rate times the window: the limit
 * by client address of semantics=strict. A balancer that begins anew, one that is told another configuration, and one that
 * forgets a client since others need the room, know nothing of what was before; nor does this law.
 */

import { Balancer } from "../../services/lb/balancer.ts";
import { Outcome, OUTCOMES } from "../../services/lb/api.ts";
import { NetTrace } from "../../services/net/api.ts";
import type { Asked } from "./asked.ts";
import { askedListener } from "./asked.ts";
import { BalancerView } from "./balancer-view.ts";
import type { Checker } from "./checker.ts";
import { decidedReader } from "./decided.ts";
import { configurationsTold } from "./kept-configuration.ts";
import { remembering } from "./remembering.ts";

const TICKS_PER_SECOND = 1000;

/** A bucket as the law has it: thousandths of a request. */
interface Bucket {
  readonly thousandths: number;
  readonly tick: number;
}

/** Of what the balancer has let through, whatever came of it then. */
const LET_THROUGH: readonly number[] = Object.freeze([Outcome.routed, Outcome.noRouteMatch, Outcome.backendGroupNotFound, Outcome.noHealthyBackend]);

export const rates: Checker = Object.freeze<Checker>({
  name: "rates",
  law: "over every window, a client's requests let through are at most the burst and the rate times the window",
  fits: (world) => BalancerView.of(world) !== null && decidedReader(world) !== null,
  begin: ({ world, fail }) => {
    const view = BalancerView.of(world)!;
    const read = decidedReader(world)!;
    const told = configurationsTold(world);
    const state = { asked: new Map() as Asked, buckets: new Map<string, Bucket>(), forgets: "" };
    const listen = askedListener(world, state.asked);
    return remembering(state, {
      probe: (kind, process, argument0, argument1) => {
        if (listen(kind, process, argument0, argument1)) state.buckets.clear();
        if (kind !== NetTrace.requestDecided) return;
        const { requestId, source, outcome } = read(argument0, argument1);
        const asked = state.asked.get(requestId);
        const [configuration, before] = told.now();
        const forgets = `${before === undefined ? "" : JSON.stringify(configuration)} ${Balancer.limitersEvictedOldest.get(view.memory, view.at)}`;
        if (forgets !== state.forgets) state.buckets.clear();
        state.forgets = forgets;
        if (asked === undefined || configuration === undefined || !configuration.strict || !LET_THROUGH.includes(outcome)) return;
        const { requestsPerSecond, burst } = configuration;
        const last = state.buckets.get(source) ?? { thousandths: burst * 1000, tick: asked.tick };
        const tick = Math.max(last.tick, asked.tick);
        const filled = Math.min(burst * 1000, last.thousandths + ((tick - last.tick) * requestsPerSecond * 1000) / TICKS_PER_SECOND);
        if (filled < 1000) fail(`client ${source}`, `a request is let through (${OUTCOMES[outcome].name}) beyond ${burst} and ${requestsPerSecond} a second`);
        state.buckets.set(source, { thousandths: filled - 1000, tick });
      },
    });
  },
});
