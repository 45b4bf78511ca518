/**
 * H13: upstream's loopback device keeps what it was sent in a list, and gives back what was put there last. With one frame
 * at a time nobody sees it; two frames of one flow change places.
 */

import type { BootOptions } from "../../kernel/boot.ts";
import type { Address } from "../../hal/field.ts";
import { LOOPBACK_FRAMES_MAX, LoopbackFrame, loopback } from "../../services/examples/loopback.ts";
import { LoopbackOpcode } from "../../services/examples/loopback-api.ts";
import type { Checker } from "../checkers/checker.ts";
import { Bench, prototype } from "../prototype.ts";
import type { World } from "../world.ts";
import { worldOf } from "../world.ts";
import type { Hazard, Part, Scene } from "./hazard.ts";
import type { Variant } from "./variant.ts";

const parts = Object.freeze({ name: "H13", next: (count: number) => count - 1 });

const variant: Variant = Object.freeze<Variant>({
  name: "H13",
  adapt: (surroundings) => {
    const { manifest } = surroundings;
    const processes = Object.entries(manifest.processes).map(([name, line]) => [name, line.service.name === "loopback" ? { ...line, parameters: { parts } } : line] as const);
    return { ...surroundings, manifest: { ...manifest, processes: Object.fromEntries(processes) } };
  },
});

function stage(part: Part, boot: BootOptions): World {
  return worldOf(prototype({ loopback: { service: loopback, ...(part === "upstream" ? { parameters: { parts } } : {}) } }, boot).machine);
}

/** Numbers of the frames that wait, the oldest first. */
function waiting({ machine }: World): number[] {
  const arena = machine.parts.find(({ name }) => name === "arena.loopback")!.base;
  const { frames, count } = machine.inspect("state.loopback") as unknown as { frames: number; count: number };
  const known = frames > 0 && count <= LOOPBACK_FRAMES_MAX ? count : 0;
  return Array.from({ length: known }, (_, i) => LoopbackFrame.word0.get(machine.ram, (arena + frames + i * LoopbackFrame.size) as Address<"LoopbackFrame">));
}

const fifo: Checker = Object.freeze<Checker>({
  name: "fifo-per-flow",
  law: "what a loopback device was sent first comes back first",
  fits: ({ machine }) => machine.parts.some(({ name }) => name === "state.loopback"),
  begin: ({ world, fail }) => {
    let before: readonly number[] = [];
    return {
      // The device's memory, whenever anything has happened in the machine.
      probe: () => {
        const now = waiting(world);
        if (now.length === before.length - 1 && now.join() !== before.slice(1).join()) fail("loopback", `of the frames ${before.join(", ")} number ${before.find((frame) => !now.includes(frame))} comes back first`);
        before = now;
      },
    };
  },
});

function play(scene: Scene): void {
  const bench = new Bench(scene.world.machine, ["loopback.frames"]);
  for (let frame = 1; frame <= 3; frame++) {
    scene.tell(`frame ${frame} of a flow is sent`);
    bench.call("loopback.frames", LoopbackOpcode.transmit, frame);
  }
  for (let turn = 0; turn < 3; turn++) scene.tell(`frame ${bench.call("loopback.frames", LoopbackOpcode.receive).data0} comes back`);
}

export const h13: Hazard = Object.freeze<Hazard>({
  id: "H13",
  place: "net/device loopback",
  reach: "live",
  ran: false,
  does: "receives the newest frame first",
  seen: "frames of one flow are reordered",
  invariant: "first in, first out within a flow",
  chosenBy: "part next of the loopback service",
  note: "The loopback device is a service of the examples; a frame is four words.",
  variant,
  breaks: fifo.name,
  scenario: { text: "Three frames are sent to the loopback device before any is received.", checkers: [fifo], stage, play },
});
