/** Hands a configuration text to a balancer on a desk, and reads what it says of it. */

import { expect } from "vitest";
import { ControlOperation } from "../../../services/lb/control.ts";
import { OperandReader, OperandWriter } from "../../../sim/operands.ts";
import type { Desk } from "./desk.ts";

export interface Remark {
  readonly code: number;
  readonly line: number;
  readonly column: number;
  readonly argument: string;
}

export function configure(desk: Desk, text: string | Uint8Array, answerBytesMax?: number): { status: number; remarks: Remark[] } {
  const head = new OperandWriter().u8(ControlOperation.configure);
  const operands = typeof text === "string" ? head.text(text).bytes() : Uint8Array.of(...head.u32(text.length).bytes(), ...text);
  const { status, payload } = desk.operate(operands, answerBytesMax);
  if (payload.length === 0) return { status, remarks: [] };
  const reader = new OperandReader(payload);
  const remarks = Array.from({ length: reader.u16() }, () => ({ code: reader.u16(), line: reader.u32(), column: reader.u32(), argument: reader.text() }));
  expect(reader.done).toBe(true);
  return { status, remarks };
}
