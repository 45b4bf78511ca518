/** A script's operation as the control operation that the running balancer takes (services/lb/control.ts). */

import { ALGORITHMS, ControlOperation } from "../../services/lb/control.ts";
import { OperandWriter } from "../operands.ts";
import type { Operation, ScriptBackend, ScriptHeader, ScriptRoute } from "./script.ts";

/** Throws RangeError for an operation or an algorithm that the balancer does not have. */
export function encodeOperation(operation: Operation): Uint8Array {
  const writer = new OperandWriter();
  switch (operation.op) {
    case "new":
      return writer.u8(ControlOperation.fresh).bytes();
    case "add_group":
      writer.u8(ControlOperation.addGroup).text(operation.name).u8(algorithmNumber(operation.algorithm)).u16(operation.backends.length);
      for (const backend of operation.backends) writeBackend(writer, backend);
      return writer.bytes();
    case "add_rule":
      writer.u8(ControlOperation.addRule).text(operation.default_backend).u16(operation.routes.length);
      for (const route of operation.routes) writeRoute(writer, route);
      return writer.bytes();
    case "route":
      writer.u8(ControlOperation.route).text(operation.path).text(operation.host);
      writeHeaders(writer, operation.headers);
      return writer.bytes();
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
      throw new RangeError(`there is no operation ${(operation as { op: string }).op}`);
  }
}

function algorithmNumber(name: string): number {
  const number = (ALGORITHMS as readonly string[]).indexOf(name);
  if (number < 0) throw new RangeError(`there is no algorithm ${name}`);
  return number;
}

function writeBackend(writer: OperandWriter, backend: ScriptBackend): void {
  writer.text(backend.address).u16(backend.port).u32(backend.weight).u8(backend.healthy ? 1 : 0).u32(backend.active_connections);
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
