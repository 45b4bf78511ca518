/**
 * Register scripts: what a driver does to a device, register by register, and what another model of that device
 * answered. One file, one script, starting from a device fresh from power-on and memory that is all zero.
 *
 * Every number is unsigned; bytes are in the order of memory and wire. An answer whose step is marked `departs` is
 * known or believed not to be what the hardware's manual says: the step is carried out, its answer not compared.
 */

export const SCRIPT_DEVICES = Object.freeze(["e1000", "virtio-net-mmio"] as const);
export type ScriptDevice = (typeof SCRIPT_DEVICES)[number];

/** The memory that a script may use, and that its device is granted: nothing else is within its reach. */
export const SCRIPT_MEMORY = Object.freeze({ base: 0x10_0000, end: 0x40_0000 });

export interface StepNotes {
  /** The register's name, for people; empty if the script gives none. */
  readonly register: string;
  readonly departs: boolean;
}

/** By op: what is done, and the recorded answer where the step has one. */
export type Step = StepNotes &
  (
    | { readonly op: "writel"; readonly offset: number; readonly value: number }
    | { readonly op: "readl" | "readw" | "readb"; readonly offset: number; readonly value: number }
    | { readonly op: "mem_write"; readonly address: number; readonly bytes: Uint8Array }
    | { readonly op: "mem_read"; readonly address: number; readonly bytes: Uint8Array }
    /** A frame arrives, without FCS. */
    | { readonly op: "inject"; readonly bytes: Uint8Array }
    /** The next frame that the device sent and nobody has taken yet; null: there is none. */
    | { readonly op: "expect_tx"; readonly bytes: Uint8Array | null }
    | { readonly op: "clock_step"; readonly cycles: number }
    /** The interrupt line's level. */
    | { readonly op: "irq"; readonly level: number }
  );

export interface RegisterScript {
  readonly name: string;
  readonly device: ScriptDevice;
  /** As in "02:00:00:00:00:01": what the device is configured with. */
  readonly mac: string;
  /** How the device is to be configured otherwise, as in "mq=on"; empty for as it comes. */
  readonly deviceOptions: string;
  readonly steps: readonly Step[];
}
