/**
 * H19: limits that are not per second. Upstream's limiter counts the bytes of a "window" that never ends, refused ones
 * included; its refill rounds down to whole messages at each look and forgets the rest; and processes whose numbers are
 * equal modulo 1024 share a bucket. Here the part that asks whether a rate allows a message is replaced: whoever looks often
 * gets nothing, and whoever has sent as many bytes as are allowed in a second never sends again.
 */

import type { Address } from "../../hal/field.ts";
import { RateRecord, messageBytes } from "../../kernel/ipc/rate.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { sendRates } from "../checkers/send-rates.ts";
import type { Actor } from "./actors.ts";
import { acting, actorWorld, listener, to } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

const TICKS_PER_SECOND = 1000;
const PER_SECOND = 4;

function allowsRounded(kernel: Kernel, index: number, message: Address<"SmallMessage">): boolean {
  const { ram, board } = kernel;
  const rate = kernel.rates.at(index);
  const perSecond = RateRecord.messagesPerSecond.get(ram, rate);
  const whole = Math.floor(((board.tick() - RateRecord.tick.get(ram, rate)) * perSecond) / TICKS_PER_SECOND);
  RateRecord.tick.set(ram, rate, board.tick());
  const messages = Math.min(RateRecord.messages.get(ram, rate) + whole * TICKS_PER_SECOND, perSecond * TICKS_PER_SECOND);
  const bytes = messageBytes(kernel, message) * TICKS_PER_SECOND;
  const window = RateRecord.bytes.get(ram, rate);
  const allowed = messages >= TICKS_PER_SECOND && window >= bytes;
  RateRecord.bytes.set(ram, rate, Math.max(0, window - bytes));
  RateRecord.messages.set(ram, rate, allowed ? messages - TICKS_PER_SECOND : messages);
  if (!allowed) RateRecord.refused.add(ram, rate, 1);
  return allowed;
}

function write(context: Actor): void {
  context.send(context.needs["bob"], 1);
}

export const h19: Hazard = Object.freeze<Hazard>({
  id: "H19",
  place: "ipc/rate_limit",
  reach: "latent",
  ran: false,
  does: "the byte count of the \"window\" is never reset (refused bytes count too), the refill drops remainders, processes equal mod 1024 share a bucket",
  seen: "a process is blocked for ever; 100/s polled every 19 ms gives 52/s",
  invariant: "limits are per second and per process",
  chosenBy: "kernel seam rateAllows: whether a process may send now",
  note: "No machine of ours has 1024 processes, so that nobody shares a bucket.",
  breaks: "send-rates",
  variant: kernelVariant("H19", { rateAllows: allowsRounded }),
  scenario: Object.freeze<HazardScenario>({
    text: "Alice may send 4 messages, or 192 bytes, in a second. She sends 4 at tick 2, tries again at ticks 152 and 202, and once more at tick 302, when there is room for one.",
    checkers: Object.freeze([sendRates]),
    stage: (_part, boot) =>
      actorWorld(
        {
          alice: acting(
            [
              [
                2,
                (context) => {
                  for (let sent = 0; sent < PER_SECOND; sent++) write(context);
                },
              ],
              [152, write],
              [202, write],
              [302, write],
            ],
            { needs: { bob: to("bob.inbox") }, rate: { messagesPerSecond: PER_SECOND, bytesPerSecond: PER_SECOND * 48 } },
          ),
          bob: listener(),
        },
        boot,
      ),
    play: (scene) => scene.pass(303),
  }),
});
