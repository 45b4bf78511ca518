/**
 * A run from power-on to shutdown: boot, hand the configuration in, replay the capture until nothing but periodic
 * timers is left, ask the balancer for its groups and counts, shut down in order. `startRun` does what may find
 * problems, before any frame runs; `finishRun` does the rest and answers the account.
 */

import { assert } from "../hal/assert.ts";
import type { Choose } from "../hal/chance.ts";
import type { Address } from "../hal/field.ts";
import { boot } from "../kernel/boot.ts";
import { Errno, errnoName } from "../kernel/errno.ts";
import type { Manifest } from "../kernel/manifest.ts";
import type { SeamChoice } from "../kernel/seams.ts";
import { VipTableHeader } from "../services/lb/api.ts";
import { OperatorTarget } from "../services/operator-api.ts";
import type { Account } from "./account.ts";
import { accountOf, stoppedProcesses } from "./accounting.ts";
import type { Group } from "./balancer.ts";
import { configure, queryGroups, queryVips } from "./balancer.ts";
import type { Capture } from "./capture/pcap.ts";
import { configProblems } from "./config-words.ts";
import { requireInvariants } from "./inspect/watchers.ts";
import type { BalancerMetrics } from "./metrics/query.ts";
import { queryMetrics } from "./metrics/query.ts";
import type { Observer } from "./observer.ts";
import { betweenOf, probeOf } from "./observer.ts";
import { isOperated, request } from "./operator.ts";
import type { Problem } from "./problem.ts";
import { problem, problemsIn } from "./problem.ts";
import type { DisturbanceMaker } from "./disturbance.ts";
import { FrameCarrier } from "./inhabitants/carrier.ts";
import type { InhabitantsMaker, World } from "./world.ts";
import { worldOf } from "./world.ts";

export interface RunSetup {
  readonly manifest: Manifest;
  /** Frames that come in at the NIC; null where only those around the machine send any. */
  readonly capture: Capture | null;
  /** As the account names it. */
  readonly captureName: string;
  /** Who lives around the machine. They begin when the configuration has been handed in. */
  readonly inhabitants?: InhabitantsMaker;
  /** Who disturbs them and the machine. */
  readonly disturbance?: DisturbanceMaker;
  /** So many ticks after the last frame of the capture all is at rest: those around the machine need their own time, and their connections. */
  readonly restTicksMax?: number;
  /** The machine's own MAC address. */
  readonly mac: number;
  readonly seed: number;
  /** Text for the load balancer, and how problems name it. */
  readonly configuration: string;
  readonly configurationName: string;
  /** Decides where reality could go either way; without it everything is benign. */
  readonly choose?: Choose;
  /** Whether `choose` is asked on hot paths too: at every crossing if the process dies there, and more (boot.ts). */
  readonly crashes?: boolean;
  /** Told what a service's code threw. */
  readonly onException?: (process: number, thrown: unknown) => void;
  /** Small parts of the kernel that are not its own. */
  readonly seams?: SeamChoice;
}

export interface RunEnd {
  readonly account: Account;
  /** The balancer's groups, in the order that decisions name them. */
  readonly groups: readonly Group[];
  /** What the balancer had counted when all was at rest. Every run asks for it: a run that is watched is the same run. */
  readonly metrics: BalancerMetrics;
}

/** Flows go silent, timers fire: a machine that has not come to rest so long after its last frame never will. */
const REST_TICKS_MAX = 10_000;

/** How often one thing is asked for, when whoever should answer died over it. */
const ASKED_MAX = 3;

const OUT_OF_MEMORY = errnoName(Errno.outOfMemory);

