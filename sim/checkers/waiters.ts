/** Every waiter gets an answer or an error: when all had time to heal, nobody waits for anybody. */

import type { Address } from "../../hal/field.ts";
import { ProcessRecord, ProcessState, Wait } from "../../kernel/process.ts";
import { Balancer } from "../../services/lb/balancer.ts";
import { Pending } from "../../services/lb/connection/records.ts";
import { NetState } from "../../services/net/state.ts";
import { RequestTable } from "../../services/net/request-table.ts";
import { BalancerView } from "./balancer-view.ts";
import type { Checker, Watched } from "./checker.ts";
import { isAlive, ownMemory, partOf, processNumber } from "./places.ts";
import { whyUnrecoverable } from "./recoverable.ts";

export const waiters: Checker = Object.freeze<Checker>({
  name: "waiters",
  law: "every waiter gets an answer or an error: at rest nobody waits for anybody",
  fits: () => true,
  begin: (watched) => ({
    healed: () => check(watched),
    end: () => check(watched),
    keep: () => null,
    recall: () => {},
  }),
});

const WAITS: readonly string[] = Object.freeze(["", "", "an answer", "room in a queue"]);

function check({ world, fail }: Watched): void {
  // Who waits for somebody who was given up, in a queue that nobody empties, waits rightly.
  if (!world.quiet() || whyUnrecoverable(world).length > 0) return;
  const { machine } = world;
  const processes = partOf(machine, "processes")!.base;
  machine.processNames.forEach((name, index) => {
    const record = (processes + index * ProcessRecord.size) as Address<"ProcessRecord">;
    const waitsFor = ProcessRecord.waitsFor.get(machine.ram, record);
    const waits = ProcessRecord.state.get(machine.ram, record) === ProcessState.blocked && waitsFor !== Wait.receive;
    if (waits) fail(`process ${name}`, `it waits for ${WAITS[waitsFor] ?? waitsFor} while all is at rest`);
  });
  checkRequests({ world, fail });
}

function checkRequests({ world, fail }: Pick<Watched, "world" | "fail">): void {
  const { machine } = world;
  const net = isAlive(machine, processNumber(machine, "net")) ? ownMemory(machine, "net") : null;
  const asked = net === null ? 0 : RequestTable.pending.get(net.memory, NetState.requests.at(net.state as Address<"NetState">));
  const view = isAlive(machine, processNumber(machine, "lb")) ? BalancerView.of(world) : null;
  const pending = view === null ? 0 : Pending.waiting.get(view.memory, Balancer.pending.at(view.at));
  const decided = view === null ? 0 : Pending.decided.get(view.memory, Balancer.pending.at(view.at));
  // A request may wait for a connection as long as its client keeps the others open.
  if (asked > pending) fail("net", `${asked} requests wait for their decision while all is at rest, ${pending} of them for a connection`);
  if (decided > 0) fail("lb", `${decided} requests are decided, and nobody is told`);
}
