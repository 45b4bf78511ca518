/**
 * A picture of how the manifest wires the machine: the way of a frame from the wire inwards, the way of an operator's
 * message, and who holds what.
 */

import type { MachineAccount, ProcessAccount } from "../account.ts";
import { tableLines } from "./text.ts";

export function wiringLines(machine: MachineAccount, bufferCount: number, columns: number): string[] {
  const rows = machine.processes.map((process) => [
    process.process,
    process.priority,
    process.devices.join(", ") || "-",
    process.sendsTo.join(", ") || "-",
    process.regions.join(", ") || "-",
  ]);
  const head = ["process", "priority", "device", "sends to", "maps"];
  return [
    ...machine.processes.flatMap((process) => process.devices.map((device) => picture(device, process, machine.processes))),
    "",
    ...tableLines([head, ...rows], ["left", "left", "left", "left", "left"], columns),
    "",
    `MAC address ${machine.mac}; frames lie in ${bufferCount} DMA buffers`,
  ];
}

/** `wire <=> [nic0] <=> driver <=> net <=> lb`: a double arrow where both may send. */
function picture(device: string, owner: ProcessAccount, processes: readonly ProcessAccount[]): string {
  const outside = device.startsWith("mailbox") ? "you " : "wire";
  let text = `${outside} <=> [${device}] <=> ${owner.process}`;
  const seen = new Set([owner.process]);
  let at = owner;
  for (;;) {
    const peers = at.sendsTo.filter((name) => !seen.has(name));
    const mutual = peers.filter((name) => processes.some((process) => process.process === name && process.sendsTo.includes(at.process)));
    if (mutual.length !== 1) return peers.length === 0 ? text : `${text} --> ${peers.join(", ")}`;
    const next = processes.find((process) => process.process === mutual[0]);
    if (next === undefined) return text;
    text += ` <=> ${next.process}`;
    seen.add(next.process);
    at = next;
  }
}
