/** What an endpoint counts as received was given to one of its receivers' handlers, or lies in its registers: nobody else took it. */

import { EndpointRecord } from "../../kernel/endpoint.ts";
import { Loaded, ProcessRecord } from "../../kernel/process.ts";
import { Delivery } from "../../kernel/service.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Checker, Watched } from "./checker.ts";
import { KernelView } from "./kernel-view.ts";
import { remembering } from "./remembering.ts";

export const givenOnce: Checker = Object.freeze<Checker>({
  name: "given-once",
  law: "received = given to handlers + in registers, at each endpoint",
  fits: () => true,
  begin: (watched) => {
    const view = new KernelView(watched.world.machine);
    const count = view.endpointNames.length;
    const loaded = loadedBy(view);
    /** By endpoint: received before the watch began and not in registers then; given since. */
    const state = { before: view.endpointNames.map((_, endpoint) => receivedBy(view, endpoint) - loaded[endpoint]!), given: new Array<number>(count).fill(0), moved: false };
    return remembering(state, {
      probe: (kind, process, delivery) => {
        if (kind !== KernelTrace.dispatch) return;
        state.moved = true;
        if (delivery === Delivery.message) state.given[ProcessRecord.loadedEndpoint.get(view.ram, view.process(process))]! += 1;
      },
      between: () => {
        if (!state.moved) return;
        state.moved = false;
        compare(watched, view, state);
      },
    });
  },
});

function compare({ fail }: Watched, view: KernelView, { before, given }: { readonly before: readonly number[]; readonly given: readonly number[] }): void {
  const loaded = loadedBy(view);
  view.endpointNames.forEach((name, endpoint) => {
    const received = receivedBy(view, endpoint) - before[endpoint]!;
    const found = given[endpoint]! + loaded[endpoint]!;
    if (((received - found) | 0) !== 0) fail(`endpoint ${name}`, `${received} messages were received; ${given[endpoint]} were given to handlers, ${loaded[endpoint]} lie in registers`);
  });
}

function receivedBy(view: KernelView, endpoint: number): number {
  return EndpointRecord.received.get(view.ram, view.endpoint(endpoint));
}

/** By endpoint: messages that lie in registers. */
function loadedBy(view: KernelView): number[] {
  const loaded = view.endpointNames.map(() => 0);
  view.processNames.forEach((_, process) => {
    const record = view.process(process);
    if (ProcessRecord.loaded.get(view.ram, record) === Loaded.message) loaded[ProcessRecord.loadedEndpoint.get(view.ram, record)]! += 1;
  });
  return loaded;
}
