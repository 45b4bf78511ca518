/**
 * What comes in at a gateway's mailbox, and what goes out: one call of a small message each way. The gateway makes the
 * call as any process would; the answer is the callee's.
 */

import { i32, u64 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";

export const GatewayRequest = layout("GatewayRequest", 48, {
  /** Chosen by the sender, returned in the answer. */
  requestId: i32("identity"),
  /** Position of the endpoint in the list that the gateway was made with. */
  target: i32,
  opcode: i32,
  reserved: i32,
  data0: u64,
  data1: u64,
  data2: u64,
  data3: u64,
});

export const GatewayAnswer = layout("GatewayAnswer", 40, {
  requestId: i32("identity"),
  /** 0 or an errno: the callee's, or the kernel's if the call could not be made. */
  status: i32,
  data0: u64,
  data1: u64,
  data2: u64,
  data3: u64,
});
