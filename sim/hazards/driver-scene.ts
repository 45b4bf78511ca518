/**
 * The stage of hazards of drivers: a balancer's machine, its NIC, and frames that the scene offers one by one. Each frame is
 * a whole request of a client of its own, so that nothing depends on the one before.
 */

import type { Choose } from "../../hal/chance.ts";
import type { Address } from "../../hal/field.ts";
import { DropReason, NicAccount } from "../../hal/nic/account.ts";
import { HalTrace } from "../../hal/trace.ts";
import type { BootOptions } from "../../kernel/boot.ts";
import { boot as bootMachine } from "../../kernel/boot.ts";
import { PoolState } from "../../kernel/dma-pool.ts";
import { configure } from "../balancer.ts";
import type { Checker } from "../checkers/checker.ts";
import type { Surroundings } from "../explore/experiment.ts";
import { smallSurroundings } from "../experiments/small.ts";
import { Flag, frameOf } from "../fuzz/frames.ts";
import { BUILT_IN_NEIGHBOURS } from "../machines/configuration.ts";
import type { World } from "../world.ts";
import { worldOf } from "../world.ts";
import type { Part, Scene } from "./hazard.ts";
import type { Variant } from "./variant.ts";
import { variedSurroundings } from "./variant.ts";
import { e1000, virtio } from "../machines/index.ts";

const FIRST_PORT = 50_000;
const SEQUENCE = 1000;

/** The surroundings with other parts in their driver, if it is the driver of that name; else as they are. */
export function withDriverParts(surroundings: Surroundings, driver: "e1000-driver" | "virtio-driver", parts: { readonly name: string }): Surroundings {
  const { manifest } = surroundings;
  const line = manifest.processes.driver;
  if (line?.service.name !== driver) return surroundings;
  const parameters = { ...(line.parameters as object), parts };
  return { ...surroundings, manifest: { ...manifest, processes: { ...manifest.processes, driver: { ...line, parameters } } } };
}

/** The tiny machine, whose NIC is an E1000. `choose` says how the device is out of order, in scenes that need that. */
export function e1000Stage(variant: Variant, settings: Readonly<Record<string, number>> = {}, choose?: Choose): (part: Part, boot: BootOptions) => World {
  return stageOf(() => smallSurroundings(undefined, settings), variant, choose);
}

/** A machine with an E1000 and room for many frames. */
export function wideStage(variant: Variant, settings: Readonly<Record<string, number>> = {}, choose?: Choose): (part: Part, boot: BootOptions) => World {
  return stageOf(() => ({ ...smallSurroundings(), manifest: e1000.manifest({ settings, neighbours: BUILT_IN_NEIGHBOURS }) }), variant, choose);
}

/** A machine with a virtio network device, and the small configuration. */
export function virtioStage(variant: Variant, settings: Readonly<Record<string, number>> = {}, choose?: Choose): (part: Part, boot: BootOptions) => World {
  return stageOf(() => ({ ...smallSurroundings(), manifest: virtio.manifest({ settings, neighbours: BUILT_IN_NEIGHBOURS }) }), variant, choose);
}

function stageOf(surroundings: () => Surroundings, variant: Variant, choose?: Choose): (part: Part, boot: BootOptions) => World {
  return (part, options) => {
    const plain = surroundings();
    const { manifest, mac } = part === "upstream" ? variedSurroundings(plain, variant) : plain;
    return worldOf(bootMachine(manifest, choose === undefined ? options : { ...options, choose }), null, mac);
  };
}

/** Hands in the configuration of the small experiments. */
export function begin(scene: Scene): void {
  configure(scene.world, smallSurroundings().configuration);
  scene.rest();
}

/** A frame with one whole request of client number `client`. */
export function requestFrame(client: number, path = "/"): Uint8Array {
  return frameOf({ source: `10.0.1.${client}`, sport: FIRST_PORT + client, sequence: SEQUENCE, flags: Flag.ack | Flag.push, data: `GET ${path} HTTP/1.1\r\nHost: app.example\r\n\r\n` });
}

/** The NIC's account of frames. */
export function nicAccount({ machine, nic }: World): ReturnType<typeof NicAccount.view> {
  const part = machine.parts.find(({ name }) => name === `${nic}.account`)!;
  return NicAccount.view(machine.ram, part.base as Address<"NicAccount">);
}

function buffersFree({ machine }: World): number {
  const pool = machine.parts.find(({ name }) => name === "pool")!.base as Address<"PoolState">;
  return machine.report().buffers.count - PoolState.inUse.get(machine.ram, pool);
}

/** A driver has a tick to post buffers again: one frame may be missed, but not the next one as well. */
export const framesArrive: Checker = Object.freeze<Checker>({
  name: "frames-arrive",
  law: "of two frames that come ticks apart, while buffers are free and nobody has anything to do, one at least finds a descriptor",
  fits: ({ nic }) => nic !== "",
  begin: ({ world, fail }) => {
    let missedTick = -1;
    return {
      probe: (kind, _process, ordinal, reason) => {
        if (kind === HalTrace.frameReceived) missedTick = -1;
        if (kind !== HalTrace.frameDropped || reason !== DropReason.noDescriptor) return;
        const [free, tick] = [buffersFree(world), world.machine.tick()];
        if (free === 0 || world.machine.busy()) return;
        if (missedTick >= 0 && tick > missedTick) fail(world.nic, `frame ${ordinal} finds no descriptor either, while ${free} buffers are free and everybody rests`);
        else missedTick = tick;
      },
    };
  },
});
