/** The kinds of device that a board can carry: their configuration, their parts of RAM, and how each is made. */

import type { Device } from "./device.ts";
import type { DevicePort } from "./device-port.ts";
import type { HalLimits } from "./limits.ts";
import type { MailboxConfig, MailboxParts } from "./mailbox.ts";
import { Mailbox } from "./mailbox.ts";
import type { RamPlan } from "./ram-plan.ts";

export type DeviceConfig = MailboxConfig;

export type DeviceParts = { readonly kind: "mailbox"; readonly config: MailboxConfig; readonly parts: MailboxParts };

/** Reserves a device's registers and rings, under names that begin with the device's name. */
export function planDevice(plan: RamPlan, config: DeviceConfig, limits: HalLimits): DeviceParts {
  switch (config.kind) {
    case "mailbox":
      return Object.freeze({ kind: config.kind, config, parts: Mailbox.plan(plan, config, limits) });
  }
}

export function makeDevice(port: DevicePort, planned: DeviceParts): Device {
  switch (planned.kind) {
    case "mailbox":
      return new Mailbox(port, planned.parts);
  }
}
