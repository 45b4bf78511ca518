/** What came is accounted for: frames, requests, flows, connections, packets in parts, and DMA buffers (sim/account.ts). */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { NicAccount } from "../../hal/nic/account.ts";
import { NetState } from "../../services/net/state.ts";
import { RequestTable } from "../../services/net/request-table.ts";
import { brokenLaws } from "../account.ts";
import { accountedFor } from "../accounting.ts";
import type { World } from "../world.ts";
import type { Checker, Watched } from "./checker.ts";
import { isAlive, ownMemory, partOf, processNumber } from "./places.ts";

export const accounts: Checker = Object.freeze<Checker>({
  name: "accounts",
  law: "every frame, request, flow, connection and buffer has one end, and no more have one than began",
  fits: ({ machine }) => machine.manifest.processes["net"] !== undefined,
  begin: (watched) => {
    const { world, fail } = watched;
    const net = ownMemory(world.machine, "net");
    return {
      tick: () => {
        checkFrames(world, fail);
        // One that died in the middle of counting counts no more.
        if (net !== null && isAlive(world.machine, processNumber(world.machine, "net"))) checkRequests(net.memory, net.state as Address<"NetState">, fail);
      },
      healed: () => checkFrames(world, fail),
      end: () => checkEnd(watched),
      keep: () => null,
      recall: () => {},
    };
  },
});

function checkFrames({ machine, nic }: World, fail: Watched["fail"]): void {
  const account = partOf(machine, `${nic}.account`);
  if (account === undefined) return;
  const { ram } = machine;
  const at = account.base as Address<"NicAccount">;
  const offered = NicAccount.offered.get(ram, at);
  let ended = NicAccount.inFlight.get(ram, at);
  for (const field of [NicAccount.received, NicAccount.filtered, NicAccount.noDescriptor, NicAccount.tooLong, NicAccount.linkDown]) ended += field.get(ram, at);
  if (offered !== ended) fail(nic, `${offered} frames were offered, and ${ended} were received, dropped or are on the way`);
}

/** Requests that wait are those that began and have no end. */
function checkRequests(memory: Memory, net: Address<"NetState">, fail: Watched["fail"]): void {
  const total = NetState.total.get(memory, net);
  let ended = 0;
  for (const field of ENDS) ended += field.get(memory, net);
  const waiting = RequestTable.pending.get(memory, NetState.requests.at(net));
  if (total < ended || total - ended > waiting) fail("net", `${total} requests began, ${ended} ended, and ${waiting} wait`);
}

const ENDS = Object.freeze([
  NetState.routed, NetState.noRouteMatch, NetState.rateLimitExceeded, NetState.backendGroupNotFound, NetState.noHealthyBackend, NetState.overloaded,
  NetState.serviceRestarted, NetState.malformed, NetState.uriTooLong, NetState.headTooLarge, NetState.unsupportedCoding, NetState.limiterFull, NetState.lost,
]);

/** Of processes that run no more, liveness speaks. */
function checkEnd({ world, fail }: Watched): void {
  const account = accountedFor(world);
  const stopped = new Set(account.stopped.map(({ process }) => process));
  if (stopped.has("driver") || stopped.has("net")) return;
  for (const law of brokenLaws(account)) if (!law.startsWith("process ")) fail("the account", law);
}
