/** Net as the host of its TCP stack: segments leave as frames in DMA buffers, SYNs to served ports of the machine's own addresses are let in. */

import type { Address } from "../../../hal/field.ts";
import { Emission, Emitter } from "../emission.ts";
import { frameOf, openFrame, sendFrame } from "../emit.ts";
import { nextHopMac } from "../neighbour.ts";
import { ProxyState, UNCLAIMED } from "../proxy/records.ts";
import { emitterOf, proxyOf } from "../proxy/state.ts";
import { FlowKey } from "../segment.ts";
import type { NetContext } from "../state.ts";
import { NetState, stateOf } from "../state.ts";
import type { StackAddress, TcpHost } from "../tcp/api.ts";
import { TcpOutput, TcpStack } from "../tcp/api.ts";
import { isOwnAddress } from "./own-addresses.ts";
import { tcpFrameBytes, writeTcpFrame } from "./tcp-frame.ts";

export const netTcpHost: TcpHost<NetContext> = Object.freeze({ send, accept });

/** False when no buffer is free or the driver takes no more. */
function send(context: NetContext, stack: StackAddress): boolean {
  const { memory, shared } = context;
  const emitter = emitterOf(context);
  const output = TcpStack.output.at(stack) as Address<"TcpOutput">;
  const frameBytes = tcpFrameBytes(memory, output);
  const handle = openFrame(context, emitter);
  if (handle < 0) return false;
  const at = frameOf(context, emitter, handle, frameBytes);
  const key = TcpOutput.key.at(output);
  const neighbours = Emitter.neighbours.get(memory, emitter) as Address<"NeighbourTable">;
  // A key begins with the peer's address.
  const macAt = nextHopMac(memory, neighbours, FlowKey.family.get(memory, key), key as Address as Address<"IpAddress">);
  writeTcpFrame(shared, at, memory, output, Emitter.mac.at(emitter), macAt);
  const emission = NetState.emission.at(stateOf(context));
  Emission.queue.set(memory, emission, 0);
  return sendFrame(context, emitter, emission, handle, frameBytes);
}

function accept(context: NetContext, _stack: StackAddress, key: Address<"FlowKey">): number {
  const { memory, parameters } = context;
  if (!isOwnAddress(context, key)) return -1;
  if (ProxyState.draining.get(memory, proxyOf(context)) !== 0) return 0;
  const port = FlowKey.destinationPort.get(memory, key);
  for (let index = 0; index < parameters.ports.length; index++) if (parameters.ports[index] === port) return UNCLAIMED;
  return 0;
}
