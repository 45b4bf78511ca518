/**
 * H5: upstream counts a connection when it chooses a backend, and nobody ever says that it is over. What the balancer takes
 * for load only grows; a backend that joins late has none, and gets everything.
 */

import { Backend } from "../../services/lb/group/backend.ts";
import { Flag, frameOf } from "../fuzz/frames.ts";
import type { Checker } from "../checkers/checker.ts";
import { BalancerView } from "../checkers/balancer-view.ts";
import { ask, balancerStage, seedVariant, settle } from "./balancer-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";

const CONFIGURATION = `semantics=strict
group=app:leastconn
member=app:10.30.0.1:8080
member=app:10.30.0.2:8080
default=app
`;
const REQUESTS = 6;
const FIRST_PORT = 50_000;

/** To be asked when every client has gone. */
const activeIsOpen: Checker = Object.freeze<Checker>({
  name: "active-is-open",
  law: "the active connections of a backend are those that were opened and not closed",
  fits: (world) => BalancerView.of(world) !== null,
  begin: ({ world, fail }) => ({
    healed: () => {
      const view = BalancerView.of(world);
      if (view === null) return;
      for (const backend of view.groups().flatMap((group) => view.backends(group))) {
        const active = Backend.activeConnections.get(view.memory, backend);
        if (active !== 0) fail(`backend ${view.backendName(backend)}`, `${active} connections are active, and every client has gone`);
      }
    },
  }),
});

function play(scene: Scene): void {
  for (let client = 0; client < REQUESTS; client++) {
    scene.tell(`client ${client} sends a request, and goes`);
    ask(scene, { client });
    scene.world.offer(frameOf({ source: "10.0.0.1", sport: FIRST_PORT + client, sequence: 1000, flags: Flag.rst }), 0);
    settle(scene);
    scene.pass(1);
  }
  scene.tell("all clients have gone");
}

export const h5: Hazard = Object.freeze<Hazard>({
  id: "H5",
  place: "lb/l4 and l7",
  reach: "module",
  ran: false,
  does: "lets active connections only ever grow; l4's health check marks a backend above 10000 dead, and marks it again at the next check when revived",
  seen: "a pool is gone for good after enough requests; in l7 a late joiner takes all \"least connections\" traffic",
  invariant: "active = opened - closed; a live backend is used",
  chosenBy: "semantics=veridian",
  note: "A handful of connections is enough to see them stay.",
  variant: seedVariant("H5"),
  shows: { checker: "connections" },
  breaks: activeIsOpen.name,
  scenario: { text: "Six clients come one after the other; each goes before the next one comes.", checkers: [activeIsOpen], stage: balancerStage(CONFIGURATION), play },
});
