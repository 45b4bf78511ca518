/** The kernel's public face: what a manifest, a service and a tool on a machine need. */

export { arenaAccount, arenaAllocate, arenaCheck, arenaFormat, arenaFree, arenaHeap, arenaResize } from "./arena.ts";
export type { BootOptions } from "./boot.ts";
export { boot, manifestDigest } from "./boot.ts";
export { Errno, errnoName } from "./errno.ts";
export type { Heap } from "./heap.ts";
export type { Checker, InvariantProblem, Seen } from "./invariants/checker.ts";
export type { Checkable } from "./invariants/invariants.ts";
export { CHECKERS, checkInvariants, invariantText, observe } from "./invariants/invariants.ts";
export type { KernelLimits } from "./limits.ts";
export { standardKernelLimits, tinyKernelLimits } from "./limits.ts";
export type { MachineReport, ProcessReport } from "./machine.ts";
export { Machine } from "./machine.ts";
export type { Manifest, ManifestProblem, PoolLine, ProcessLine, RegionLine } from "./manifest.ts";
export { ManifestError, checkManifest } from "./manifest.ts";
export { MessageFlag, SmallMessage } from "./message.ts";
export { Priority, ProcessState } from "./process.ts";
export type { SeamChoice, SeamName, Seams } from "./seams.ts";
export type { AnyService, Context, Grant, Message, NeedKind, Needs, Service } from "./service.ts";
export { Delivery, service } from "./service.ts";
export { KernelTrace } from "./trace-kinds.ts";
