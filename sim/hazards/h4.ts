/** H4: weighted, random and by address: in upstream's groups all of them take plain turns, whatever the weights. */

import { ask, balancerStage, decisions, seedVariant } from "./balancer-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";

const CONFIGURATION = `semantics=strict
group=app:weighted
member=app:10.30.0.1:8080:9
member=app:10.30.0.2:8080:1
default=app
`;
const REQUESTS = 40;
/** Nine of ten, and one more or less for where the turns begin. */
const WANTED = 36;

const shareFollowsWeight = decisions("share-follows-weight", "a backend's share of the requests follows its weight", (_world, fail) => {
  const shares = [0, 0];
  return {
    decided: ({ backend }) => {
      shares[backend] = (shares[backend] ?? 0) + 1;
    },
    healed: () => {
      if (Math.abs(shares[0]! - WANTED) > 1) fail("group app", `weights 9:1 give ${shares.join(":")} of ${REQUESTS} requests`);
    },
  };
});

function play(scene: Scene): void {
  scene.tell(`${REQUESTS} requests for two backends with weights 9 and 1`);
  for (let client = 0; client < REQUESTS; client++) ask(scene, { client });
}

export const h4: Hazard = Object.freeze<Hazard>({
  id: "H4",
  place: "lb/l7 group",
  reach: "module",
  ran: false,
  does: "lets weighted, random and IP-hash all act as plain round robin",
  seen: "weights 9:1 give 50:50",
  invariant: "share follows weight",
  chosenBy: "semantics=veridian",
  note: "",
  variant: seedVariant("H4"),
  shows: { checker: "shares", place: "group web" },
  breaks: shareFollowsWeight.name,
  scenario: { text: "Two backends of weights 9 and 1, and forty requests.", checkers: [shareFollowsWeight], stage: balancerStage(CONFIGURATION), play },
});
