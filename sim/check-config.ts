/**
 * Judging a configuration text by loading it into a machine of its own, through the mailbox, as a run would. The machine is
 * the one that the text is meant for, but for the ways in and out, which are made wide enough for every problem of the text.
 */

import { boot } from "../kernel/boot.ts";
import { Errno, errnoName } from "../kernel/errno.ts";
import type { Manifest } from "../kernel/manifest.ts";
import { ControlOperation, LbErrno, controlRequestBytesMax } from "../services/lb/control.ts";
import type { LbLimits } from "../services/limits.ts";
import { MailboxRequest } from "../services/operator-api.ts";
import { stoppedProcesses } from "./accounting.ts";
import type { ConfigRemark } from "./balancer.ts";
import { configure, control, queryGroups, queryVips } from "./balancer.ts";
import type { ConfigFinding } from "./config-words.ts";
import { configFindings } from "./config-words.ts";
import { OperandReader, OperandWriter } from "./operands.ts";
import type { Problem } from "./problem.ts";
import { problem } from "./problem.ts";
import { encodeUtf8 } from "./utf8.ts";
import type { World } from "./world.ts";
import { worldOf } from "./world.ts";

/** What a sound text makes. */
export interface ConfigSummary {
  readonly semantics: "veridian" | "strict";
  readonly groups: number;
  readonly members: number;
  readonly routes: number;
  readonly vips: number;
  /** Backends of all virtual IPs. */
  readonly backends: number;
}

export interface ConfigCheck {
  /** Faults and notes, in the order of their lines. */
  readonly findings: readonly ConfigFinding[];
  /** What keeps the text from being loaded besides its own faults. */
  readonly problems: readonly Problem[];
  /** Null if it may not be loaded. */
  readonly summary: ConfigSummary | null;
}

/** A record has 14 bytes and what it is about: a piece of the text, or what its key's value must look like. */
const FINDING_BYTES = 14;
const FORM_BYTES_MAX = 96;
/** The answer counts them in a u16, and one more says that there are more. */
const FINDINGS_MAX = 65_000;
/** Operation, length of the text. */
const OPERATION_BYTES = 5;
/** In front of a record in the mailbox. */
const RECORD_BYTES = 4;
const SPARE_BYTES = 4096;
const START_TICKS = 10;
/** For a megabyte of routes that nobody will load. */
const HANDLER_CYCLES = 200_000_000;
/** Enough for whatever a megabyte of text makes. */
const LARGE_ARENA_BYTES = 64 * 1024 * 1024;

/** Judges the text on the machine of that manifest. A ManifestError is thrown on. */
export function checkConfig(manifest: Manifest, text: string): ConfigCheck {
  const bytes = encodeUtf8(text).length;
  const tooLong = wayProblems(manifest, bytes);
  const wide = widened(manifest, bytes, text.split("\n").length, tooLong.length > 0);
  const { world, status, remarks } = load(wide, text);
  const stopped = stoppedProcesses(world.machine).map(({ process, why }) => problem(`machine ${manifest.name}: processes.${process}`, why, "a larger machine (--manifest large)"));
  // Without memory for all of it the balancer says nothing about the text: one with more does.
  const findings = orderedFindings(status === Errno.outOfMemory ? load(withMemory(wide), text).remarks : remarks, text);
  const problems = [...tooLong, ...stopped, ...(stopped.length > 0 ? [] : loadProblems(manifest, status))];
  const sound = status === Errno.ok && problems.length === 0;
  return { findings, problems, summary: sound ? summarize(world, text) : null };
}

function load(manifest: Manifest, text: string): { world: World; status: number; remarks: readonly ConfigRemark[] } {
  const world = worldOf(boot(manifest));
  world.machine.runUntilQuiet(START_TICKS);
  return { world, ...configure(world, text) };
}

function orderedFindings(remarks: readonly ConfigRemark[], text: string): ConfigFinding[] {
  return configFindings(remarks, text).sort((one, other) => (one.line || Infinity) - (other.line || Infinity) || one.column - other.column);
}

function withMemory(manifest: Manifest): Manifest {
  const { lb } = manifest.processes;
  return { ...manifest, ramBytes: manifest.ramBytes + LARGE_ARENA_BYTES, processes: { ...manifest.processes, lb: { ...lb, arenaBytes: LARGE_ARENA_BYTES } } };
}

/** The same machine with room for a text of so many bytes and lines, and for a finding on each line; with time for it too, if the machine as it is would not be given it. */
function widened(manifest: Manifest, bytes: number, lines: number, slow: boolean): Manifest {
  const findings = Math.min(FINDINGS_MAX, lines + 1);
  const answer = findings * (FINDING_BYTES + FORM_BYTES_MAX) + bytes + SPARE_BYTES;
  const question = bytes + SPARE_BYTES;
  const { control: region } = manifest.regions ?? {};
  const { lb } = manifest.processes;
  const regionBytes = Math.max(region.bytes, 2 * (Math.max(answer, question) + SPARE_BYTES));
  const inbound = Math.max(manifest.hal.mailboxInboundBytes, aligned(question));
  const outbound = Math.max(manifest.hal.mailboxOutboundBytes, aligned(answer));
  return {
    ...manifest,
    ramBytes: manifest.ramBytes + aligned(2 * regionBytes + inbound + outbound),
    kernel: slow ? { ...manifest.kernel, handlerCycles: HANDLER_CYCLES } : manifest.kernel,
    hal: { ...manifest.hal, mailboxInboundBytes: inbound, mailboxOutboundBytes: outbound },
    regions: { ...manifest.regions, control: { ...region, bytes: aligned(regionBytes) } },
    processes: { ...manifest.processes, lb: { ...lb, parameters: { ...(lb.parameters as LbLimits), problemsMax: findings } } },
  };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096;
}

/** Whether the text would reach the balancer of the machine as it is. */
function wayProblems(manifest: Manifest, bytes: number): Problem[] {
  const regionBytes = manifest.regions?.["control"]?.bytes ?? 0;
  const most = Math.min(controlRequestBytesMax(regionBytes), manifest.hal.mailboxInboundBytes - MailboxRequest.size - RECORD_BYTES) - OPERATION_BYTES;
  if (bytes <= most) return [];
  return [problem("", `the text has ${bytes} bytes`, `at most ${most} on machine ${manifest.name}; a larger region (--set region.control=SIZE), or --manifest large`)];
}

function loadProblems(manifest: Manifest, status: number): Problem[] {
  if (status === Errno.ok || status === LbErrno.badConfiguration) return [];
  const larger = manifest.name === "large" ? "" : ", or --manifest large";
  const expected = status === Errno.outOfMemory ? `an arena with room for it (--set arena.lb=SIZE)${larger}` : "";
  return [problem("", `the load balancer of machine ${manifest.name} refuses it: ${errnoName(status)}`, expected)];
}

function summarize(world: World, text: string): ConfigSummary {
  const { groups } = queryGroups(world);
  const { vips } = queryVips(world);
  const routes = control(world, new OperandWriter().u8(ControlOperation.routeHits).u32(0xffff_ffff).u16(0));
  return {
    semantics: isStrict(text) ? "strict" : "veridian",
    groups: groups.length,
    members: groups.reduce((sum, group) => sum + group.backends.length, 0),
    routes: routes.status === Errno.ok ? new OperandReader(routes.payload).u32() : 0,
    vips: vips.length,
    backends: vips.reduce((sum, vip) => sum + vip.backends.length, 0),
  };
}

/** Of a sound text: it has one line of that key at most. */
function isStrict(text: string): boolean {
  return /^\s*semantics\s*=\s*strict\s*$/mu.test(text);
}
