/** The NICs that the balancer's machine can have: the device's line, its memory for rings, and its driver. */

import type { DeviceConfig } from "../../hal/device-models.ts";
import type { ProcessLine } from "../../kernel/manifest.ts";
import type { AnyService } from "../../kernel/service.ts";
import { e1000Driver } from "../../services/e1000-driver.ts";
import { virtioDriver, virtioRingsBytes } from "../../services/virtio-driver.ts";

export type NicChoice = { readonly kind: "e1000" } | { readonly kind: "virtio-net"; readonly queuePairs: number };

export const E1000: NicChoice = Object.freeze({ kind: "e1000" });

/** As large as the settings rx.descriptors and tx.descriptors may be. */
const QUEUE_SIZE_MAX = 4096;

type Value = (name: string) => number;

export function nicDevice(nic: NicChoice, name: string, mac: string): DeviceConfig {
  return nic.kind === "e1000" ? { name, kind: nic.kind, mac } : { name, kind: nic.kind, mac, queuePairs: nic.queuePairs, queueSizeMax: QUEUE_SIZE_MAX };
}

/** Bytes of the region that driver and device share. */
export function ringsBytes(nic: NicChoice, value: Value): number {
  if (nic.kind === "virtio-net") return virtioRingsBytes({ ...ringNumbers(value), queuePairs: nic.queuePairs });
  // Two rings of 16-byte descriptors, each rounded up to the 128 bytes that the 82540EM asks for.
  return e1000RingBytes(value("rx.descriptors")) + e1000RingBytes(value("tx.descriptors"));
}

/** The driver, and what its manifest line tells it: `groups` are MAC addresses of groups that are listened to. */
export function driverService(nic: NicChoice, value: Value, groups: readonly (readonly number[])[] = []): Pick<ProcessLine, "service" | "parameters"> {
  const numbers = { ...ringNumbers(value), ...(groups.length === 0 ? {} : { groups }) };
  if (nic.kind === "e1000") return { service: e1000Driver as unknown as AnyService, parameters: numbers };
  return { service: virtioDriver as unknown as AnyService, parameters: { ...numbers, queuePairs: nic.queuePairs } };
}

function ringNumbers(value: Value): { rxDescriptors: number; rxPosted: number; txDescriptors: number } {
  return { rxDescriptors: value("rx.descriptors"), rxPosted: value("rx.posted"), txDescriptors: value("tx.descriptors") };
}

function e1000RingBytes(descriptors: number): number {
  return (descriptors * 16 + 127) & ~127;
}
