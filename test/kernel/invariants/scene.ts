/** A machine caught in the middle: queues with messages of every kind, waits, timers, derived and travelling capabilities, buffers. */

import { bytes } from "../../../hal/field.ts";
import type { Address } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { tinyHalLimits } from "../../../hal/limits.ts";
import { boot } from "../../../kernel/boot.ts";
import { GOVERNING_RIGHTS } from "../../../kernel/capability/right.ts";
import type { KernelTables } from "../../../kernel/invariants/tables.ts";
import { tablesOf } from "../../../kernel/invariants/tables.ts";
import { tinyKernelLimits } from "../../../kernel/limits.ts";
import type { Machine } from "../../../kernel/machine.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import type { AnyService, Context, Grant, Needs } from "../../../kernel/service.ts";
import { Delivery, Right, service } from "../../../kernel/service.ts";
import { virtio2 } from "../../../sim/machines/virtio.ts";
import { tiny } from "../../../sim/machines/index.ts";

const Cells = layout("Cells", 64, { cells: bytes(64) });

type StartContext<N extends Needs> = Context<Record<never, never>, N, readonly string[]>;

/** A service that does something when it starts, and nothing after. */
function starting<const N extends Needs>(name: string, needs: N, receives: readonly string[], start: (context: StartContext<N>) => void): AnyService {
  return service({
    name,
    state: Cells,
    needs,
    receives,
    handle(message, context) {
      if (message.delivery === Delivery.start) start(context as unknown as StartContext<N>);
    },
  }) as unknown as AnyService;
}

function cell(context: { readonly stateAt: Address<never> }, index: number): Grant<never> {
  return ((context.stateAt as number) + index * 8) as Grant<never>;
}

const server = starting("server", { ticks: "timer" }, ["work", "narrow"], (context) => void context.sleep(1000));

const CLIENT_NEEDS = { work: "endpoint", idle: "endpoint", region: "region:write", pool: "buffers:write", ticks: "timer", letters: "channel:send" } as const;

const client = starting("client", CLIENT_NEEDS, [], (context) => {
  const { needs } = context;
  context.timerStart(needs.ticks, 50, 0, 1);
  context.timerStart(needs.ticks, 20, 20, 2);
  context.allocate(24);
  context.free(context.allocate(40));
  context.allocate(16);
  context.capabilityDerive(needs.region, Right.read | Right.write | Right.create | Right.grant, cell(context, 0));
  context.capabilityDerive(cell(context, 0), Right.read, cell(context, 1));
  for (const opcode of [10, 11]) context.send(needs.work, opcode, opcode);
  for (const [opcode, flags] of [[20, MessageFlag.urgent], [21, MessageFlag.urgent], [30, MessageFlag.unordered]] as const) sendFlagged(context, opcode, flags, 0);
  context.bufferAllocate(needs.pool);
  sendFlagged(context, 40, MessageFlag.movesBuffer, context.bufferAllocate(needs.pool));
  context.sendCapability(needs.work, 50, cell(context, 0));
  for (const opcode of [60, 61]) context.channelSend(needs.letters, opcode);
  context.waitAtMost(500);
  context.call(needs.work, 70);
});

function sendFlagged(context: StartContext<typeof CLIENT_NEEDS>, opcode: number, flags: number, data0: number): void {
  const { memory, outgoing } = context;
  SmallMessage.capability.setWords(memory, outgoing, 0, 0);
  SmallMessage.opcode.set(memory, outgoing, opcode);
  SmallMessage.flags.set(memory, outgoing, flags);
  SmallMessage.data0.set(memory, outgoing, data0);
  context.sendMessage(context.needs.work, outgoing);
}

const sender = starting("sender", { narrow: "endpoint" }, [], (context) => {
  context.send(context.needs.narrow, 80);
  context.sendWait(context.needs.narrow, 81);
});

const idle = starting("idle", { looked: "region:read" }, ["in"], () => {});

export const SCENE_PROCESSES = Object.freeze({ server: 0, client: 1, sender: 2, idle: 3 });
export const SCENE_ENDPOINTS = Object.freeze({ work: 0, narrow: 1, idle: 2 });

export interface Scene {
  readonly machine: Machine;
  readonly tables: KernelTables;
}

export function makeScene(): Scene {
  const machine = boot({
    name: "scene",
    ramBytes: 128 * 1024,
    hal: { ...tinyHalLimits, mailboxInboundBytes: 256, mailboxOutboundBytes: 256 },
    kernel: { ...tinyKernelLimits, endpointQueue: 16 },
    devices: [{ name: "box", kind: "mailbox" }],
    regions: { one: { bytes: 256 } },
    pool: { name: "frames", count: 4, devices: [] },
    channels: { letters: { capacity: 4 } },
    processes: {
      server: { service: server, priority: "systemHigh", arenaBytes: 1024, grants: { ticks: "ticks" }, queues: { work: 12, narrow: 1 } },
      client: {
        service: client,
        priority: "systemNormal",
        arenaBytes: 1024,
        grants: { work: "server.work", idle: "idle.in", region: "one", pool: "frames", ticks: "ticks", letters: "letters" },
        rights: { region: GOVERNING_RIGHTS },
      },
      sender: { service: sender, priority: "userNormal", arenaBytes: 1024, grants: { narrow: "server.narrow" } },
      idle: { service: idle, priority: "userLow", arenaBytes: 1024, grants: { looked: "one" } },
    },
  });
  machine.runUntilTick(2);
  while (machine.busy()) machine.step();
  return { machine, tables: tablesOf(machine.ram, machine.parts) };
}

/** The tiny machine, its NIC up and its receive ring filled. */
export function makeNicScene(): Scene {
  return bootedScene(boot(tiny.manifest()));
}

/** The same of a machine whose NIC is a virtio device of two queue pairs. */
export function makeVirtioScene(): Scene {
  return bootedScene(boot(virtio2.manifest()));
}

function bootedScene(machine: Machine): Scene {
  machine.runUntilTick(2);
  while (machine.busy()) machine.step();
  return { machine, tables: tablesOf(machine.ram, machine.parts) };
}
