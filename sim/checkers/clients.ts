/** Clients that live around the machine: nobody gets what is somebody else's, nothing arrives altered, and each request has one end. */

import { backendsAccount } from "../inhabitants/backends/account.ts";
import { clientsAccount } from "../inhabitants/clients/account.ts";
import { backendsOf, clientsOf } from "../scenario/surroundings.ts";
import type { Checker, Watched } from "./checker.ts";

export const clients: Checker = Object.freeze<Checker>({
  name: "clients",
  law: "no client gets somebody else's answer or an altered one, and each of its requests ends once",
  fits: (world) => clientsOf(world) !== null,
  begin: (watched) => ({
    healed: () => check(watched),
    end: () => check(watched),
    keep: () => null,
    recall: () => {},
  }),
});

function check({ world, fail }: Watched): void {
  const { counters, pending, busy } = clientsAccount(clientsOf(world)!);
  const ended = counters.answers + counters.failures + counters.aborted;
  if (counters.requests !== ended + pending) fail("clients", `they began ${counters.requests} requests, ${ended} ended, and ${pending} are under way`);
  if (counters.foreign > 0) fail("clients", `they got ${counters.foreign} answers to somebody else's request`);
  if (counters.unasked > 0) fail("clients", `they got answers to nothing ${counters.unasked} times`);
  if (world.quiet() && busy > 0) fail("clients", `${busy} of them are in a session while all is at rest`);
  for (const { name, connections } of backendsAccount(backendsOf(world)!).backends) {
    if (connections.opened !== connections.closed + connections.open) fail(`backend ${name}`, `${connections.opened} connections were opened, ${connections.closed} closed, and ${connections.open} are open`);
  }
}