/** A booted, configured world in front of its first frame, and what is wrong with machine or configuration. */
export function startRun(setup: RunSetup, observers: readonly Observer[] = []): { readonly world: World; readonly problems: readonly Problem[] } {
  const { choose, crashes, onException, seams } = setup;
  // Frames that the machine sends reach those around it by the same way that observers hear of them.
  const told = setup.inhabitants === undefined ? observers : [new FrameCarrier(), ...observers];
  const machine = boot(setup.manifest, {
    ...(told.length === 0 ? {} : { probe: probeOf(told) }),
    ...(choose === undefined ? {} : { choose }),
    ...(crashes === undefined ? {} : { crashes }),
    ...(onException === undefined ? {} : { onException }),
    ...(seams === undefined ? {} : { seams }),
  });
  const between = betweenOf(told);
  const world = worldOf(machine, setup.capture, setup.mac, {
    configuration: setup.configuration,
    ...(between === undefined ? {} : { between }),
    ...(setup.inhabitants === undefined ? {} : { inhabitants: setup.inhabitants }),
    ...(setup.disturbance === undefined ? {} : { disturbance: setup.disturbance }),
  });
  for (const observer of told) observer.attach(world);
  world.holdInhabitants();
  const refused = handConfigurationIn(world, setup);
  const stopped = stoppedProcesses(machine).map(({ process, why }) => problem(`machine ${setup.manifest.name}: processes.${process}`, why, why.includes(OUT_OF_MEMORY) ? `more memory for it (--set arena.${process}=SIZE)` : ""));
  return { world, problems: stopped.length > 0 ? stopped : refused };
}

function handConfigurationIn(world: World, setup: RunSetup): Problem[] {
  if (!isOperated(world)) return [];
  const { status, remarks } = configure(world, setup.configuration);
  const faults = configProblems(remarks, setup.configuration);
  if (faults.length > 0 || status === Errno.ok) return problemsIn(setup.configurationName, faults);
  return [problem(setup.configurationName, `the load balancer refuses it: ${errnoName(status)}`, expectationOf(status))];
}

function expectationOf(status: number): string {
  switch (status) {
    case Errno.outOfMemory:
      return "an arena with room for it (--set arena.lb=SIZE)";
    case Errno.messageTooLarge:
    case Errno.channelFull:
      return "a text that fits the mailbox and the region \"control\"";
    default:
      return "";
  }
}

/** Runs a started world to its end. Throws InvariantViolation if the machine that comes to rest is not sound. */
export function finishRun(world: World, setup: RunSetup): RunEnd {
  world.beginReplay();
  const restTicksMax = setup.restTicksMax ?? REST_TICKS_MAX;
  assert(world.run(restTicksMax), `the machine does not come to rest within ${restTicksMax} ticks of the last frame`);
  const groups = askGroups(world);
  const metrics = queryMetrics(world, groups.map((group) => group.name));
  const vips = vipsAnnounced(world) ? queryVips(world).vips : [];
  shutDown(world);
  requireInvariants(world);
  return { account: accountOf(world, setup, groups, vips), groups, metrics };
}

function askGroups(world: World): readonly Group[] {
  let asked = queryGroups(world);
  for (let times = 1; asked.status !== Errno.ok && times < ASKED_MAX; times++) {
    world.run(REST_TICKS_MAX);
    asked = queryGroups(world);
  }
  return asked.groups;
}

/** Asks again when somebody died over it: a process that was begun anew meanwhile must be shut down too. */
function shutDown(world: World): void {
  for (let asked = 0; asked < ASKED_MAX; asked++) {
    const before = restartsOf(world);
    const { status } = request(world, OperatorTarget.shutdown);
    assert(world.run(REST_TICKS_MAX), `the machine does not come to rest within ${REST_TICKS_MAX} ticks of its shutdown`);
    if (status === Errno.ok && restartsOf(world) === before) return;
  }
}

function restartsOf({ machine }: World): number {
  return machine.report().processes.reduce((sum, { restarts }) => sum + restarts, 0);
}

/** Whether net knows of a virtual IP: who has none is not asked about them. */
function vipsAnnounced({ machine }: World): boolean {
  const table = machine.parts.find((part) => part.name === "region.vips");
  return table !== undefined && VipTableHeader.count.get(machine.ram, table.base as Address<"VipTableHeader">) > 0;
}
