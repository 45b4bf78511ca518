/** What corruptions are made with: a word of a record is set, or added to. */

import type { Address } from "../../../hal/field.ts";
import type { KernelTables } from "../../../kernel/invariants/tables.ts";

export interface Corruption {
  readonly checker: string;
  /** The place that it must name, word for word. */
  readonly place: string;
  /** Checkers that see it too, since it breaks what they watch as well. */
  readonly companions?: readonly string[];
  readonly corrupt: (tables: KernelTables) => void;
}

/** Adds to a number field of a record. */
interface AddField<Name extends string> {
  get(memory: KernelTables["ram"], at: Address<Name>): number;
  set(memory: KernelTables["ram"], at: Address<Name>, value: number): void;
}

export function add<Name extends string>(table: (tables: KernelTables) => { at(index: number): Address<Name> }, index: number, field: AddField<Name>, by = 1): (tables: KernelTables) => void {
  return (tables) => {
    const at = table(tables).at(index);
    field.set(tables.ram, at, field.get(tables.ram, at) + by);
  };
}

export function put<Name extends string>(table: (tables: KernelTables) => { at(index: number): Address<Name> }, index: number, field: AddField<Name>, value: number): (tables: KernelTables) => void {
  return (tables) => field.set(tables.ram, table(tables).at(index), value);
}

export const endpoints = (tables: KernelTables): KernelTables["endpoints"] => tables.endpoints;
export const processes = (tables: KernelTables): KernelTables["processes"] => tables.processes;
export const channels = (tables: KernelTables): KernelTables["channels"] => tables.channels;
export const timers = (tables: KernelTables): KernelTables["timers"] => tables.timers;
export const slots = (tables: KernelTables): KernelTables["slots"] => tables.slots;
export const spaces = (tables: KernelTables): KernelTables["spaces"] => tables.spaces;
export const buffers = (tables: KernelTables): KernelTables["buffers"] => tables.buffers;
export const queue = (endpoint: number) => (tables: KernelTables): KernelTables["queues"][number] => tables.queues[endpoint];
export const one = <Name extends string>(record: (tables: KernelTables) => Address<Name>) => (tables: KernelTables) => ({ at: () => record(tables) });
export const kernel = one((tables) => tables.state);
export const pool = one((tables) => tables.pool);
export const wheel = one((tables) => tables.wheel);
export const clock = one((tables) => tables.clock);
export const capabilities = one((tables) => tables.capabilityState);
