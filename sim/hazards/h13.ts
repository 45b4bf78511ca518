/**
 * H13: upstream's loopback device keeps what it was sent in a list, and gives back what was put there last. With one frame
 * at a time nobody sees it; two frames of one flow change places.
 */

import type { BootOptions } from "../../kernel/boot.ts";
import { loopback } from "../../services/examples/loopback.ts";
import { LoopbackOpcode } from "../../services/examples/loopback-api.ts";
import { loopbackOrder } from "../checkers/loopback-order.ts";
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
  breaks: loopbackOrder.name,
  scenario: { text: "Three frames are sent to the loopback device before any is received.", checkers: [loopbackOrder], stage, play },
});
