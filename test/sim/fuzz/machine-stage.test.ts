/** What a machine stage finds wrong: services with a planted fault each, which shows itself when a frame of one kind comes. */

import { describe, expect, test } from "vitest";
import type { AnyService, Message } from "../../../kernel/service.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { FuzzAction } from "../../../sim/fuzz/input.ts";
import { frameOf } from "../../../sim/fuzz/frames.ts";
import { MachineStage } from "../../../sim/fuzz/machine-stage.ts";
import { BUILT_IN_CONFIGURATION } from "../../../sim/machines/configuration.ts";
import { tiny } from "../../../sim/machines/index.ts";
import type { MachineModel } from "../../../sim/machines/model.ts";

/** What the planted faults need of a context. */
interface Tools {
  readonly needs: { readonly buffers: number };
  readonly receives: { readonly frames: number };
  allocate(bytes: number): number;
  bufferAllocate(buffers: number): number;
  exit(): void;
}

type Fault = (context: Tools, message: Message) => boolean;

/** The tiny machine, whose net does this with each frame first. True: and then nothing more. */
function spoiled(fault: Fault): MachineModel {
  const manifest: MachineModel["manifest"] = (choice) => {
    const made = tiny.manifest(choice);
    const { service } = made.processes.net;
    const handle = service.handle as unknown as (message: Message, context: Tools) => void;
    const wrong = { ...service, handle: (message: Message, context: Tools) => (message.delivery === Delivery.message && message.endpoint === context.receives.frames && fault(context, message) ? undefined : handle(message, context)) };
    return { ...made, processes: { ...made.processes, net: { ...made.processes.net, service: wrong as unknown as AnyService } } };
  };
  return { ...tiny, manifest };
}

function problemsOf(model: MachineModel, ...actions: readonly FuzzAction[]): readonly string[] {
  const stage = new MachineStage({ name: "spoiled", model, settings: {}, configuration: BUILT_IN_CONFIGURATION });
  return stage.play(actions, new Set(), true);
}

const FRAME: FuzzAction = { op: "frame", bytes: frameOf({ etherType: 0x0806 }) };

describe("a stage says what is wrong", () => {
  const FAULTS: readonly (readonly [string, Fault, RegExp])[] = [
    ["nothing", () => false, /^$/],
    ["net throws", () => { throw new Error("planted"); }, /process net threw Error: planted[^]*0 processes were killed, and 1 begun anew/],
    ["net keeps memory", (context) => context.allocate(64) < 0, /process net keeps \d+ bytes when all is over/],
    ["net keeps a buffer", (context) => context.bufferAllocate(context.needs.buffers) < 0, /1 DMA buffers did not come home/],
    ["net keeps the frame", () => true, /1 DMA buffers did not come home/],
    ["net ends", (context) => { context.exit(); return true; }, /begun anew|runs no more/],
  ];
  test.each(FAULTS)("%s", (_, fault, expected) => expect(problemsOf(spoiled(fault), FRAME).join("\n")).toMatch(expected));
});

test("a request that is not decided is said", () => {
  expect(problemsOf(spoiled(() => false), { op: "request" })).toEqual([]);
  expect(problemsOf(spoiled(() => false), { op: "plug", value: 0 }, { op: "request" })).toEqual(["traffic does not resume: a request after the input is not decided"]);
});

test("who was killed may begin anew", () => expect(problemsOf(spoiled(() => false), { op: "crash", process: 2, after: 1 }, FRAME, FRAME)).toEqual([]));
