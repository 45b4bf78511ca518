/** A machine that serves: net ends the clients' connections and makes its own to the backends. 20 MiB, most of it for what is on its way. */

import { proxyStandard } from "../../services/net/proxy/limits.ts";
import { balancerModel } from "./balancer.ts";
import type { Setting } from "./model.ts";
import { proxySettings } from "./proxy-settings.ts";
import { standardNumbers } from "./standard.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Where it differs from the standard machine. */
const values: Readonly<Record<string, number>> = {
  // The buffers of all connections (4 MiB), their records, and as much again for what the heap cannot join.
  "arena.net": 8 * MIB,
  "region.streams": 2 * MIB,
  // Every segment on its way out has one; the ring has room for all of them, so that none is thrown away there.
  buffers: 512,
  "rx.posted": 96,
  "tx.descriptors": 512,
};

const settings: Record<string, Setting> = {};
for (const [name, setting] of Object.entries(standardNumbers.settings)) settings[name] = Object.hasOwn(values, name) ? { ...setting, value: values[name] } : setting;

export const proxy = balancerModel({
  ...standardNumbers,
  name: "proxy",
  summary: "20 MiB, ends connections itself and serves as a proxy for a thousand clients",
  ramBytes: 20 * MIB,
  proxy: proxyStandard,
  settings: Object.freeze({ ...settings, ...proxySettings(proxyStandard) }),
});
