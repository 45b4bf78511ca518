/**
 * A table of corruptions: one word of RAM is changed, and this checker, and nobody but it and its named companions, must
 * say so and name the field.
 */

import { CapabilitySlot, CapabilitySpace, CapabilityState, CapabilityTable, SlotUse } from "../../../kernel/capability/slot.ts";
import { EndpointRecord, QueueSlot } from "../../../kernel/endpoint.ts";
import type { KernelTables } from "../../../kernel/invariants/tables.ts";
import { ChannelRecord } from "../../../kernel/ipc/channel.ts";
import { CacheEntry } from "../../../kernel/ipc/token-cache.ts";
import { SmallMessage } from "../../../kernel/message.ts";
import { KernelState, Loaded, ProcessRecord, ProcessState, Wait } from "../../../kernel/process.ts";
import { RegionMapping, RegionRecord } from "../../../kernel/region.ts";
import type { Corruption } from "./corrupting.ts";
import { add, capabilities, channels, endpoints, kernel, processes, put, queue, slots, spaces } from "./corrupting.ts";
import { MEMORY_CORRUPTIONS } from "./memory-corruptions.ts";
import { SCENE_ENDPOINTS, SCENE_PROCESSES } from "./scene.ts";

const { server, client, sender, idle } = SCENE_PROCESSES;
const { work, narrow } = SCENE_ENDPOINTS;

/** The slots of the scene's queue "server.work", in the order in which they were filled. */
export const WORK_SLOTS = Object.freeze({ plain: 0, second: 1, urgent: 2, secondUrgent: 3, unordered: 4, buffer: 5, capability: 6, call: 7 });

const MESSAGES: readonly Corruption[] = [
  { checker: "messages-conserved", place: `endpoint ${work}: sent`, corrupt: add(endpoints, work, EndpointRecord.sent) },
  { checker: "messages-conserved", place: `endpoint ${work}: sent`, corrupt: add(endpoints, work, EndpointRecord.received) },
  { checker: "messages-conserved", place: `endpoint ${narrow}: sent`, corrupt: add(endpoints, narrow, EndpointRecord.dropped, -1) },
  { checker: "messages-conserved", place: "channel 0: sent", corrupt: add(channels, 0, ChannelRecord.received) },
  { checker: "messages-in-order", place: `endpoint ${work}: slot 1: sequence`, corrupt: swapSequences(0, 1) },
  { checker: "messages-in-order", place: `endpoint ${work}: slot 3: sequence`, corrupt: swapSequences(2, 3) },
  { checker: "queue-capacity", place: `endpoint ${work}: capacity`, corrupt: add(endpoints, work, EndpointRecord.capacity) },
  { checker: "queue-capacity", place: `endpoint ${work}: count`, companions: ["messages-conserved", "queue-links"], corrupt: put(endpoints, work, EndpointRecord.count, 13) },
  { checker: "queue-capacity", place: `endpoint ${work}: depthPeak`, corrupt: put(endpoints, work, EndpointRecord.depthPeak, 7) },
  { checker: "queue-capacity", place: `endpoint ${work}: depthPeak`, corrupt: put(endpoints, work, EndpointRecord.depthPeak, 13) },
  { checker: "queue-capacity", place: `endpoint ${narrow}: open`, companions: ["waiters-wakeable"], corrupt: put(endpoints, narrow, EndpointRecord.open, 0) },
  { checker: "queue-capacity", place: "channel 0: count", companions: ["messages-conserved"], corrupt: put(channels, 0, ChannelRecord.count, 5) },
  { checker: "queue-capacity", place: "channel 0: capacity", corrupt: put(channels, 0, ChannelRecord.capacity, 5) },
  { checker: "queue-capacity", place: "channel 0: head", corrupt: put(channels, 0, ChannelRecord.head, 4) },
  { checker: "queue-capacity", place: "channel 0: ring", corrupt: add(channels, 0, ChannelRecord.ring, 48) },
  { checker: "queue-links", place: `endpoint ${work}: count`, companions: ["messages-conserved"], corrupt: add(endpoints, work, EndpointRecord.count, -1) },
  { checker: "queue-links", place: `endpoint ${work}: tail`, corrupt: put(endpoints, work, EndpointRecord.tail, 0) },
  { checker: "queue-links", place: `endpoint ${work}: urgentTail`, corrupt: put(endpoints, work, EndpointRecord.urgentTail, 2) },
  { checker: "queue-links", place: `endpoint ${work}: freeHead`, corrupt: put(endpoints, work, EndpointRecord.freeHead, 9) },
  { checker: "queue-links", place: `endpoint ${work}: head`, corrupt: put(queue(work), WORK_SLOTS.call, QueueSlot.next, WORK_SLOTS.plain) },
  { checker: "queue-links", place: `endpoint ${work}: freeHead`, corrupt: put(queue(work), 11, QueueSlot.next, 400) },
  { checker: "queue-links", place: `endpoint ${work}: slot 1: flags`, corrupt: (tables) => SmallMessage.flags.set(tables.ram, QueueSlot.message.at(tables.queues[work].at(1)), 1) },
  { checker: "endpoints-isolated", place: `endpoint ${work}: slots`, corrupt: put(endpoints, work, EndpointRecord.slots, 64) },
  { checker: "endpoints-isolated", place: `endpoint ${work}: owner`, corrupt: put(endpoints, work, EndpointRecord.owner, 31) },
  { checker: "endpoints-isolated", place: `endpoint ${narrow}: receivers`, corrupt: put(endpoints, narrow, EndpointRecord.receivers, (1 << server) | (1 << idle)) },
  { checker: "endpoints-isolated", place: `endpoint ${work}: slot 4: sender`, corrupt: put(queue(work), WORK_SLOTS.unordered, QueueSlot.sender, 99) },
];

