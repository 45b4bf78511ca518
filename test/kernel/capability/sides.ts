/** All capabilities, one line each, as the kernel's tables and as the model have them: equal when both agree. */

import { CapabilitySlot, SlotUse } from "../../../kernel/capability.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import type { Model } from "./model.ts";

export function kernelSide(kernel: Kernel): string[] {
  const { ram, spaces } = kernel;
  const lines: string[] = [];
  for (let slot = 1; slot < spaces.slots.count; slot++) {
    const at = spaces.slots.at(slot);
    const use = CapabilitySlot.use.get(ram, at);
    if (use !== SlotUse.held && use !== SlotUse.inFlight) continue;
    const get = (field: "holder" | "objectType" | "object" | "rights" | "parent"): number => CapabilitySlot[field].get(ram, at);
    lines.push(`${use === SlotUse.held ? `slot ${slot}` : "under way"}: ${get("holder")} ${get("objectType")} ${get("object")} ${get("rights")} below ${get("parent")}`);
  }
  return lines.sort();
}

export function modelSide(model: Model): string[] {
  return model.all.map((one) => `${one.place === "held" ? `slot ${one.slot}` : "under way"}: ${one.holder} ${one.type} ${one.object} ${one.rights} below ${one.parent?.slot ?? 0}`).sort();
}
