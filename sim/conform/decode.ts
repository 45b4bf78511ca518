/** The balancer's answer to a control operation as a script's result. */

import { errnoName } from "../../kernel/errno.ts";
import { ALGORITHMS, LbErrno } from "../../services/lb/control.ts";
import { OperandReader } from "../operands.ts";
import type { Operation, Result } from "./script.ts";

/** Errors by status, and whether a text goes with them. */
const ERRORS: readonly { readonly status: number; readonly name: string; readonly argument: boolean }[] = Object.freeze([
  { status: LbErrno.noRouteMatch, name: "NoRouteMatch", argument: false },
  { status: LbErrno.backendGroupNotFound, name: "BackendGroupNotFound", argument: true },
  { status: LbErrno.noHealthyBackend, name: "NoHealthyBackend", argument: false },
  { status: LbErrno.rateLimitExceeded, name: "RateLimitExceeded", argument: false },
  { status: LbErrno.invalidLine, name: "InvalidLine", argument: true },
  { status: LbErrno.invalidPort, name: "InvalidPort", argument: true },
  { status: LbErrno.unknownAlgorithm, name: "UnknownAlgorithm", argument: true },
  { status: LbErrno.missingField, name: "MissingField", argument: true },
  { status: LbErrno.vipNotFound, name: "VipNotFound", argument: true },
  { status: LbErrno.vipAlreadyExists, name: "VipAlreadyExists", argument: true },
  { status: LbErrno.backendNotFound, name: "BackendNotFound", argument: true },
]);

/** A refusal that no script knows (a full table, no memory) becomes an error of its errno's name. */
export function decodeAnswer(operation: Operation, status: number, payload: Uint8Array): Result {
  const reader = new OperandReader(payload);
  if (status === 0) return { ok: decodeValue(operation, reader) };
  const error = ERRORS.find((known) => known.status === status);
  if (error === undefined) return { err: errnoName(status) };
  return error.argument ? { err: error.name, arg: reader.text() } : { err: error.name };
}

function decodeValue(operation: Operation, reader: OperandReader): unknown {
  switch (operation.op) {
    case "route":
    case "select":
      return [reader.text(), reader.u16()];
    case "sticky_get":
    case "session_get":
      return reader.u8() === 0 ? null : reader.u64();
    case "counts":
      return { backend_groups: reader.u32(), rules: reader.u32() };
    case "dump_group":
      return reader.u8() === 0 ? null : decodeGroup(reader);
    case "parse":
      return decodeConfiguration(reader);
    case "bucket_allow":
    case "route_matches":
      return reader.u8() !== 0;
    case "bucket_get":
      return { requests_per_second: reader.u32(), burst: reader.u32(), current_tokens: reader.u32(), last_refill_tick: reader.u64() };
    case "session_count":
      return { cookie_name: reader.text(), sessions: reader.u32() };
    case "group_select":
      return reader.u8() === 0 ? null : [reader.text(), reader.u16()];
    case "group_dump":
      return decodeGroup(reader);
    case "get_vip":
      return reader.u8() === 0 ? null : decodeVip(reader);
    case "dump":
      return decodeVips(reader);
    default:
      return null;
  }
}

function decodeGroup(reader: OperandReader): unknown {
  const name = reader.text();
  const algorithm = ALGORITHMS[reader.u8()];
  return { name, algorithm, backends: times(reader.u16(), () => decodeBackend(reader)) };
}

function decodeVips(reader: OperandReader): unknown {
  const count = reader.u16();
  return { vip_count: count, vips: times(count, () => decodeVip(reader)) };
}

function decodeVip(reader: OperandReader): unknown {
  const address = reader.text();
  const port = reader.u16();
  const algorithm = ALGORITHMS[reader.u8()];
  return { address, port, algorithm, healthy_count: reader.u32(), backends: times(reader.u16(), () => decodeBackend(reader)) };
}

function decodeBackend(reader: OperandReader): unknown {
  return {
    address: reader.text(),
    port: reader.u16(),
    weight: reader.u32(),
    healthy: reader.u8() !== 0,
    active_connections: reader.u32(),
    total_requests: reader.u64(),
  };
}

function decodeConfiguration(reader: OperandReader): unknown {
  const low = reader.u32();
  const high = reader.u32();
  return {
    health_check_interval: decimal(low, high),
    rate_limit_rps: reader.u32(),
    rate_limit_burst: reader.u32(),
    vips: times(reader.u16(), () => ({ address: reader.text(), port: reader.u16(), algorithm: ALGORITHMS[reader.u8()], backends: [] })),
    routes: times(reader.u16(), () => ({ path_prefix: reader.text(), host: reader.text(), backend_group: reader.text() })),
  };
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

/** Digits of a number of 64 bits given as two words. */
export function decimal(low: number, high: number): string {
  const words = [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff];
  let digits = "";
  while (words.some((word) => word !== 0)) {
    let rest = 0;
    for (let i = 0; i < words.length; i++) {
      const value = rest * 0x10000 + words[i];
      words[i] = Math.floor(value / 10);
      rest = value % 10;
    }
    digits = String(rest) + digits;
  }
  return digits === "" ? "0" : digits;
}
