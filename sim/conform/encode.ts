/** A script's operation as the control operation that the running balancer takes (services/lb/control.ts). */

import { ALGORITHMS, ControlOperation } from "../../services/lb/control.ts";
import { OperandWriter } from "../operands.ts";
import type { Operation, PartOperation, ScriptBackend, ScriptHeader, ScriptRoute, TransportOperation } from "./script.ts";

/** Throws RangeError for an operation or an algorithm that the balancer does not have. */
export function encodeOperation(operation: Operation): Uint8Array {
  const writer = new OperandWriter();
  switch (operation.op) {
    case "new":
      // Objects that a script calls by id are not the balancer's.
      return writer.u8(ControlOperation.fresh).u8(1).bytes();
    case "add_group":
      return writeGroup(writer.u8(ControlOperation.addGroup), operation).bytes();
    case "add_rule":
      writer.u8(ControlOperation.addRule).text(operation.default_backend).u16(operation.routes.length);
      for (const route of operation.routes) writeRoute(writer, route);
      return writer.bytes();
    case "route":
      return writeRequest(writer.u8(ControlOperation.route), operation).bytes();
    case "set_defaults":
      return writer.u8(ControlOperation.setDefaults).u32(operation.rps).u32(operation.burst).bytes();
    case "rate":
      return writer.u8(ControlOperation.rate).text(operation.client).u64(operation.tick).bytes();
    case "sticky_set":
      return writer.u8(ControlOperation.stickySet).text(operation.session).u64(operation.index).bytes();
    case "sticky_get":
      return writer.u8(ControlOperation.stickyGet).text(operation.session).bytes();
    case "counts":
      return writer.u8(ControlOperation.counts).bytes();
    case "dump_group":
      return writer.u8(ControlOperation.dumpGroup).text(operation.name).bytes();
    case "parse":
      return writer.u8(ControlOperation.parse).text(operation.text).bytes();
    default:
      return encodePart(operation);
  }
}

function algorithmNumber(name: string): number {
  const number = (ALGORITHMS as readonly string[]).indexOf(name);
  if (number < 0) throw new RangeError(`there is no algorithm ${name}`);
  return number;
}

function encodePart(operation: PartOperation | TransportOperation): Uint8Array {
  const writer = new OperandWriter();
  switch (operation.op) {
    case "bucket_new":
      return writer.u8(ControlOperation.bucketNew).text(operation.id).u32(operation.rps).u32(operation.burst).bytes();
    case "bucket_allow":
      return writer.u8(ControlOperation.bucketAllow).text(operation.id).u64(operation.tick).bytes();
    case "bucket_get":
      return writer.u8(ControlOperation.bucketGet).text(operation.id).bytes();
    case "session_new":
      return writer.u8(ControlOperation.sessionNew).text(operation.id).text(operation.cookie_name).bytes();
    case "session_set":
      return writer.u8(ControlOperation.sessionSet).text(operation.id).text(operation.session).u64(operation.index).bytes();
    case "session_get":
      return writer.u8(ControlOperation.sessionGet).text(operation.id).text(operation.session).bytes();
    case "session_remove":
      return writer.u8(ControlOperation.sessionRemove).text(operation.id).text(operation.session).bytes();
    case "session_count":
      return writer.u8(ControlOperation.sessionCount).text(operation.id).bytes();
    case "route_matches":
      writeRoute(writer.u8(ControlOperation.routeMatches), operation.route);
      return writeRequest(writer, operation).bytes();
    default:
      return encodeGroupPart(operation);
  }
}

function encodeGroupPart(operation: PartOperation | TransportOperation): Uint8Array {
  const writer = new OperandWriter();
  switch (operation.op) {
    case "group_new":
      return writeGroup(writer.u8(ControlOperation.groupNew).text(operation.id), operation).bytes();
    case "group_push":
      return writeBackend(writer.u8(ControlOperation.groupPush).text(operation.id), operation.backend).bytes();
    case "group_patch":
      writer.u8(ControlOperation.groupPatch).text(operation.id).u32(operation.index).u8(operation.healthy === undefined ? 2 : operation.healthy ? 1 : 0);
      return writer.u8(operation.active_connections === undefined ? 0 : 1).u32(operation.active_connections ?? 0).bytes();
    case "group_set_algorithm":
      return writer.u8(ControlOperation.groupSetAlgorithm).text(operation.id).u8(algorithmNumber(operation.algorithm)).bytes();
    case "group_select":
      return writer.u8(ControlOperation.groupSelect).text(operation.id).bytes();
    case "group_dump":
      return writer.u8(ControlOperation.groupDump).text(operation.id).bytes();
    case "group_install":
      return writer.u8(ControlOperation.groupInstall).text(operation.id).bytes();
    default:
      return encodeTransport(operation as TransportOperation);
  }
}

function encodeTransport(operation: TransportOperation): Uint8Array {
  const writer = new OperandWriter();
  switch (operation.op) {
    case "health_check":
      return writer.u8(ControlOperation.healthCheck).bytes();
    case "dump":
      return writer.u8(ControlOperation.dump).bytes();
    case "add_vip":
      return writer.u8(ControlOperation.addVip).text(operation.vip).u16(operation.port).u8(algorithmNumber(operation.algorithm)).bytes();
    case "remove_vip":
      return writer.u8(ControlOperation.removeVip).text(operation.vip).u16(operation.port).bytes();
    case "add_backend":
      return writeBackend(writer.u8(ControlOperation.addBackend).text(operation.vip).u16(operation.port), operation.backend).bytes();
    case "remove_backend":
      return writer.u8(ControlOperation.removeBackend).text(operation.vip).u16(operation.port).text(operation.address).bytes();
    case "set_health":
      return writer.u8(ControlOperation.setHealth).text(operation.vip).u16(operation.port).text(operation.address).u8(operation.healthy ? 1 : 0).bytes();
    case "select":
      return writer.u8(ControlOperation.select).text(operation.vip).u16(operation.port).u32(operation.client_ip).bytes();
    case "get_vip":
      return writer.u8(ControlOperation.getVip).text(operation.vip).u16(operation.port).bytes();
    default:
      throw new RangeError(`there is no operation ${(operation as { op: string }).op}`);
  }
}

function writeGroup(writer: OperandWriter, group: { readonly name: string; readonly algorithm: string; readonly backends: readonly ScriptBackend[] }): OperandWriter {
  writer.text(group.name).u8(algorithmNumber(group.algorithm)).u16(group.backends.length);
  for (const backend of group.backends) writeBackend(writer, backend);
  return writer;
}

function writeRequest(writer: OperandWriter, request: { readonly path: string; readonly host: string; readonly headers: readonly ScriptHeader[] }): OperandWriter {
  writeHeaders(writer.text(request.path).text(request.host), request.headers);
  return writer;
}

function writeBackend(writer: OperandWriter, backend: ScriptBackend): OperandWriter {
  return writer.text(backend.address).u16(backend.port).u32(backend.weight).u8(backend.healthy ? 1 : 0).u32(backend.active_connections);
}

function writeRoute(writer: OperandWriter, route: ScriptRoute): void {
  writer.text(route.path_prefix).text(route.host);
  writeHeaders(writer, route.headers);
  writer.text(route.backend_group);
}

function writeHeaders(writer: OperandWriter, headers: readonly ScriptHeader[]): void {
  writer.u16(headers.length);
  for (const [name, value] of headers) writer.text(name).text(value);
}
