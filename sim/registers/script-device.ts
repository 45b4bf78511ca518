/** Which of our devices a register script is played on, and how it is configured. */

import type { DeviceConfig } from "../../hal/device-models.ts";
import type { RegisterScript } from "./script.ts";

const NAME = "nic0";

/** Null for a device that is not modelled as the script has it configured. */
export function scriptDevice(script: RegisterScript): DeviceConfig | null {
  const options = script.deviceOptions.split(",").filter((option) => option !== "");
  if (script.device === "e1000") return options.length === 0 ? { kind: "e1000", name: NAME, mac: script.mac } : null;
  const multiqueue = options.includes("mq=on");
  const accessPlatform = options.includes("iommu_platform=on");
  if (options.length > Number(multiqueue) + Number(accessPlatform)) return null;
  return { kind: "virtio-net", name: NAME, mac: script.mac, queuePairs: 1, multiqueue, accessPlatform };
}
