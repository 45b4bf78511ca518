/** H7: what the configuration calls requests a second, upstream's limiter adds each tick: a thousand times as much. */

import { Outcome } from "../../services/lb/api.ts";
import { ask, balancerStage, decisions, seedVariant } from "./balancer-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";

const RATE = 20;
const BURST = 5;
const CONFIGURATION = `semantics=strict
rate_limit_rps=${RATE}
rate_limit_burst=${BURST}
group=app:roundrobin
member=app:10.30.0.1:8080
default=app
`;
const TICKS = 10;
const A_TICK = 4;
const TICKS_A_SECOND = 1000;

const rateBound = decisions("rate-bound", "of one client no more is admitted than burst + rate x seconds", (world, fail) => {
  const began = world.machine.tick();
  let admitted = 0;
  return {
    decided: ({ outcome, client }) => {
      if (outcome !== Outcome.routed) return;
      admitted += 1;
      const ticks = world.machine.tick() - began;
      const most = BURST + Math.ceil((RATE * (ticks + 1)) / TICKS_A_SECOND);
      if (admitted > most) fail(`client ${client}`, `${admitted} requests are admitted within ${ticks} ticks, and ${most} may be`);
    },
  };
});

function play(scene: Scene): void {
  scene.tell(`one client sends ${A_TICK} requests a tick; it may have ${RATE} a second, ${BURST} at once`);
  for (let tick = 0; tick < TICKS; tick++) {
    for (let i = 0; i < A_TICK; i++) ask(scene, { client: tick * A_TICK + i });
    scene.pass(1);
  }
}

export const h7: Hazard = Object.freeze<Hazard>({
  id: "H7",
  place: "lb/l7 limiter",
  reach: "module",
  ran: false,
  does: 'adds "requests per second" tokens per tick',
  seen: "at 1000 ticks a second the limit is 1000 times too high",
  invariant: "admitted <= burst + rate x seconds",
  chosenBy: "semantics=veridian",
  note: "",
  variant: seedVariant("H7"),
  shows: { checker: "rates" },
  breaks: rateBound.name,
  scenario: { text: "A client asks four times a tick for ten ticks.", checkers: [rateBound], stage: balancerStage(CONFIGURATION), play },
});
