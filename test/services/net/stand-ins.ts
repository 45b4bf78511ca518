/**
 * The two processes that stand beside net on its bench: a driver that passes on frames of the test and keeps what it is
 * given to transmit, and a balancer that answers as the test says, or lets requests wait.
 */

import type { Address } from "../../../hal/field.ts";
import { u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import type { AnyService, Context, Message, Service } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { DriverOpcode, ReceivedFrameMessage, TransmitFrameMessage } from "../../../services/driver-api.ts";
import { DecisionMessage, FlowMessage, LbOpcode, Outcome, RequestDescriptor, VipEntry, VipTableHeader } from "../../../services/lb/api.ts";
import { vipEntryAt, vipSearch } from "../../../services/lb/vips-api.ts";
import { NetOpcode } from "../../../services/net/api.ts";

/** What the outside world is to the stand-ins: the test writes it, they read and fill it. */
export class World {
  /** Frames to pass on, and what else the driver is to do, in order. */
  readonly frames: (Uint8Array | "shutdown" | "nonsense" | "die")[] = [];
  /** What net gave the driver to transmit. */
  readonly transmitted: Uint8Array[] = [];
  /** Queue numbers of what net gave the driver to transmit. */
  readonly transmitQueues: number[] = [];
  /** Errors byte, queue and message's opcode of the frames that are passed on. */
  errors = 0;
  queue = 0;
  opcode: number = DriverOpcode.received;
  /** Answer of net to the last call, once it came. */
  shutdownStatus: number | null = null;
  readonly policy: Policy = { outcome: Outcome.routed, backend: [10, 9, 9, 9], port: 8000, hold: false, die: false, twice: false, opcode: LbOpcode.decision, connections: false, call: false };
  /** Offsets of descriptors and questions about flows that wait for an answer, and how many of them may have one although the policy holds. */
  readonly held: (number | FlowQuestion)[] = [];
  releases = 0;
  /** Questions about flows, in order. */
  readonly questions: FlowQuestion[] = [];
  /** Connections that were named, and those whose end was told: number, use and end. */
  readonly connections: string[] = [];
  readonly ended: string[] = [];
  /** Virtual IPs, address in network order, and the version of their table; written when `vipsChanged` is set. */
  readonly vips: { readonly address: readonly number[]; readonly port: number }[] = [];
  vipsVersion = 0;
  vipsChanged = false;
  /** What the table claims to hold, if not as many as there are. */
  vipsClaimed = -1;
  ordinal = 0;
}

/** What the balancer does with a request. */
export interface Policy {
  outcome: number;
  /** Address of the backend: four or sixteen bytes; none: no IP literal. */
  backend: readonly number[];
  port: number;
  /** Requests wait until they are released. */
  hold: boolean;
  /** The balancer ends at its next request. */
  die: boolean;
  /** Each answer is sent a second time. */
  twice: boolean;
  /** Of the answer's message. */
  opcode: number;
  /** Each decision names a connection. */
  connections: boolean;
  /** The balancer calls net at its next tick, once, and does nothing until it is answered. */
  call: boolean;
}

export interface FlowQuestion {
  readonly requestId: number;
  readonly vip: number;
  readonly family: number;
  readonly version: number;
  readonly sourcePort: number;
  readonly source: readonly number[];
}

/** Frames that the driver passes on in one tick. */
const FRAMES_A_TICK = 8;

const stateTypes = Object.freeze({ unused: u32 });
const Empty = layout("Empty", stateTypes);

type DriverNeeds = { readonly buffers: "buffers:write"; readonly frames: "endpoint"; readonly control: "endpoint"; readonly ticks: "timer" };
type DriverContext = Context<typeof stateTypes, DriverNeeds, readonly ["transmit"]>;
type BalancerNeeds = { readonly requests: "region:read"; readonly vips: "region:write"; readonly decisions: "endpoint"; readonly ticks: "timer" };
type BalancerContext = Context<typeof stateTypes, BalancerNeeds, readonly ["requests"]>;

function asAny<S extends Service<never, never, never, never>>(made: S): AnyService {
  return made as unknown as AnyService;
}

export function standInDriver(world: World): AnyService {
  return asAny(
    service({
      name: "driver-stand-in",
      state: Empty,
      needs: { buffers: "buffers:write", frames: "endpoint", control: "endpoint", ticks: "timer" },
      receives: ["transmit"],
      handle(message, context: DriverContext) {
        if (message.delivery === Delivery.start) context.timerStart(context.needs.ticks, 1, 1, 1);
        else if (message.delivery === Delivery.reply) world.shutdownStatus = message.status;
        else if (message.delivery === Delivery.message) keepTransmitted(world, message, context);
        else for (let passed = 0; passed < FRAMES_A_TICK && passNext(world, context); passed++);
      },
    }) as never,
  );
}

function keepTransmitted(world: World, message: Message, context: DriverContext): void {
  const at = message.at as Address as Address<"TransmitFrameMessage">;
  const handle = TransmitFrameMessage.bufferHandle.get(context.shared, at);
  const bytes = TransmitFrameMessage.frameBytes.get(context.shared, at);
  const from = context.buffer(context.needs.buffers, handle, 0, bytes);
  world.transmitQueues.push(TransmitFrameMessage.queue.get(context.shared, at));
  world.transmitted.push(context.shared.u8.slice(from, from + bytes));
  context.bufferRelease(context.needs.buffers, handle);
}

/** False when there is nothing more to do in this tick. */
function passNext(world: World, context: DriverContext): boolean {
  const { memory, shared, needs } = context;
  const next = world.frames[0];
  if (next === undefined) return false;
  if (next === "shutdown" || next === "nonsense") {
    world.frames.shift();
    context.call(needs.control, next === "shutdown" ? NetOpcode.shutdown : 99);
    return false;
  }
  // A fault: a timer is no region.
  if (next === "die") context.span(needs.ticks as never, 0, 1);
  const handle = context.bufferAllocate(needs.buffers);
  if (handle < 0) return false;
  world.frames.shift();
  shared.u8.set(next as Uint8Array, context.bufferForWriting(needs.buffers, handle, 0, (next as Uint8Array).length));
  const out = context.outgoing as Address as Address<"ReceivedFrameMessage">;
  memory.fill(out, ReceivedFrameMessage.size, 0);
  SmallMessage.opcode.set(memory, context.outgoing, world.opcode);
  SmallMessage.flags.set(memory, context.outgoing, MessageFlag.movesBuffer);
  ReceivedFrameMessage.bufferHandle.set(memory, out, handle);
  ReceivedFrameMessage.frameBytes.set(memory, out, (next as Uint8Array).length);
  ReceivedFrameMessage.ordinal.set(memory, out, ++world.ordinal);
  ReceivedFrameMessage.queue.set(memory, out, world.queue);
  ReceivedFrameMessage.errors.set(memory, out, world.errors);
  if (context.sendMessage(needs.frames, context.outgoing) !== 0) throw new Error("net's queue is full, or net is gone");
  return true;
}

export function standInBalancer(world: World): AnyService {
  return asAny(
    service({
      name: "balancer-stand-in",
      state: Empty,
      needs: { requests: "region:read", vips: "region:write", decisions: "endpoint", ticks: "timer" },
      receives: ["requests"],
      handle(message, context: BalancerContext) {
        if (message.delivery === Delivery.start) return void context.timerStart(context.needs.ticks, 1, 1, 1);
        if (world.vipsChanged) writeVips(world, context);
        if (world.policy.call) return callNet(world, context);
        if (message.delivery === Delivery.message) {
          if (message.opcode === LbOpcode.finish) return void world.ended.push(`${message.data0 & 0xffff}.${message.data0 >> 16}.${message.data1}`);
          if (world.policy.die) return context.exit();
          world.held.push(message.opcode === LbOpcode.request ? message.data0 : keepQuestion(world, message, context));
        }
        const answers = world.policy.hold ? world.releases : world.held.length;
        for (let count = 0; count < answers; count++) decide(world, world.held.shift()!, context);
        world.releases = 0;
      },
    }) as never,
  );
}

function callNet({ policy }: World, context: BalancerContext): void {
  policy.call = false;
  context.call(context.needs.decisions, 99);
}

function keepQuestion(world: World, message: Message, context: BalancerContext): FlowQuestion {
  if (message.opcode !== LbOpcode.flow) throw new Error("neither a request nor a flow");
  const at = message.at as Address as Address<"FlowMessage">;
  const { requestId, vip, family, vipsVersion: version, sourcePort } = FlowMessage.view(context.shared, at);
  const sourceAt = FlowMessage.source.at(at);
  const question = { requestId, vip, family, version, sourcePort, source: [...context.shared.u8.slice(sourceAt, sourceAt + (family === 4 ? 4 : 16))] };
  world.questions.push(question);
  return question;
}

/** Writes the table of virtual IPs, in the order that net expects. */
function writeVips(world: World, context: BalancerContext): void {
  const { memory, shared, needs } = context;
  const bytes = context.regionBytes(needs.vips);
  const table = context.spanForWriting(needs.vips, 0, bytes) as Address<"VipTableHeader">;
  shared.fill(table, bytes, 0);
  world.vips.forEach(({ address, port }, count) => {
    memory.fill(context.outgoing, 16, 0);
    memory.u8.set(address, context.outgoing);
    const family = address.length === 4 ? 4 : 6;
    const place = -1 - vipSearch(shared, table, count, memory, context.outgoing, port, family);
    const entry = vipEntryAt(table, place);
    shared.copy(entry + VipEntry.size, entry, (count - place) * VipEntry.size);
    shared.u8.set(memory.u8.subarray(context.outgoing, context.outgoing + 16), entry);
    Object.assign(VipEntry.view(shared, entry), { port, family, number: count });
  });
  Object.assign(VipTableHeader.view(shared, table), { version: ++world.vipsVersion, count: world.vipsClaimed < 0 ? world.vips.length : world.vipsClaimed });
  world.vipsChanged = false;
}

function decide(world: World, asked: number | FlowQuestion, context: BalancerContext): void {
  const { memory, shared, needs } = context;
  const { policy } = world;
  const requestId =
    typeof asked !== "number" ? asked.requestId : RequestDescriptor.requestId.get(shared, context.span(needs.requests, asked, RequestDescriptor.size) as Address<"RequestDescriptor">);
  const stale = typeof asked !== "number" && asked.version !== world.vipsVersion;
  const out = context.outgoing as Address as Address<"DecisionMessage">;
  memory.fill(out, DecisionMessage.size, 0);
  SmallMessage.opcode.set(memory, context.outgoing, typeof asked === "number" ? policy.opcode : LbOpcode.flow);
  SmallMessage.flags.set(memory, context.outgoing, MessageFlag.urgent);
  DecisionMessage.requestId.set(memory, out, requestId);
  DecisionMessage.outcome.set(memory, out, stale ? Outcome.noRouteMatch : policy.outcome);
  if (policy.connections && !stale) nameConnection(world, memory, out);
  DecisionMessage.family.set(memory, out, policy.backend.length === 4 ? 4 : policy.backend.length === 16 ? 6 : 0);
  DecisionMessage.port.set(memory, out, policy.port);
  memory.u8.set(policy.backend, DecisionMessage.address.at(out));
  for (let times = policy.twice ? 2 : 1; times > 0; times--) {
    if (context.sendMessage(needs.decisions, context.outgoing) !== 0) throw new Error("net's queue of decisions is full");
  }
}

/** The names are 1 with use 1, 2 with use 2, and so on. */
function nameConnection(world: World, memory: Memory, decision: Address<"DecisionMessage">): void {
  const number = world.connections.length + 1;
  DecisionMessage.connection.set(memory, decision, number);
  DecisionMessage.connectionUse.set(memory, decision, number & 0xff);
  world.connections.push(`${number}.${number & 0xff}`);
}
