/**
 * The balancer on a machine of its own: the real operator and mailbox, and a stand-in for net that sends what a test
 * tells it to and notes the decisions that come back. A shutdown from the mailbox is the stand-in's cue.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { boot } from "../../../kernel/boot.ts";
import { MessageHeader } from "../../../kernel/message.ts";
import type { Machine } from "../../../kernel/machine.ts";
import type { Manifest } from "../../../kernel/manifest.ts";
import type { AnyService, Context } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { DecisionMessage, HeadPlace, HeaderEntry, LbOpcode, RequestDescriptor, connectionOf } from "../../../services/lb/api.ts";
import { loadBalancer } from "../../../services/lb/service.ts";
import type { LbLimits } from "../../../services/limits.ts";
import { lbStandard } from "../../../services/limits.ts";
import { operator } from "../../../services/operator/operator.ts";
import { OperatorTarget } from "../../../services/operator-api.ts";
import { standardHalLimits } from "../../../hal/limits.ts";
import { standardKernelLimits } from "../../../kernel/limits.ts";
import { configure } from "../../../sim/balancer.ts";
import { request } from "../../../sim/operator.ts";
import type { World } from "../../../sim/world.ts";
import { worldOf } from "../../../sim/world.ts";

const stateTypes = { reserved: i32 };
const needs = { requests: "region:write", streams: "region:write", buffers: "buffers:write", balancer: "endpoint", operations: "endpoint" } as const;
const receives = ["decisions", "control"] as const;
export type NetContext = Context<typeof stateTypes, typeof needs, typeof receives>;

export interface Decision {
  readonly requestId: number;
  readonly outcome: number;
  readonly group: number;
  readonly backend: number;
  readonly family: number;
  readonly port: number;
  readonly address: readonly number[];
  readonly opcode: number;
  readonly flags: number;
}

export const REGION_BYTES = 8192;
/** Room for the virtual IPs of a few tests. */
export const VIPS_BYTES = 512;

/** The driver has nothing to stop. */
const stopped = service({ name: "driver-stand-in", state: layout("DriverStandIn", stateTypes), receives: ["control"], handle: (_message, context) => void context.reply(0) });

interface Setting {
  readonly limits?: Partial<LbLimits>;
  readonly arenaBytes?: number;
  readonly decisionsQueue?: number;
  readonly controlBytes?: number;
  readonly configurationBytes?: number;
}

export class Stage {
  readonly world: World;
  readonly decisions: Decision[] = [];
  /** Connections that decisions named, by connectionOf(). */
  readonly connections: number[] = [];
  /** Status and two words of each answer to a call of the stand-in's own. */
  readonly replies: (readonly number[])[] = [];
  /** Handles of the buffers that heads were put in. */
  readonly held: number[] = [];
  #cue: (context: NetContext) => void = () => {};

  constructor(setting: Setting = {}) {
    const net = service({
      name: "net-stand-in",
      state: layout("NetStandIn", stateTypes),
      needs,
      receives,
      handle: (message, context: NetContext) => {
        if (message.delivery === Delivery.reply) this.replies.push([message.status, message.data0, message.data1]);
        if (message.delivery !== Delivery.message) return;
        if (message.endpoint === context.receives.decisions) this.#note(context, message.at as number);
        else {
          this.#cue(context);
          context.reply(0);
        }
      },
    });
    this.world = worldOf(boot(manifestOf(net as unknown as AnyService, setting)), null, 0);
  }

  get machine(): Machine {
    return this.world.machine;
  }

  configure(text: string): number {
    return configure(this.world, text).status;
  }

  /** Has the stand-in run this, and the machine until all is quiet. The decisions that came. */
  play(cue: (context: NetContext) => void): Decision[] {
    this.#cue = cue;
    this.decisions.length = 0;
    const { status } = request(this.world, OperatorTarget.shutdown);
    if (status !== 0) throw new Error(`the stand-in was not reached: ${status}`);
    this.machine.runUntilQuiet(this.machine.tick() + 10);
    return [...this.decisions];
  }

  /** Sends these requests one after the other. */
  send(...requests: readonly Sent[]): Decision[] {
    return this.play((context) => {
      let offset = 0;
      requests.forEach((sent, i) => {
        const end = writeRequest(context, offset, i * 100, i + 1, sent);
        if (sent.place === "buffer") this.held.push(RequestDescriptor.headHandle.get(context.shared, context.span(context.needs.requests, offset, RequestDescriptor.size) as Address<"RequestDescriptor">));
        context.send(context.needs.balancer, LbOpcode.request, offset, (sent.fields?.requestId ?? i + 1) as number);
        offset = (end + 7) & ~7;
      });
    });
  }

  /** Lets go of the buffers that the stand-in holds: 0 for each that it could. */
  release(): number[] {
    const statuses: number[] = [];
    this.play((context) => void statuses.push(...this.held.splice(0).map((handle) => context.bufferRelease(context.needs.buffers, handle))));
    return statuses;
  }

  inspect(): Record<string, number> {
    return this.machine.inspect("state.lb") as Record<string, number>;
  }

