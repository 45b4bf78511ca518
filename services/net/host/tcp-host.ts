/** Net as the host of its TCP stack: segments leave as frames in DMA buffers, SYNs to served ports of the machine's own addresses are let in. */

import type { Address } from "../../../hal/field.ts";
import { Emitter } from "../emission.ts";
import { frameOf, openFrame } from "../emit.ts";
import { ProxyState, UNCLAIMED } from "../proxy/records.ts";
import { emitterOf, proxyOf } from "../proxy/state.ts";
import { FlowKey } from "../segment.ts";
import type { NetContext } from "../state.ts";
import type { StackAddress, TcpHost } from "../tcp/api.ts";
import { TcpOutput, TcpStack } from "../tcp/api.ts";
import { TcpFlag } from "../tcp.ts";
import { useNeighbour } from "./ask.ts";
import { NO_WAY, nextHop } from "./next-hop.ts";
import { isOwnAddress } from "./own-addresses.ts";
import type { NeighbourAddress } from "./records.ts";
import { HostNeighbour, HostState, NO_NEIGHBOUR, NeighbourState, countHost, hostOf } from "./records.ts";
import { tcpFrameBytes, writeTcpFrame } from "./tcp-frame.ts";
import { keepWaiting, sendNow } from "./waiting.ts";

export const netTcpHost: TcpHost<NetContext> = Object.freeze({ send, accept });

/**
 * False when no buffer is free or the driver takes no more: it is worth another try soon. What cannot reach anybody, and
 * what waits for a neighbour's answer, is sent as far as TCP knows: whether it has been lost on the way time will tell.
 */
function send(context: NetContext, stack: StackAddress): boolean {
  const { memory } = context;
  const output = TcpStack.output.at(stack) as Address<"TcpOutput">;
  const key = TcpOutput.key.at(output);
  const family = FlowKey.family.get(memory, key);
  // A key begins with the peer's address.
  const hop = nextHop(context, family, key as Address as Address<"IpAddress">);
  if (hop > 0) return sendTo(context, output, hop);
  if (hop === NO_WAY) {
    countHost(context, HostState.framesUnreachable);
    return true;
  }
  const entry = useNeighbour(context, family, isForStranger(context, output));
  if (entry === NO_NEIGHBOUR) return true;
  return HostNeighbour.state.get(memory, entry) === NeighbourState.incomplete ? sendLater(context, output, entry) : sendTo(context, output, HostNeighbour.mac.at(entry));
}

function sendTo(context: NetContext, output: Address<"TcpOutput">, macAt: number): boolean {
  const handle = openFrame(context, emitterOf(context));
  return handle >= 0 && sendNow(context, handle, write(context, output, handle, macAt));
}

function sendLater(context: NetContext, output: Address<"TcpOutput">, entry: NeighbourAddress): boolean {
  const handle = openFrame(context, emitterOf(context));
  if (handle < 0) return false;
  keepWaiting(context, entry, handle, write(context, output, handle, HostState.nobody.at(hostOf(context))));
  return true;
}

/** Bytes of the frame. */
function write(context: NetContext, output: Address<"TcpOutput">, handle: number, macAt: number): number {
  const { memory, shared } = context;
  const emitter = emitterOf(context);
  const at = frameOf(context, emitter, handle, tcpFrameBytes(memory, output));
  return writeTcpFrame(shared, at, memory, output, Emitter.mac.at(emitter), macAt);
}

/** Whether anybody's segment may have brought this about: it belongs to no connection, or answers a SYN. */
function isForStranger({ memory }: NetContext, output: Address<"TcpOutput">): boolean {
  const syn = TcpFlag.syn | TcpFlag.ack;
  return TcpOutput.connection.get(memory, output) === 0 || (TcpOutput.flags.get(memory, output) & syn) === syn;
}

function accept(context: NetContext, _stack: StackAddress, key: Address<"FlowKey">): number {
  const { memory, parameters } = context;
  if (!isOwnAddress(context, key)) return -1;
  if (ProxyState.draining.get(memory, proxyOf(context)) !== 0) return 0;
  const port = FlowKey.destinationPort.get(memory, key);
  for (let index = 0; index < parameters.ports.length; index++) if (parameters.ports[index] === port) return UNCLAIMED;
  return 0;
}
