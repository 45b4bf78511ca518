/** Each request has one outcome: no id is decided twice, and nothing is decided that nobody asked. */

import { OUTCOMES } from "../../services/lb/api.ts";
import { NetTrace } from "../../services/net/api.ts";
import type { Checker } from "./checker.ts";
import { decidedReader } from "./decided.ts";
import { remembering } from "./remembering.ts";

export const outcomes: Checker = Object.freeze<Checker>({
  name: "outcomes",
  law: "each request has exactly one outcome, and it is one that there is",
  fits: (world) => decidedReader(world) !== null,
  begin: ({ world, fail }) => {
    const read = decidedReader(world)!;
    const state = { decided: new Map<string, number>() };
    return remembering(state, {
      probe: (kind, _process, descriptor, decision) => {
        if (kind !== NetTrace.requestDecided) return;
        const { requestId, outcome, client, nthInFlow } = read(descriptor, decision);
        // A flow that began anew counts its requests from 0, and has other ids; those that net refuses itself have none.
        const name = `${requestId} ${client} ${nthInFlow}`;
        const before = requestId === 0 ? undefined : state.decided.get(name);
        if (before !== undefined) fail(`request ${nthInFlow} of ${client}`, `it is ${OUTCOMES[outcome]?.name}, and was ${OUTCOMES[before]?.name} before`);
        if (OUTCOMES[outcome] === undefined) fail(`request ${nthInFlow} of ${client}`, `its outcome ${outcome} is none`);
        state.decided.set(name, outcome);
      },
    });
  },
});