const WAITS: readonly Corruption[] = [
  { checker: "waits-isolated", place: `endpoint ${work}: slot 7: callSequence`, corrupt: put(queue(work), WORK_SLOTS.plain, QueueSlot.callSequence, 1) },
  { checker: "waits-isolated", place: `endpoint ${work}: slot 7: callSequence`, companions: ["endpoints-isolated", "waiters-wakeable"], corrupt: put(queue(work), WORK_SLOTS.call, QueueSlot.sender, 9) },
  { checker: "waits-isolated", place: `process ${client}: loaded`, corrupt: put(processes, client, ProcessRecord.loaded, Loaded.reply) },
  { checker: "waits-isolated", place: `process ${idle}: loaded`, companions: ["waiters-wakeable"], corrupt: put(processes, idle, ProcessRecord.loaded, 77) },
  { checker: "waits-isolated", place: `process ${idle}: callSequence`, corrupt: put(processes, idle, ProcessRecord.callSequence, 3) },
  { checker: "waits-isolated", place: `process ${idle}: waitEndpoint`, corrupt: put(processes, idle, ProcessRecord.waitEndpoint, work) },
  { checker: "waits-isolated", place: `process ${idle}: caller`, corrupt: put(processes, idle, ProcessRecord.caller, client) },
  {
    checker: "waits-isolated",
    place: `process ${sender}: callSequence`,
    companions: ["masks-agree", "waiters-wakeable"],
    corrupt: (tables) => {
      put(processes, sender, ProcessRecord.waitsFor, Wait.reply)(tables);
      put(processes, sender, ProcessRecord.callSequence, 1)(tables);
    },
  },
  {
    checker: "waiting-acyclic",
    place: `process ${client}: waitsFor`,
    companions: ["masks-agree"],
    // The server, who is to answer the client, waits for room in its own queue.
    corrupt: (tables) => {
      put(processes, server, ProcessRecord.state, ProcessState.blocked)(tables);
      put(processes, server, ProcessRecord.waitsFor, Wait.room)(tables);
      put(processes, server, ProcessRecord.waitEndpoint, narrow)(tables);
    },
  },
  { checker: "waiters-wakeable", place: `process ${client}: callSequence`, corrupt: put(processes, client, ProcessRecord.callSequence, 5) },
  { checker: "waiters-wakeable", place: `process ${client}: callSequence`, corrupt: put(queue(work), WORK_SLOTS.call, QueueSlot.callSequence, 0) },
  { checker: "waiters-wakeable", place: `process ${idle}: bits`, corrupt: put(processes, idle, ProcessRecord.bits, 4) },
  { checker: "waiters-wakeable", place: `process ${idle}: starts`, corrupt: put(processes, idle, ProcessRecord.starts, 1) },
  { checker: "waiters-wakeable", place: `process ${idle}: receives`, companions: ["endpoints-isolated"], corrupt: put(processes, idle, ProcessRecord.receives, (1 << SCENE_ENDPOINTS.idle) | (1 << work)) },
  { checker: "waiters-wakeable", place: `process ${idle}: state`, companions: ["masks-agree"], corrupt: put(processes, idle, ProcessRecord.state, ProcessState.ready) },
  { checker: "waiters-wakeable", place: `process ${sender}: waitEndpoint`, companions: ["masks-agree"], corrupt: put(processes, sender, ProcessRecord.waitEndpoint, work) },
  { checker: "waiters-wakeable", place: `process ${sender}: waitEndpoint`, companions: ["masks-agree"], corrupt: put(processes, sender, ProcessRecord.waitEndpoint, 40) },
  { checker: "waiters-wakeable", place: `process ${sender}: waitEndpoint`, companions: ["endpoints-isolated"], corrupt: put(endpoints, narrow, EndpointRecord.receivers, 0) },
  { checker: "waiters-wakeable", place: `process ${server}: deadlineTick`, corrupt: put(processes, server, ProcessRecord.deadlineTick, 2) },
  {
    checker: "waiters-wakeable",
    place: `process ${client}: waitsFor`,
    companions: ["masks-agree", "revoked-stays-revoked"],
    corrupt: put(processes, server, ProcessRecord.state, ProcessState.zombie),
  },
  { checker: "masks-agree", place: "kernel: readyProcesses", corrupt: put(kernel, 0, KernelState.readyProcesses, 1 << idle) },
  { checker: "masks-agree", place: "kernel: receivingProcesses", corrupt: put(kernel, 0, KernelState.receivingProcesses, 0) },
  { checker: "masks-agree", place: "kernel: sleepingProcesses", corrupt: put(kernel, 0, KernelState.sleepingProcesses, 0) },
  { checker: "masks-agree", place: "kernel: heldProcesses", corrupt: put(kernel, 0, KernelState.heldProcesses, 1 << idle) },
  { checker: "masks-agree", place: "kernel: heldProcesses", corrupt: put(processes, idle, ProcessRecord.heldUntilTick, 7) },
  { checker: "masks-agree", place: "kernel: noticedProcesses", corrupt: put(kernel, 0, KernelState.noticedProcesses, 1 << idle) },
  { checker: "masks-agree", place: "kernel: queuedEndpoints", corrupt: put(kernel, 0, KernelState.queuedEndpoints, 1 << work) },
  { checker: "masks-agree", place: "kernel: urgentEndpoints", corrupt: put(kernel, 0, KernelState.urgentEndpoints, 0) },
  { checker: "masks-agree", place: `endpoint ${narrow}: senders`, corrupt: put(endpoints, narrow, EndpointRecord.senders, 0) },
  { checker: "masks-agree", place: `process ${client}: acknowledgedNeeds`, corrupt: put(processes, client, ProcessRecord.acknowledgedNeeds, 1) },
  { checker: "masks-agree", place: `process ${idle}: acknowledgedNeeds`, corrupt: (tables) => void (tables.ram.i32[(tables.acknowledgements.at(tables.acknowledgements.count - 1) >> 2) + 1] = 3) },
  { checker: "masks-agree", place: "kernel: running", corrupt: put(kernel, 0, KernelState.running, client) },
];

