/**
 * A machine model: data from which a manifest is made. Each number that one may want to change is a setting with a name
 * (`--set arena.lb=4K`); whatever is not set has the model's own value.
 */

import type { Manifest } from "../../kernel/manifest.ts";

export interface Setting {
  readonly value: number;
  /** "bytes" may be written with K, M or G. */
  readonly unit: "bytes" | "count" | "ticks";
  /** Smallest and largest value that makes sense for itself; the manifest's own check comes after. */
  readonly least: number;
  readonly most: number;
  readonly help: string;
}

export interface MachineChoice {
  readonly ramBytes?: number;
  /** The machine's own MAC address. */
  readonly mac?: string;
  /** Settings by name; unknown names are a RangeError: check them against `settings` first. */
  readonly settings?: Readonly<Record<string, number>>;
  /** IP addresses of the machine, where it ends connections itself; with a prefix length ("10.20.0.2/16") they say who is on its link. */
  readonly addresses?: readonly string[];
  /** TCP ports that are served. */
  readonly ports?: readonly number[];
  /** MAC address by IP address of the next hops. */
  readonly neighbours?: Readonly<Record<string, string>>;
  /** Without it a machine that ends connections itself asks its neighbours where they are. */
  readonly gatewayMac?: string;
  /** IP addresses of its gateways, for such a machine: one of each family. */
  readonly gateways?: readonly string[];
  /** Of all chance in the machine: secrets are drawn from it. */
  readonly seed?: number;
}

export interface MachineModel {
  readonly name: string;
  readonly summary: string;
  readonly ramBytes: number;
  readonly settings: Readonly<Record<string, Setting>>;
  manifest(choice?: MachineChoice): Manifest;
}

export const DEFAULT_MAC = "02:00:00:00:00:01";
export const DEFAULT_ADDRESSES: readonly string[] = Object.freeze(["10.20.0.2", "fd00::2"]);
export const DEFAULT_SEED = 1;
export const DEFAULT_GATEWAY_MAC = "02:00:00:00:00:fe";

/** The value of each setting, the chosen ones over the model's own. */
export function settle(model: string, settings: Readonly<Record<string, Setting>>, chosen: Readonly<Record<string, number>> = {}): (name: string) => number {
  for (const name of Object.keys(chosen)) {
    if (!Object.hasOwn(settings, name)) throw new RangeError(`machine ${model} has no setting ${name}; it has ${Object.keys(settings).join(", ")}`);
  }
  return (name) => (Object.hasOwn(chosen, name) ? chosen[name] : settings[name].value);
}
