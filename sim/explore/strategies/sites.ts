/** At which sites a plan asks. */

import { faultNamed } from "../../faults/catalogue.ts";
import type { FaultRule } from "../../faults/fault.ts";

/** As a decider that draws by these rules asks: rules of 0 parts are not there. */
export function sitesOf(rules: readonly FaultRule[]): ReadonlySet<number> {
  const sites = new Set<number>();
  for (const rule of rules) {
    const fault = rule.parts > 0 ? faultNamed(rule.fault) : undefined;
    if (fault !== undefined) sites.add(fault.site);
  }
  return sites;
}