/** Slots of the scene: what the client derived, from what, and what travels. */
export const SCENE_SLOTS = Object.freeze({ region: 19, derived: 23, leaf: 24, travelling: 65, looked: 49 });
const { region, derived, leaf, travelling, looked } = SCENE_SLOTS;

const CAPABILITIES: readonly Corruption[] = [
  { checker: "rights-shrink", place: `capability ${leaf}: rights`, corrupt: put(slots, leaf, CapabilitySlot.rights, 1 | 16) },
  { checker: "rights-shrink", place: `capability ${travelling}: rights`, corrupt: put(slots, travelling, CapabilitySlot.rights, 0xff) },
  { checker: "rights-shrink", place: `capability ${leaf}: epoch`, corrupt: add(slots, leaf, CapabilitySlot.epoch) },
  { checker: "rights-shrink", place: `capability ${travelling}: object`, corrupt: put(slots, travelling, CapabilitySlot.object, 1) },
  { checker: "no-orphans", place: `capability ${leaf}: parent`, corrupt: put(slots, leaf, CapabilitySlot.parent, region) },
  { checker: "no-orphans", place: `capability ${derived}: parent`, corrupt: put(slots, region, CapabilitySlot.firstChild, 0) },
  { checker: "no-orphans", place: `capability ${leaf}: firstChild`, corrupt: put(slots, leaf, CapabilitySlot.firstChild, region) },
  { checker: "no-orphans", place: `capability ${derived}: firstChild`, corrupt: put(slots, derived, CapabilitySlot.firstChild, 4000) },
  { checker: "no-orphans", place: "capability 60: use", companions: ["capability-slots"], corrupt: put(slots, 60, CapabilitySlot.use, 9) },
  { checker: "no-orphans", place: `capability ${leaf}: use`, companions: ["capability-slots", "mappings-counted", "revoked-stays-revoked"], corrupt: put(slots, leaf, CapabilitySlot.use, SlotUse.free) },
  { checker: "no-orphans", place: `capability ${leaf}: previousSibling`, corrupt: put(slots, leaf, CapabilitySlot.previousSibling, 0) },
  { checker: "revoked-stays-revoked", place: "capability 60: token", corrupt: (tables) => CapabilitySlot.token.setWords(tables.ram, tables.slots.at(60), 0x3001, 0) },
  { checker: "revoked-stays-revoked", place: "capability 0: token", corrupt: (tables) => CapabilitySlot.token.setWords(tables.ram, tables.slots.at(0), 1, 0) },
  { checker: "revoked-stays-revoked", place: `capability ${looked}: holder`, companions: ["masks-agree"], corrupt: put(processes, idle, ProcessRecord.state, ProcessState.dead) },
  { checker: "revoked-stays-revoked", place: `space ${client}: arrived`, corrupt: put(spaces, client, CapabilitySpace.arrived, looked) },
  { checker: "revoked-stays-revoked", place: `process ${idle}: cache 0`, corrupt: poisonCache },
  { checker: "revoked-stays-revoked", place: "capabilities: nextLow", companions: ["tokens-unique"], corrupt: put(capabilities, 0, CapabilityState.nextLow, 3) },
  { checker: "tokens-unique", place: `capability ${leaf}: token`, companions: ["revoked-stays-revoked"], corrupt: copyNumber },
  { checker: "tokens-unique", place: `capability ${looked}: token`, corrupt: (tables) => CapabilitySlot.token.setWords(tables.ram, tables.slots.at(looked), 0x00fff000, 0x10010000) },
  { checker: "tokens-unique", place: `capability ${leaf}: token`, corrupt: add(slots, leaf, CapabilitySlot.generation) },
  { checker: "capability-slots", place: `space ${client}: used`, corrupt: add(spaces, client, CapabilitySpace.used) },
  { checker: "capability-slots", place: `space ${client}: quota`, corrupt: put(spaces, client, CapabilitySpace.quota, 2) },
  { checker: "capability-slots", place: `capability table ${client}: used`, corrupt: put((tables) => tables.capabilityTables, client, CapabilityTable.used, 3) },
  { checker: "capability-slots", place: `capability table ${client}: freeSlot`, corrupt: put((tables) => tables.capabilityTables, client, CapabilityTable.freeSlot, 0) },
  { checker: "capability-slots", place: `capability ${leaf}: holder`, companions: ["mappings-counted"], corrupt: put(slots, leaf, CapabilitySlot.holder, idle) },
  { checker: "capability-slots", place: `capability ${leaf}: use`, companions: ["mappings-counted", "revoked-stays-revoked"], corrupt: put(slots, leaf, CapabilitySlot.use, SlotUse.inFlight) },
  { checker: "capability-slots", place: `capability ${travelling}: use`, companions: ["mappings-counted", "revoked-stays-revoked"], corrupt: put(slots, travelling, CapabilitySlot.use, SlotUse.held) },
  { checker: "capability-slots", place: `space ${client}: tables`, corrupt: ({ ram, spaces: all }) => void (ram.u8[CapabilitySpace.tables.at(all.at(client)) + 1] = 1) },
  { checker: "capability-slots", place: "capabilities: inFlight", corrupt: put(capabilities, 0, CapabilityState.inFlight, 0) },
  { checker: "capability-slots", place: "capabilities: freeInFlight", corrupt: put(capabilities, 0, CapabilityState.freeInFlight, 0) },
  { checker: "capability-slots", place: `endpoint ${work}: slot 6: capability`, corrupt: (tables) => SmallMessage.capability.setWords(tables.ram, QueueSlot.message.at(tables.queues[work].at(WORK_SLOTS.capability)), 66, 0) },
  { checker: "capability-slots", place: "capability 66: use", companions: ["no-orphans"], corrupt: put(slots, 66, CapabilitySlot.use, SlotUse.inFlight) },
  { checker: "mappings-counted", place: "region 0: mappings", corrupt: put((tables) => tables.regions, 0, RegionRecord.mappings, 9) },
  { checker: "mappings-counted", place: `capability ${looked}: object`, corrupt: put(slots, looked, CapabilitySlot.object, 50) },
  { checker: "mappings-counted", place: `region 0: process ${client}: tokens`, corrupt: put((tables) => tables.mappings, client, RegionMapping.tokens, 1) },
  { checker: "mappings-counted", place: `region 0: process ${idle}: writing`, corrupt: put((tables) => tables.mappings, idle, RegionMapping.writing, 1) },
];

