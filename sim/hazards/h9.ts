/**
 * H9: 64 timers a tick. Upstream's wheel hands at most 64 expirations to their owners in one tick; one-shot timers that are
 * due beyond those are taken off the wheel all the same, and never fire. Here the part that fires what is due is replaced:
 * it takes everything off, and tells only so many owners. A periodic timer that is left out comes again with its period.
 */

import { fire } from "../../kernel/dispatcher.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { tinyKernelLimits } from "../../kernel/limits.ts";
import { NONE } from "../../kernel/process.ts";
import { isWait, takeDue } from "../../kernel/timer-wheel.ts";
import { timersFire } from "../checkers/timers-fire.ts";
import { acting, actorWorld } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

/** Upstream's 64 of 1024 timers; of a table that holds fewer, the same share. */
const SHARE_BITS = 4;
const TIMERS = 1024;
const ARMED = 65;

function fireSome(kernel: Kernel, tick: number): void {
  const { ram, wheel } = kernel;
  const most = Math.max(1, wheel.armable >> SHARE_BITS);
  let fired = 0;
  for (let index = takeDue(ram, wheel, tick); index !== NONE; index = takeDue(ram, wheel, tick)) {
    if (isWait(wheel, index)) fire(kernel, index);
    else if (fired < most) {
      fired += 1;
      fire(kernel, index);
    }
  }
}

export const h9: Hazard = Object.freeze<Hazard>({
  id: "H9",
  place: "timer wheel",
  reach: "latent",
  ran: true,
  does: "at most 64 expirations fire per tick; later one-shots are removed unfired; callbacks run with the wheel locked",
  seen: "65 due together: one never fires; re-arming from a callback deadlocks",
  invariant: "every armed timer fires once or is cancelled",
  chosenBy: "kernel seam fireTimers: what is due at a tick fires",
  note: "The limit is a sixteenth of the timers that the machine has: 64 of 1024. Our timers raise notifications and call nobody back, so that there is no lock to run under; the kernel's own limits of waits fire always.",
  breaks: "timers-fire",
  variant: kernelVariant("H9", { fireTimers: fireSome }),
  scenario: Object.freeze<HazardScenario>({
    text: "Alice arms 65 timers at tick 2, all of them due at tick 7.",
    checkers: Object.freeze([timersFire]),
    stage: (_part, boot) =>
      actorWorld(
        {
          alice: acting([
            [
              2,
              (context) => {
                for (let timer = 0; timer < ARMED; timer++) context.timerStart(context.needs["clock"], 5, 0, 1 << 30);
              },
            ],
          ]),
        },
        boot,
        { kernel: Object.freeze({ ...tinyKernelLimits, timers: TIMERS }), ramBytes: 128 * 1024 },
      ),
    play: (scene) => {
      scene.pass(2);
      scene.tell("Alice has armed 65 timers, all due at tick 7");
      scene.pass(6);
    },
  }),
});
