import { u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { standardHalLimits, tinyHalLimits } from "../../hal/limits.ts";
import { standardKernelLimits, tinyKernelLimits } from "../../kernel/limits.ts";
import type { Manifest, ProcessLine } from "../../kernel/manifest.ts";
import { Delivery, service } from "../../kernel/service.ts";

/** Answers calls with its first data word plus one, and counts. */
export const echo = service({
  name: "echo",
  state: layout("EchoState", { served: u32 }),
  receives: ["requests"],
  handle(message, context) {
    if (message.delivery !== Delivery.message) return;
    context.state.served += 1;
    context.reply(0, message.data0 + 1);
  },
});

/** A manifest without devices, regions and buffers: only processes. */
export function processesOnly(processes: Record<string, ProcessLine>, tiny = false): Manifest {
  return {
    name: "test",
    ramBytes: tiny ? 65_536 : 4 * 1024 * 1024,
    hal: tiny ? tinyHalLimits : standardHalLimits,
    kernel: tiny ? tinyKernelLimits : standardKernelLimits,
    devices: [],
    processes,
  };
}