export const CORRUPTIONS: readonly Corruption[] = Object.freeze([...MESSAGES, ...WAITS, ...CAPABILITIES, ...MEMORY_CORRUPTIONS]);

function swapSequences(a: number, b: number): (tables: KernelTables) => void {
  return ({ ram, queues }) => {
    const [first, second] = [queues[work].at(a), queues[work].at(b)];
    const sequence = QueueSlot.sequence.get(ram, first);
    QueueSlot.sequence.set(ram, first, QueueSlot.sequence.get(ram, second));
    QueueSlot.sequence.set(ram, second, sequence);
  };
}

/** The idle process's cache says that a token which it never had leads somewhere. */
function poisonCache({ ram, tokenCache, spaces: all }: KernelTables): void {
  const at = tokenCache.at((tokenCache.count / all.count) * idle);
  CacheEntry.low.set(ram, at, 0x2000);
  CacheEntry.high.set(ram, at, 0x23010000);
  CacheEntry.endpoint.set(ram, at, work);
}

/** Two tokens with one number: the leaf's becomes that of the capability that it was derived from. */
function copyNumber({ ram, slots: all }: KernelTables): void {
  const low = (CapabilitySlot.token.low(ram, all.at(derived)) & ~0xfff) | (CapabilitySlot.token.low(ram, all.at(leaf)) & 0xfff);
  CapabilitySlot.token.setWords(ram, all.at(leaf), low, CapabilitySlot.token.high(ram, all.at(leaf)));
}
