/** The operator with stand-ins for its peers, which do as they are told: answer, refuse, misbehave, end. */

import { expect } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { HalLimits } from "../../../hal/limits.ts";
import { tinyHalLimits } from "../../../hal/limits.ts";
import { Memory } from "../../../hal/memory.ts";
import { boot } from "../../../kernel/boot.ts";
import { tinyKernelLimits } from "../../../kernel/limits.ts";
import type { Machine } from "../../../kernel/machine.ts";
import type { Context } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { DriverOpcode } from "../../../services/driver-api.ts";
import { LbOpcode } from "../../../services/lb/api.ts";
import { controlAnswerBytesMax, controlAnswerOffset } from "../../../services/lb/control.ts";
import { NetOpcode } from "../../../services/net/api.ts";
import { operator } from "../../../services/operator/operator.ts";
import { MailboxAnswer, MailboxRequest, OperatorTarget } from "../../../services/operator-api.ts";

export const CONTROL_BYTES = 1024;
const OUTBOUND_BYTES = 256;

/** First byte of an operation: what the stand-in for the balancer does with it. */
export const Act = Object.freeze({ echo: 1, refuse: 2, wrongOffset: 3, tooMany: 4, forget: 5, exit: 6, answerLong: 7, fault: 8 });

const balancerTypes = { calls: i32, lastBytes: i32 };
const BalancerState = layout("BalancerStandIn", balancerTypes);
const balancerNeeds = { control: "region:write" } as const;
type BalancerContext = Context<typeof balancerTypes, typeof balancerNeeds, readonly ["control"]>;

/** Answers an operation with its own bytes, and misbehaves when asked. */
const balancer = service({
  name: "balancer-stand-in",
  state: BalancerState,
  needs: balancerNeeds,
  receives: ["control"],
  handle(message, context: BalancerContext) {
    if (message.delivery !== Delivery.message || message.opcode !== LbOpcode.control) return;
    const { control } = context.needs;
    const regionBytes = context.regionBytes(control);
    const bytes = message.payloadBytes;
    const from = context.span(control, message.payloadOffset, bytes);
    context.state.calls += 1;
    context.state.lastBytes = bytes;
    const offset = controlAnswerOffset(regionBytes);
    switch (context.shared.u8[from]) {
      case Act.echo:
        context.shared.copy(context.spanForWriting(control, offset, bytes), from, bytes);
        context.reply(0, offset, bytes);
        return;
      case Act.refuse:
        context.reply(-64, offset, 0);
        return;
      case Act.wrongOffset:
        context.reply(0, offset - 8, 4);
        return;
      case Act.tooMany:
        context.reply(0, offset, controlAnswerBytesMax(regionBytes) + 1);
        return;
      case Act.answerLong:
        context.reply(0, offset, controlAnswerBytesMax(regionBytes));
        return;
      case Act.exit:
        context.exit();
        return;
      case Act.fault:
        context.span(control, regionBytes, 1);
        return;
    }
  },
});

const stopTypes = { shutdowns: i32 };
const StopState = layout("StopStandIn", stopTypes);

/** Stands in for net and for the driver: notes the order in which they are told to stop. */
function stoppable(name: string, opcode: number, status: number) {
  return service({
    name,
    state: StopState,
    receives: ["control"],
    handle(message, context: Context<typeof stopTypes, Record<never, never>, readonly ["control"]>) {
      if (message.delivery !== Delivery.message || message.opcode !== opcode) return;
      if (status === EXITS) {
        context.exit();
        return;
      }
      context.state.shutdowns += 1;
      context.trace(99, opcode, context.state.shutdowns);
      context.reply(status);
    },
  });
}

export const EXITS = 1;

interface Setting {
  readonly hal?: Partial<HalLimits>;
  readonly devices?: readonly string[];
  readonly netStatus?: number;
  readonly driverStatus?: number;
  readonly stops?: string[];
}

export function bootOperator(setting: Setting = {}): Machine {
  const net = stoppable("net-stand-in", NetOpcode.shutdown, setting.netStatus ?? 0);
  const driver = stoppable("driver-stand-in", DriverOpcode.shutdown, setting.driverStatus ?? 0);
  return boot(
    {
      name: "operator-alone",
      ramBytes: 64 * 1024,
      hal: { ...tinyHalLimits, mailboxOutboundBytes: OUTBOUND_BYTES, ...setting.hal },
      kernel: tinyKernelLimits,
      devices: [{ name: "mailbox0", kind: "mailbox" }],
      regions: { control: { bytes: CONTROL_BYTES, devices: setting.devices ?? ["mailbox0"] } },
      processes: {
        driver: { service: driver, priority: "realTimeNormal", arenaBytes: 2048 },
        lb: { service: balancer, priority: "systemHigh", arenaBytes: 2048, grants: { control: "control" } },
        net: { service: net, priority: "systemNormal", arenaBytes: 2048 },
        operator: {
          service: operator,
          priority: "userNormal",
          arenaBytes: 2048,
          grants: { mailbox: "mailbox0", interrupt: "mailbox0", control: "control", balancer: "lb.control", net: "net.control", driver: "driver.control" },
        },
      },
    },
    { probe: (kind, process, opcode) => void (kind === 99 && setting.stops?.push(`${["driver", "lb", "net"][process]}:${opcode}`)) },
  );
}

const scratch = new Memory(new ArrayBuffer(16));
const START = 0;

export function record(requestId: number, target: number, payload: readonly number[] = [], payloadBytes: number = payload.length): Uint8Array {
  const at = START as Address<"MailboxRequest">;
  scratch.fill(0, 16, 0);
  MailboxRequest.requestId.set(scratch, at, requestId);
  MailboxRequest.target.set(scratch, at, target);
  MailboxRequest.payloadBytes.set(scratch, at, payloadBytes);
  return Uint8Array.from([...scratch.u8, ...payload]);
}

export interface Answer {
  readonly requestId: number;
  readonly status: number;
  readonly payload: readonly number[];
}

export function receive(machine: Machine): Answer | null {
  const bytes = machine.mailboxReceive("mailbox0");
  if (bytes === null) return null;
  const at = START as Address<"MailboxAnswer">;
  scratch.u8.set(bytes.subarray(0, 16));
  const payload = [...bytes.subarray(16)];
  expect(MailboxAnswer.payloadBytes.get(scratch, at)).toBe(payload.length);
  return { requestId: MailboxAnswer.requestId.get(scratch, at), status: MailboxAnswer.status.get(scratch, at), payload };
}

/** Lets the machine come to rest and reads all answers. */
export function answers(machine: Machine): Answer[] {
  expect(machine.runUntilQuiet(machine.tick() + 20)).toBe(true);
  const all: Answer[] = [];
  for (let one = receive(machine); one !== null; one = receive(machine)) all.push(one);
  return all;
}

/** Sends one record and answers what came back. */
export function ask(machine: Machine, bytes: Uint8Array): Answer[] {
  expect(machine.mailboxSend("mailbox0", bytes)).toBe(true);
  return answers(machine);
}

export const LB = OperatorTarget.loadBalancer;
export const echoOf = (requestId: number, payload: readonly number[]): Answer => ({ requestId, status: 0, payload });
