/** A request that has its outcome, as the machine shows it to whoever watches the trace: read while it lies in RAM. */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { bufferAddress } from "../../kernel/dma-pool.ts";
import { DecisionMessage, HeadPlace, Outcome, RequestDescriptor } from "../../services/lb/api.ts";
import { addressPortText, addressText } from "../address-text.ts";
import type { World } from "../world.ts";
import { partOf } from "./places.ts";

export interface Decided {
  readonly requestId: number;
  readonly flow: number;
  readonly nthInFlow: number;
  /** Source address and port: the flow's name. */
  readonly client: string;
  readonly source: string;
  readonly method: string;
  readonly target: string;
  /** Null without a Host line. */
  readonly host: string | null;
  /** Names in lower case, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly outcome: number;
  /** Positions; 0xffff for none. */
  readonly group: number;
  readonly backend: number;
  /** "10.30.0.1:8080" of a routed request whose backend is an IP literal, else "". */
  readonly backendName: string;
}

/** Reads what NetTrace.requestDecided names; null where the machine has nobody who asks a balancer. */
export function decidedReader({ machine }: World): ((descriptorOffset: number, decisionOffset: number) => Decided) | null {
  const { ram } = machine;
  const [requests, streams, arena, pool] = ["region.requests", "region.streams", "arena.net", "pool"].map((name) => partOf(machine, name)?.base);
  if (requests === undefined || streams === undefined || arena === undefined || pool === undefined) return null;
  return (descriptorOffset, decisionOffset) => {
    const request = (requests + descriptorOffset) as Address<"RequestDescriptor">;
    const inStreams = RequestDescriptor.headPlace.get(ram, request) === HeadPlace.streams;
    const place = inStreams ? streams : bufferAddress(ram, { state: pool as Address<"PoolState"> }, RequestDescriptor.headHandle.get(ram, request));
    return read(ram, request, place + RequestDescriptor.headOffset.get(ram, request), (arena + decisionOffset) as Address<"DecisionMessage">);
  };
}

function read(ram: Memory, request: Address<"RequestDescriptor">, headAt: number, decision: Address<"DecisionMessage">): Decided {
  const family = RequestDescriptor.family.get(ram, request);
  const source = addressText(family, ram.u8, RequestDescriptor.source.at(request));
  const text = (from: number, count: number): string => latin1(ram, headAt + from, count);
  const outcome = DecisionMessage.outcome.get(ram, decision);
  const backendFamily = DecisionMessage.family.get(ram, decision);
  const named = outcome === Outcome.routed && backendFamily !== 0;
  return {
    requestId: RequestDescriptor.requestId.get(ram, request),
    flow: RequestDescriptor.flow.get(ram, request),
    nthInFlow: RequestDescriptor.nthInFlow.get(ram, request),
    client: addressPortText(source, RequestDescriptor.sourcePort.get(ram, request)),
    source,
    method: text(0, RequestDescriptor.methodBytes.get(ram, request)),
    target: text(RequestDescriptor.targetOffset.get(ram, request), RequestDescriptor.targetBytes.get(ram, request)),
    host: RequestDescriptor.hostPresent.get(ram, request) === 0 ? null : text(RequestDescriptor.hostOffset.get(ram, request), RequestDescriptor.hostBytes.get(ram, request)),
    headers: headersOf(text(0, RequestDescriptor.headBytes.get(ram, request))),
    outcome,
    group: DecisionMessage.group.get(ram, decision),
    backend: DecisionMessage.backend.get(ram, decision),
    backendName: named ? addressPortText(addressText(backendFamily, ram.u8, DecisionMessage.address.at(decision)), DecisionMessage.port.get(ram, decision)) : "",
  };
}

/** Header lines of a head that net let through. */
function headersOf(head: string): (readonly [string, string])[] {
  const lines = head.split("\r\n").slice(1).filter((line) => line.includes(":"));
  return lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()] as const);
}

/** The first cookie of that name that is not empty; "" if there is none. */
export function cookieOf({ headers }: Pick<Decided, "headers">, name: string): string {
  for (const [header, value] of headers) {
    if (header !== "cookie") continue;
    for (const pair of value.split(";")) {
      const equals = pair.indexOf("=");
      if (equals >= 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
    }
  }
  return "";
}

function latin1(ram: Memory, at: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += String.fromCharCode(ram.u8[at + i]);
  return text;
}
