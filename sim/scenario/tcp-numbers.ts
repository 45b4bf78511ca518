/** What TCP, the proxy and the link have counted, read by name out of the machine's RAM and the world's memory. Looking changes nothing. */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { arenaAccount } from "../../kernel/arena.ts";
import { HostState, hostCounterTypes } from "../../services/net/host/records.ts";
import { ProxyProbes, probeCounterTypes } from "../../services/net/proxy/probe-records.ts";
import { proxyCounterTypes, ProxyState } from "../../services/net/proxy/records.ts";
import { NetState } from "../../services/net/state.ts";
import { TcpStack } from "../../services/net/tcp/api.ts";
import { tcpCounterTypes } from "../../services/net/tcp/stack.ts";
import { LinkState } from "../inhabitants/link.ts";
import type { World } from "../world.ts";

export type Numbers = Readonly<Record<string, number>>;

/** Numbers of a record's fields by name; fields that it has not are left out. */
export function numbersOf(memory: Memory, layout: object, at: number, names: readonly string[]): Numbers {
  const fields = layout as Readonly<Record<string, { get?: (memory: Memory, at: number) => number } | undefined>>;
  return Object.freeze(Object.fromEntries(names.flatMap((name) => {
    const field = fields[name];
    return field?.get === undefined ? [] : [[name, field.get(memory, at)] as const];
  })));
}

/** What is in use now stands beside the counters: connections, and bytes of buffers. */
const STACK_NAMES: readonly string[] = Object.freeze([...Object.keys(tcpCounterTypes), "inUse", "bufferBytes", "bufferBytesPeak"]);
const LINK_NAMES: readonly string[] = Object.freeze(["sentToMachine", "sentFromMachine", "lost", "late", "doubled", "damaged", "dropped"]);

/** Of the machine's stack and proxy, and of it as a host on its link; null where net ends no connections. */
export function proxyNumbers({ machine }: World): { readonly proxy: Numbers; readonly tcp: Numbers; readonly host: Numbers } | null {
  const [arena, state] = ["arena.net", "state.net"].map((name) => machine.parts.find((part) => part.name === name));
  if (arena === undefined || state === undefined) return null;
  const memory = machine.ram.window(arena.base, arena.bytes);
  const net = (state.base - arena.base) as Address<"NetState">;
  const proxy = NetState.proxy.get(memory, net) as Address<"ProxyState">;
  if (proxy === 0) return null;
  const stack = ProxyState.stack.get(memory, proxy);
  const probes = numbersOf(memory, ProxyProbes, ProxyState.probes.get(memory, proxy), Object.keys(probeCounterTypes));
  const host = numbersOf(memory, HostState, NetState.host.get(memory, net), Object.keys(hostCounterTypes));
  return Object.freeze({ host, proxy: Object.freeze({ ...numbersOf(memory, ProxyState, proxy, Object.keys(proxyCounterTypes)), ...probes }), tcp: numbersOf(memory, TcpStack, stack, STACK_NAMES) });
}

/** Of the two sides of the world, and the link; null where nobody lives. */
export function worldNumbers({ inhabitants }: World): { readonly clients: Numbers; readonly backends: Numbers; readonly link: Numbers; readonly usedBytes: number } | null {
  if (inhabitants === null) return null;
  const { heap, clients, backends, link } = inhabitants;
  return Object.freeze({
    clients: numbersOf(heap.memory, TcpStack, clients.stack, STACK_NAMES),
    backends: numbersOf(heap.memory, TcpStack, backends.stack, STACK_NAMES),
    link: numbersOf(heap.memory, LinkState, link.state, LINK_NAMES),
    usedBytes: arenaAccount(heap.memory, 0).usedBytes,
  });
}
