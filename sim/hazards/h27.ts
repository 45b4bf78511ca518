/**
 * H27: upstream fills the E1000's transmit ring completely. Then tail and head are the same, which for the device means an
 * empty ring; the driver sees a full one, for good: each waits for the other.
 */

import { ChoiceSite } from "../../hal/chance.ts";
import type { BootOptions } from "../../kernel/boot.ts";
import { E1000DriverState, stateOf } from "../../services/e1000-driver/state.ts";
import type { DriverContext } from "../../services/e1000-driver/state.ts";
import type { Checker } from "../checkers/checker.ts";
import { begin, nicAccount, requestFrame, wideStage, withDriverParts } from "./driver-scene.ts";
import type { World } from "../world.ts";
import type { Hazard, Part, Scene } from "./hazard.ts";
import type { Variant } from "./variant.ts";

/** As long as a slot is free, the last one included. */
function hasRoom(context: DriverContext): boolean {
  const { memory } = context;
  const state = stateOf(context);
  return E1000DriverState.txUsed.get(memory, state) < E1000DriverState.txCount.get(memory, state);
}

const variant: Variant = Object.freeze<Variant>({
  name: "H27",
  adapt: (surroundings) => withDriverParts(surroundings, "e1000-driver", Object.freeze({ name: "H27", hasRoom, isAlive: () => true })),
});

const SLOTS = 8;
/** Each request is sent on; the bursts come when the one before is over. */
const BURSTS = 2;
const BURST = 24;
/** A transfer takes half a millisecond more: the device stalls. */
const LATE = 2000;
const PATIENCE_TICKS = 40;

const framesDepart: Checker = Object.freeze<Checker>({
  name: "frames-depart",
  law: "what was given to the driver for sending has left, or was dropped and counted, when a stall is over",
  fits: ({ nic }) => nic !== "",
  begin: ({ world, fail }) => ({
    healed: () => {
      const given = world.machine.inspect("state.net").transmitted as number;
      const { txDropped, txUsed } = world.machine.inspect("state.driver") as unknown as { txDropped: number; txUsed: number };
      const left = nicAccount(world).transmitted;
      if (given !== left + txDropped) fail(world.nic, `${given} frames were to be sent, ${left} have left, ${txDropped} were dropped; ${txUsed} lie in a ring of ${SLOTS} that the device takes for empty`);
    },
  }),
});

/** The device stalls once a burst has come in: from then on it has only to send. */
function stage(part: Part, boot: BootOptions): World {
  const made: { world?: World } = {};
  const stalls = (): boolean => made.world !== undefined && nicAccount(made.world).received % BURST === 0;
  made.world = wideStage(variant, { "tx.descriptors": SLOTS }, (site) => (site === ChoiceSite.transferLate && stalls() ? LATE : 0))(part, boot);
  return made.world;
}

function play(scene: Scene): void {
  begin(scene);
  for (let burst = 0; burst < BURSTS; burst++) {
    scene.tell(`${BURST} requests come in and are to be sent on; the transmit ring has ${SLOTS} slots`);
    for (let i = 0; i < BURST; i++) scene.world.offer(requestFrame(burst * BURST + i), 0);
    scene.pass(PATIENCE_TICKS);
    scene.tell(`${nicAccount(scene.world).transmitted} frames have left`);
  }
}

export const h27: Hazard = Object.freeze<Hazard>({
  id: "H27",
  place: "drivers/e1000 transmit",
  reach: "live",
  ran: false,
  does: "fills the ring completely: tail meets head",
  seen: "8 frames during a DMA stall: the device sees an empty ring, the driver a full one, for good",
  invariant: "liveness after a stall",
  chosenBy: "part hasRoom of the E1000's driver, and its watch is off",
  note: "Each burst is sent on by a device that takes half a millisecond longer for each transfer.",
  variant,
  breaks: framesDepart.name,
  scenario: {
    text: "Pipelined requests are sent on while the device stalls.",
    checkers: [framesDepart],
    stage,
    play,
  },
});
