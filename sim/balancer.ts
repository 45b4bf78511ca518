/** What the outside asks of the running load balancer, through the operator: services/lb/control.ts in words. */

import { Errno } from "../kernel/errno.ts";
import { ALGORITHMS, ControlOperation } from "../services/lb/control.ts";
import { OperatorTarget } from "../services/operator-api.ts";
import { OperandReader, OperandWriter } from "./operands.ts";
import type { Answer } from "./operator.ts";
import { request } from "./operator.ts";
import type { World } from "./world.ts";

export interface Backend {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly healthy: boolean;
  readonly activeConnections: number;
  readonly totalRequests: number;
}

export interface Group {
  readonly name: string;
  readonly algorithm: string;
  readonly backends: readonly Backend[];
}

/** A virtual IP of the transport balancer. */
export interface Vip {
  readonly address: string;
  readonly port: number;
  readonly algorithm: string;
  readonly healthy: number;
  readonly backends: readonly Backend[];
}

/** What the balancer says of a configuration text: see ConfigProblem. */
export interface ConfigRemark {
  readonly code: number;
  readonly line: number;
  readonly column: number;
  readonly argument: string;
}

/** One control operation; the answer as it came. */
export function control(world: World, operands: OperandWriter): Answer {
  return request(world, OperatorTarget.loadBalancer, operands.bytes());
}

/** All groups in the order by which decisions name them; null with an errno if the balancer does not answer. */
export function queryGroups(world: World): { readonly groups: readonly Group[]; readonly status: number } {
  const listed = control(world, new OperandWriter().u8(ControlOperation.listGroups));
  if (listed.status !== Errno.ok) return { groups: [], status: listed.status };
  const reader = new OperandReader(listed.payload);
  const names = Array.from({ length: reader.u16() }, () => reader.text());
  const groups: Group[] = [];
  for (const name of names) {
    const dumped = control(world, new OperandWriter().u8(ControlOperation.dumpGroup).text(name));
    if (dumped.status !== Errno.ok) return { groups, status: dumped.status };
    groups.push(readGroup(new OperandReader(dumped.payload), name));
  }
  return { groups, status: Errno.ok };
}

/** All virtual IPs, in the order of their keys; none with an errno if the balancer does not answer, or they do not fit its answer. */
export function queryVips(world: World): { readonly vips: readonly Vip[]; readonly status: number } {
  const { status, payload } = control(world, new OperandWriter().u8(ControlOperation.dump));
  if (status !== Errno.ok) return { vips: [], status };
  const reader = new OperandReader(payload);
  return { vips: Array.from({ length: reader.u16() }, () => readVip(reader)), status };
}

/** Has the balancer take a configuration text: all of it, or nothing. */
export function configure(world: World, text: string): { readonly status: number; readonly remarks: readonly ConfigRemark[] } {
  const answer = control(world, new OperandWriter().u8(ControlOperation.configure).text(text));
  if (answer.payload.length === 0) return { status: answer.status, remarks: [] };
  const reader = new OperandReader(answer.payload);
  const remarks = Array.from({ length: reader.u16() }, () => {
    const code = reader.u16();
    const line = reader.u32();
    const column = reader.u32();
    return { code, line, column, argument: reader.text() };
  });
  return { status: answer.status, remarks };
}

function readGroup(reader: OperandReader, name: string): Group {
  if (reader.u8() === 0) return { name, algorithm: "", backends: [] };
  reader.text();
  const algorithm = ALGORITHMS[reader.u8()] ?? "";
  const backends = Array.from({ length: reader.u16() }, () => readBackend(reader));
  return { name, algorithm, backends };
}

function readVip(reader: OperandReader): Vip {
  const address = reader.text();
  const port = reader.u16();
  const algorithm = ALGORITHMS[reader.u8()] ?? "";
  const healthy = reader.u32();
  return { address, port, algorithm, healthy, backends: Array.from({ length: reader.u16() }, () => readBackend(reader)) };
}

function readBackend(reader: OperandReader): Backend {
  const address = reader.text();
  const port = reader.u16();
  const weight = reader.u32();
  const healthy = reader.u8() !== 0;
  const activeConnections = reader.u32();
  return { address, port, weight, healthy, activeConnections, totalRequests: reader.u64() };
}
