/** Keys that say when a group's backends are in service: probes, ejection, panic, slow start. */

import { GroupPolicy } from "../group/group-policy.ts";
import { GroupOption, numberOption } from "./group-option.ts";
import { TICKS_MAX } from "./limits.ts";

/** Results in a row that turn a backend's health, where the line does not say. */
export const DEFAULT_RISE = 2;
export const DEFAULT_FALL = 3;

/** As many as a backend counts. */
const FAILURES_MAX = 0xffff;
const RESULTS_MAX = 0xff;

const percent = Object.freeze({ name: "percentage", least: 1, most: 100 });
const ticks = Object.freeze({ name: "number of ticks", least: 1, most: TICKS_MAX });
const results = Object.freeze({ name: "number of probes", least: 1, most: RESULTS_MAX });

export const health = numberOption({
  name: "health",
  missing: "health requires group:interval:timeout:jitter, and rise:fall or neither",
  bit: GroupOption.health,
  numbers: Object.freeze([ticks, ticks, Object.freeze({ name: "number of ticks", least: 0, most: TICKS_MAX }), results, results]),
  fields: Object.freeze([GroupPolicy.probeIntervalTicks, GroupPolicy.probeTimeoutTicks, GroupPolicy.probeJitterTicks, GroupPolicy.rise, GroupPolicy.fall]),
  required: 3,
  without: Object.freeze([0, 0, 0, DEFAULT_RISE, DEFAULT_FALL]),
});

export const eject = numberOption({
  name: "eject",
  missing: "eject requires group:failures:ticks:percent",
  bit: GroupOption.eject,
  numbers: Object.freeze([Object.freeze({ name: "number of failures", least: 1, most: FAILURES_MAX }), ticks, percent]),
  fields: Object.freeze([GroupPolicy.ejectFailures, GroupPolicy.ejectTicks, GroupPolicy.ejectPercent]),
});

export const panic = numberOption({
  name: "panic",
  missing: "panic requires group:percent",
  bit: GroupOption.panic,
  numbers: Object.freeze([percent]),
  fields: Object.freeze([GroupPolicy.panicPercent]),
});

export const slowStart = numberOption({
  name: "slow_start",
  missing: "slow_start requires group:ticks",
  bit: GroupOption.slowStart,
  numbers: Object.freeze([ticks]),
  fields: Object.freeze([GroupPolicy.slowStartTicks]),
});