  #note(context: NetContext, at: number): void {
    const from = at as Address<"DecisionMessage">;
    const { requestId, outcome, group, backend, family, port, connection, connectionUse } = DecisionMessage.view(context.shared, from);
    if (connection !== 0) this.connections.push(connectionOf(connection, connectionUse));
    const addressAt = DecisionMessage.address.at(from);
    const header = DecisionMessage.header.at(from);
    const address = [...context.shared.u8.slice(addressAt, addressAt + 16)];
    const opcode = MessageHeader.opcode.get(context.shared, header);
    const flags = MessageHeader.flags.get(context.shared, header);
    this.decisions.push({ requestId, outcome, group, backend, family, port, address, opcode, flags });
  }
}

function manifestOf(net: AnyService, setting: Setting): Manifest {
  return {
    name: "balancer-alone",
    ramBytes: 4 * 1024 * 1024,
    hal: standardHalLimits,
    kernel: standardKernelLimits,
    devices: [{ name: "mailbox0", kind: "mailbox" }],
    regions: { requests: { bytes: REGION_BYTES }, streams: { bytes: REGION_BYTES }, vips: { bytes: VIPS_BYTES }, configuration: { bytes: setting.configurationBytes ?? 32 * 1024 }, control: { bytes: setting.controlBytes ?? 64 * 1024, devices: ["mailbox0"] } },
    pool: { name: "frames", count: 8, devices: [] },
    processes: {
      driver: { service: stopped as unknown as AnyService, priority: "realTimeNormal", arenaBytes: 2048 },
      net: {
        service: net,
        priority: "userLow",
        arenaBytes: 2048,
        grants: { requests: "requests", streams: "streams", buffers: "frames", balancer: "lb.requests", operations: "lb.control" },
        queues: { decisions: setting.decisionsQueue ?? 256 },
      },
      lb: {
        service: loadBalancer as unknown as AnyService,
        priority: "systemNormal",
        arenaBytes: setting.arenaBytes ?? 256 * 1024,
        grants: { requests: "requests", streams: "streams", buffers: "frames", control: "control", vips: "vips", configuration: "configuration", decisions: "net.decisions", ticks: "ticks" },
        parameters: { ...lbStandard, ...setting.limits },
      },
      operator: {
        service: operator as unknown as AnyService,
        priority: "userNormal",
        arenaBytes: 2048,
        grants: { mailbox: "mailbox0", interrupt: "mailbox0", control: "control", balancer: "lb.control", net: "net.control", driver: "driver.control" },
      },
    },
  };
}

/** A request as net would have found it. */
export interface Sent {
  /** The head, CRLF and all. */
  readonly head: string;
  /** Source address in network order: 4 or 16 bytes. */
  readonly source?: readonly number[];
  readonly place?: "buffer" | "streams";
  /** Fields of the descriptor to set otherwise. */
  readonly fields?: Readonly<Record<string, number>>;
}

export const get = (target: string, ...lines: string[]): string => `GET ${target} HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;

/** Writes descriptor and header entries at `offset`, the head to its place. The offset behind them. */
export function writeRequest(context: NetContext, offset: number, streamOffset: number, requestId: number, sent: Sent): number {
  const { shared } = context;
  const { head, source = [10, 0, 0, 1], place = "streams", fields = {} } = sent;
  const lines = head.split("\r\n").slice(1, -2);
  const bytes = RequestDescriptor.size + lines.length * HeaderEntry.size;
  const at = context.spanForWriting(context.needs.requests, offset, bytes) as Address<"RequestDescriptor">;
  shared.fill(at, bytes, 0);
  const view = RequestDescriptor.view(shared, at) as Record<string, number>;
  Object.assign(view, { requestId, family: source.length === 4 ? 4 : 6, headBytes: head.length, headerCount: lines.length, targetOffset: 4, targetBytes: head.indexOf(" HTTP/") - 4 });
  shared.u8.set(source, RequestDescriptor.source.at(at));
  let from = head.indexOf("\r\n") + 2;
  lines.forEach((line, i) => {
    const colon = line.indexOf(":");
    const value = line.slice(colon + 1).trim();
    const valueOffset = from + line.length - line.slice(colon + 1).trimStart().length;
    Object.assign(HeaderEntry.view(shared, (at + RequestDescriptor.size + i * HeaderEntry.size) as Address<"HeaderEntry">), { nameOffset: from, nameBytes: colon, valueOffset, valueBytes: value.length });
    if (line.slice(0, colon).toLowerCase() === "host" && view.hostPresent === 0) Object.assign(view, { hostPresent: 1, hostOffset: valueOffset, hostBytes: value.length });
    from += line.length + 2;
  });
  Object.assign(view, placeHead(context, head, place, streamOffset), fields);
  return offset + bytes;
}

function placeHead(context: NetContext, head: string, place: "buffer" | "streams", streamOffset: number): Record<string, number> {
  const bytes = Uint8Array.from(head, (character) => character.charCodeAt(0));
  if (place === "streams") {
    context.shared.u8.set(bytes, context.spanForWriting(context.needs.streams, streamOffset, bytes.length));
    return { headPlace: HeadPlace.streams, headOffset: streamOffset };
  }
  const handle = context.bufferAllocate(context.needs.buffers);
  context.shared.u8.set(bytes, context.bufferForWriting(context.needs.buffers, handle, 54, bytes.length));
  return { headPlace: HeadPlace.buffer, headHandle: handle, headOffset: 54 };
}
