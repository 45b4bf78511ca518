/** What a message's opcode is called at the endpoint that it goes to. */

import { DriverOpcode } from "../../services/driver-api.ts";
import { EchoOpcode } from "../../services/examples/echo-api.ts";
import { StoreOpcode } from "../../services/examples/key-value-store-api.ts";
import { NameOpcode } from "../../services/examples/name-server-api.ts";
import { VisitorOpcode } from "../../services/examples/visitor-api.ts";
import { LbOpcode } from "../../services/lb/api.ts";
import { ProbeOpcode } from "../../services/lb/probe-api.ts";
import { NetOpcode } from "../../services/net/api.ts";
import type { Names } from "./names.ts";

type Opcodes = Readonly<Record<string, number>>;

/** By service; where its endpoints speak differently, by "service endpoint". */
const OPCODES: ReadonlyMap<string, Opcodes> = new Map<string, Opcodes>([
  ["net frames", DriverOpcode],
  ["net decisions", { ...LbOpcode, ...ProbeOpcode }],
  ["net control", NetOpcode],
  ["load-balancer", { ...LbOpcode, ...ProbeOpcode }],
  ["e1000-driver", DriverOpcode],
  ["virtio-driver", DriverOpcode],
  ["echo", EchoOpcode],
  ["key-value-store", StoreOpcode],
  ["name-server", NameOpcode],
  ["visitor", VisitorOpcode],
]);

/** The opcode's name; "opcode 7" for one that has none there. `endpoint` is the endpoint's number. */
export function opcodeName({ endpoints, processes, services }: Names, endpoint: number, opcode: number): string {
  const [process = "", name = ""] = (endpoints[endpoint] ?? "").split(".");
  const service = services[processes.indexOf(process)] ?? "";
  const opcodes = OPCODES.get(`${service} ${name}`) ?? OPCODES.get(service) ?? {};
  return Object.entries(opcodes).find(([, number]) => number === opcode)?.[0] ?? `opcode ${opcode}`;
}
