/** What a manifest says about capabilities, judged: quotas, rights, and the limits behind them. */

import type { KernelLimits } from "../limits.ts";
import type { Manifest, Say } from "../manifest.ts";
import { GOVERNING_RIGHTS } from "./right.ts";
import { TABLES_MAX } from "./slot.ts";

/** A table's number is a byte, and 32 processes have one each. */
const FURTHER_TABLES_MAX = 254 - 32;
/** A slot's number is 16 bits: what 254 tables of 256 leave. */
const IN_FLIGHT_MAX = 0xffff - 254 * 256;
/** Needs are bits of one word where closed endpoints are told. */
const NEEDS_MAX = 32;

export function checkCapabilityLimits(manifest: Manifest, say: Say): void {
  const limits: KernelLimits = manifest.kernel;
  const { capabilities, capabilityTable, capabilityTables, capabilitiesInFlight } = limits;
  const sound = Number.isInteger(capabilityTable) && capabilityTable >= 1 && capabilityTable <= 256 && (capabilityTable & (capabilityTable - 1)) === 0;
  if (!sound) say("kernel.capabilityTable", `${capabilityTable} slots; expected a power of two from 1 to 256`);
  if (!isCount(capabilities, 1, TABLES_MAX * capabilityTable)) say("kernel.capabilities", `${capabilities}; expected 1 to ${TABLES_MAX * capabilityTable}, which are ${TABLES_MAX} tables`);
  if (!isCount(capabilityTables, 0, FURTHER_TABLES_MAX)) say("kernel.capabilityTables", `${capabilityTables}; expected 0 to ${FURTHER_TABLES_MAX}`);
  const taken = Object.values(manifest.processes).reduce((sum, line) => sum + Math.max(0, Math.ceil(Object.keys(line.service.needs).length / capabilityTable) - 1), 0);
  if (taken > capabilityTables) say("kernel.capabilityTables", `${capabilityTables}; the needs of all processes alone take ${taken}`);
  if (!isCount(capabilitiesInFlight, 0, IN_FLIGHT_MAX)) say("kernel.capabilitiesInFlight", `${capabilitiesInFlight}; expected 0 to ${IN_FLIGHT_MAX}`);
}

export function checkCapabilities(manifest: Manifest, name: string, say: Say): void {
  const { kernel } = manifest;
  const line = manifest.processes[name];
  const quotaMax = TABLES_MAX * kernel.capabilityTable;
  const quota = line.capabilities ?? kernel.capabilities;
  if (!isCount(quota, 1, quotaMax)) say(`processes.${name}.capabilities`, `${quota}; expected 1 to ${quotaMax}`);
  const needs = Object.keys(line.service.needs);
  const most = Math.min(quota, NEEDS_MAX);
  if (needs.length > most) say(`processes.${name}`, `${line.service.name} needs ${needs.length} grants, the limit is ${most}`);
  for (const [need, rights] of Object.entries(line.rights ?? {})) {
    if (!needs.includes(need)) say(`processes.${name}.rights.${need}`, `${line.service.name} has no such need; it has ${needs.join(", ") || "none"}`);
    for (const right of rights) {
      if (!GOVERNING_RIGHTS.includes(right)) say(`processes.${name}.rights.${need}`, `${String(right)}; expected one of ${GOVERNING_RIGHTS.join(", ")}`);
    }
  }
}

function isCount(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
