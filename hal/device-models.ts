/** The kinds of device that a board can carry: their configuration, their parts of RAM, and how each is made. */

import type { Device } from "./device.ts";
import type { DevicePort } from "./device-port.ts";
import type { HalLimits } from "./limits.ts";
import type { MailboxConfig, MailboxParts } from "./mailbox.ts";
import { Mailbox } from "./mailbox.ts";
import type { E1000Config } from "./nic/e1000.ts";
import { E1000 } from "./nic/e1000.ts";
import type { E1000Parts } from "./nic/e1000-state.ts";
import type { VirtioNetConfig } from "./nic/virtio/net.ts";
import { VirtioNet } from "./nic/virtio/net.ts";
import type { VirtioNetParts } from "./nic/virtio/net-state.ts";
import type { RamPlan } from "./ram-plan.ts";

export type DeviceConfig = MailboxConfig | E1000Config | VirtioNetConfig;

export type DeviceParts =
  | { readonly kind: "mailbox"; readonly config: MailboxConfig; readonly parts: MailboxParts }
  | { readonly kind: "e1000"; readonly config: E1000Config; readonly parts: E1000Parts }
  | { readonly kind: "virtio-net"; readonly config: VirtioNetConfig; readonly parts: VirtioNetParts };

/** Reserves a device's registers and rings, under names that begin with the device's name. */
export function planDevice(plan: RamPlan, config: DeviceConfig, limits: HalLimits): DeviceParts {
  switch (config.kind) {
    case "mailbox":
      return Object.freeze({ kind: config.kind, config, parts: Mailbox.plan(plan, config, limits) });
    case "e1000":
      return Object.freeze({ kind: config.kind, config, parts: E1000.plan(plan, config, limits) });
    case "virtio-net":
      return Object.freeze({ kind: config.kind, config, parts: VirtioNet.plan(plan, config, limits) });
  }
}

export function makeDevice(port: DevicePort, planned: DeviceParts): Device {
  switch (planned.kind) {
    case "mailbox":
      return new Mailbox(port, planned.parts);
    case "e1000":
      return new E1000(port, planned.parts);
    case "virtio-net":
      return new VirtioNet(port, planned.parts);
  }
}
