/** Net as a host on its link: its tables, its times, its end. */

import { Errno } from "../../../kernel/errno.ts";
import { drawSecret } from "../flow-hash.ts";
import type { NetContext } from "../state.ts";
import { NetState, stateOf } from "../state.ts";
import { askAgain, endAsking } from "./ask.ts";
import { hostTablesCreate } from "./cache.ts";
import { HOST_BIT } from "./host-timer.ts";
import { ownAddressesCreate } from "./own-addresses.ts";
import { HostState, hostLimits, hostOf } from "./records.ts";

/** Which of net's secrets. */
const SECRET = 2;

/** Makes the tables. 0, or an errno: -17 for gateways that are no addresses, -5. */
export function hostCreate(context: NetContext): number {
  const { memory, parameters } = context;
  const host = hostTablesCreate(context, hostLimits(context), drawSecret(parameters.seed, context.generation, SECRET));
  if (host < 0) return host;
  NetState.host.set(memory, stateOf(context), host);
  const { gateways } = parameters;
  if (gateways === undefined || gateways.length === 0) return Errno.ok;
  const table = ownAddressesCreate(context, gateways);
  if (table < 0) return table;
  HostState.gateways.set(memory, hostOf(context), table);
  HostState.gatewayCount.set(memory, hostOf(context), gateways.length);
  return Errno.ok;
}

/** Notifications have come: the host's timer, or another one, should the kernel have had none to give. */
export function hostWakes(context: NetContext, bits: number): void {
  const { memory } = context;
  if ((bits & HOST_BIT) !== 0) {
    HostState.timer.set(memory, hostOf(context), 0);
    HostState.timerTick.set(memory, hostOf(context), 0);
  }
  askAgain(context);
}

/** Net is shut down: what waits is thrown away, nobody is asked any more. */
export function hostShutDown(context: NetContext): void {
  endAsking(context);
}
