/**
 * Probes that the balancer sends by itself (probe-api.ts), on machines whose net makes them: each when it is due, one
 * message a probe. Where net makes none nothing happens here, and operators may ask for what is due instead.
 *
 * The timer is a periodic one, armed anew each time, so that it keeps no run of the machine from its end. What net's
 * endpoint does not take is due again at the next tick.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { MessageFlag, MessageHeader, SmallMessage } from "../../../kernel/message.ts";
import type { Message } from "../../../kernel/service.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { ClockBit } from "../clock.ts";
import { directoryFind } from "../connection/directory.ts";
import { serveWaiting } from "../connection/ending.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { Policy, Semantics } from "../policy.ts";
import { ProbeMessage, ProbeOpcode, ProbeResult, probeSerial, probedResult, probedSerial } from "../probe-api.ts";
import type { LbContext } from "../service.ts";
import { probeNext, probeResult, probeReturn, probesDueTick } from "./probe.ts";
import { NEVER_TICK } from "./slow-start.ts";

/** Probes sent in one handler: net's queue has room for other things too. */
const PROBES_AT_ONCE = 16;
const LITERAL_WORDS = 4;
const TIMEOUT_TICKS_MAX = 0x7fff_ffff;

/** The timer has fired, or the configuration may have changed: sends what is due, and sees to the next time. */
export function probesServe(context: LbContext): void {
  if (context.parameters.probesByNet !== true) return;
  const { memory } = context;
  const balancer = context.stateAt as BalancerAddress;
  const strict = Policy.semantics.get(memory, Balancer.policy.at(balancer)) === Semantics.strict;
  const now = context.uptimeTicks();
  for (let room = strict ? PROBES_AT_ONCE : 0; room > 0; room--) {
    const backend = probeNext(memory, balancer, now);
    if (backend === 0 || send(context, backend, now) < 0) break;
  }
  arm(context, balancer, strict ? probesDueTick(memory, balancer) : NEVER_TICK, now);
}

/** ProbeOpcode.probed. An answer to what is not awaited (any more) is passed over. */
export function serveProbed(message: Message, context: LbContext): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const word = SmallMessage.data1.low(shared, message.at);
  const result = probedResult(word);
  const backend = directoryFind(memory, balancer, SmallMessage.data0.low(shared, message.at));
  if (backend === 0 || Backend.probing.get(memory, backend) === 0 || probeSerial(Backend.probeDeadlineTick.get(memory, backend)) !== probedSerial(word)) return;
  const now = context.uptimeTicks();
  if (result === ProbeResult.notMade) probeReturn(memory, backend, now + 1);
  else {
    probeResult(memory, balancer, Backend.handle.get(memory, backend), result === ProbeResult.passed, now);
    serveWaiting(memory, balancer, now, context.uptimeCycles());
  }
  arm(context, balancer, probesDueTick(memory, balancer), now);
}

/** Asks net. Below 0 if its endpoint did not take it: then the probe is due again at the next tick. */
function send(context: LbContext, backend: BackendAddress, tick: number): number {
  const { memory } = context;
  const probe = context.outgoing as number as Address<"ProbeMessage">;
  const header = ProbeMessage.header.at(probe);
  memory.fill(probe, ProbeMessage.size, 0);
  MessageHeader.opcode.set(memory, header, ProbeOpcode.probe);
  MessageHeader.flags.set(memory, header, MessageFlag.urgent);
  ProbeMessage.handle.set(memory, probe, Backend.handle.get(memory, backend));
  ProbeMessage.timeoutTicks.set(memory, probe, timeoutOf(memory, backend));
  ProbeMessage.serial.set(memory, probe, probeSerial(Backend.probeDeadlineTick.get(memory, backend)));
  ProbeMessage.port.set(memory, probe, Backend.port.get(memory, backend));
  ProbeMessage.family.set(memory, probe, Backend.family.get(memory, backend));
  const to = ProbeMessage.address.at(probe) >> 2;
  const from = Backend.literal.at(backend) >> 2;
  for (let word = 0; word < LITERAL_WORDS; word++) memory.i32[to + word] = memory.i32[from + word];
  const status = context.sendMessage(context.needs.decisions, context.outgoing);
  if (status < 0) probeReturn(memory, backend, tick + 1);
  return status;
}

function timeoutOf(memory: Memory, backend: BackendAddress): number {
  // 0 stands for ever.
  return GroupPolicy.probeTimeoutTicks.get(memory, Group.policy.at(Backend.group.get(memory, backend) as GroupAddress)) || TIMEOUT_TICKS_MAX;
}

function arm(context: LbContext, balancer: BalancerAddress, dueTick: number, now: number): void {
  const { memory, needs } = context;
  const timer = Balancer.probeTimer.get(memory, balancer);
  if (timer !== 0) context.timerCancel(needs.ticks, timer);
  const delayTicks = Math.max(1, dueTick - now);
  // Without a timer left the next operation or answer tries again.
  Balancer.probeTimer.set(memory, balancer, dueTick === NEVER_TICK ? 0 : Math.max(0, context.timerStart(needs.ticks, delayTicks, delayTicks, ClockBit.probing)));
}
