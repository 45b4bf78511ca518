/**
 * The stages by name. Machines: each NIC's standard one; the tiny one, where every table ends soon; and some whose
 * configuration or numbers let a refusal come about that the others never give. Boards: a bare device and its memory.
 */

import { BUILT_IN_CONFIGURATION } from "../machines/configuration.ts";
import { e1000, tiny, virtio, virtio2, virtio4 } from "../machines/index.ts";
import type { MachineModel } from "../machines/model.ts";
import { BoardStage } from "./board-stage.ts";
import type { FuzzKind } from "./input.ts";
import { MachineStage } from "./machine-stage.ts";
import type { Stage } from "./stage.ts";

export interface MachineStageSpec {
  readonly name: string;
  readonly model: MachineModel;
  readonly settings: Readonly<Record<string, number>>;
  readonly configuration: string;
}

/** Routes to a group that does not exist and to one that is empty, no default, and few tokens. */
const REFUSING = `rate_limit_rps=1
rate_limit_burst=6
group=app:roundrobin
member=app:10.30.0.1:8080
group=empty:roundrobin
route=/app::app
route=/empty::empty
route=/lost::lost
`;

/** Two clients are known, and no third; of flows there are two as well. */
const CROWDED = `semantics=strict
limiter_full=refuse
rate_limit=/:token:1:2:address
group=app:roundrobin
member=app:10.30.0.1:8080
default=app
`;

/** Buffers for a few frames, and queues for fewer. */
const SHORT: Readonly<Record<string, number>> = Object.freeze({ "rx.descriptors": 16, "rx.posted": 8, "tx.descriptors": 8, "queue.frames": 2, "queue.requests": 2, "net.framesHeld": 2, buffers: 24 });

function machine(name: string, model: MachineModel, settings: Readonly<Record<string, number>> = {}, configuration = BUILT_IN_CONFIGURATION): MachineStageSpec {
  return Object.freeze({ name, model, settings: Object.freeze(settings), configuration });
}

const MACHINE_STAGES: readonly MachineStageSpec[] = Object.freeze([
  machine("tiny", tiny),
  machine("e1000", e1000),
  machine("virtio", virtio),
  machine("virtio-2", virtio2),
  machine("virtio-4", virtio4),
  machine("refusing", tiny, {}, REFUSING),
  machine("crowded", tiny, { "lb.limiters": 2, "net.flows": 2 }, CROWDED),
  machine("short", e1000, SHORT),
  machine("short-virtio", virtio, SHORT),
]);

const BOARD_STAGES = Object.freeze({
  "board-e1000": () => new BoardStage("board-e1000", { kind: "e1000", name: "nic0", mac: "02:00:00:00:00:01" }),
  "board-virtio": () => new BoardStage("board-virtio", { kind: "virtio-net", name: "nic0", mac: "02:00:00:00:00:01", queuePairs: 1 }),
  "board-virtio-4": () => new BoardStage("board-virtio-4", { kind: "virtio-net", name: "nic0", mac: "02:00:00:00:00:01", queuePairs: 4, queueSizeMax: 64 }),
});

const BOARD_NAMES: readonly string[] = Object.freeze(Object.keys(BOARD_STAGES));
const MACHINE_NAMES: readonly string[] = Object.freeze(MACHINE_STAGES.map(({ name }) => name));

export const STAGE_NAMES: readonly string[] = Object.freeze([...MACHINE_NAMES, ...BOARD_NAMES]);

/** Those on which inputs of a kind are played in turn; registers: a bare device three times for each machine. */
export function stagesFor(kind: FuzzKind): readonly string[] {
  if (kind !== "registers") return kind === "frames" ? MACHINE_NAMES : MACHINE_NAMES.filter((name) => name !== "refusing" && name !== "crowded");
  return Object.freeze(["tiny", "e1000", "virtio", "virtio-2"].flatMap((name) => [...BOARD_NAMES, name]));
}

/** Stages are made when they are needed, and kept. */
export class Stages {
  readonly #made = new Map<string, Stage>();

  /** Of STAGE_NAMES. */
  get(name: string): Stage {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const stage = make(name);
    this.#made.set(name, stage);
    return stage;
  }
}

function make(name: string): Stage {
  const spec = MACHINE_STAGES.find((candidate) => candidate.name === name);
  if (spec !== undefined) return new MachineStage(spec);
  const board = Object.entries(BOARD_STAGES).find(([known]) => known === name);
  if (board === undefined) throw new RangeError(`there is no stage ${name}; there are ${STAGE_NAMES.join(", ")}`);
  return board[1]();
}
