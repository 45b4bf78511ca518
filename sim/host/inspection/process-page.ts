/** Processes, endpoints and timers as a person reads them. */

import type { ChannelView } from "../../inspect/channels.ts";
import type { EndpointView, QueuedView } from "../../inspect/endpoints.ts";
import type { MessageView } from "../../inspect/messages.ts";
import type { ProcessView } from "../../inspect/processes.ts";
import type { TimerView } from "../../inspect/timers.ts";
import type { Terminal } from "../terminal.ts";
import { count } from "../text.ts";
import { list, section, some, table } from "./page.ts";

export function processTable(terminal: Terminal, processes: readonly ProcessView[]): string[] {
  const rows = processes.map((process) => [process.name, stateText(terminal, process), process.priority, sinceText(process), [waitText(process), ...(process.pending.length > 0 ? [`there: ${pendingText(process)}`] : [])].join("; ")]);
  return table(terminal, ["process", "state", "priority", "last ran", "waits for"], ["left", "left", "left", "right", "left"], rows, "there are none");
}

export function processesPage(terminal: Terminal, processes: readonly ProcessView[]): string[] {
  return [...section(terminal, "Processes", processTable(terminal, processes)), ...processes.flatMap((process) => section(terminal, process.name, processLines(terminal, process)))];
}

function processLines(terminal: Terminal, process: ProcessView): string[] {
  const lines = [
    `service    ${process.service === "" ? "unknown" : process.service}, generation ${process.generation}`,
    `state      ${stateText(terminal, process)}${process.rank === 0 ? "" : `, scheduled by ${process.rank} (${process.priority})`}`,
    `has run    ${some(process.handled, "handler")}, ${some(process.cyclesUsed, "cycle")}; ${some(process.buffersHeld, "DMA buffer")} of its own in use`,
  ];
  if (process.waitsFor !== "") lines.push(`waits for  ${waitText(process)}, since its last handler began at ${sinceText(process)}`);
  if (process.pending.length > 0) lines.push(`pending    ${pendingText(process)}`);
  if (process.owesAnswer !== "") lines.push(`owes       an answer to ${process.owesAnswer}`);
  if (process.fault !== "") lines.push(`fault      ${terminal.paintOut("red", process.fault)}`);
  return lines;
}

function stateText({ paintOut }: Terminal, { state }: ProcessView): string {
  if (state === "zombie" || state === "dead") return paintOut("red", state);
  return state === "ready" || state === "running" ? paintOut("green", state) : state;
}

function waitText(process: ProcessView): string {
  if (process.waitsFor === "") return "-";
  const whom = process.waitsOn.length === 0 ? "" : ` of ${process.waitsOn.join(" or ")}`;
  const where = process.waitsAt === "" ? "" : ` (${process.waitsAt})`;
  const limit = process.deadlineTick < 0 || process.state === "sleeping" ? "" : `, until tick ${process.deadlineTick}`;
  return `${process.waitsFor}${whom}${where}${limit}`;
}

function sinceText(process: ProcessView): string {
  return process.sinceCycle < 0 ? "never" : `tick ${count(process.sinceTick)}`;
}

function pendingText(process: ProcessView): string {
  return list(process.pending);
}

export function endpointTable(terminal: Terminal, endpoints: readonly EndpointView[]): string[] {
  const rows = endpoints.map((endpoint) => [
    endpoint.name,
    endpoint.open ? "open" : terminal.paintOut("red", "closed"),
    `${count(endpoint.count)} of ${count(endpoint.capacity)}`,
    count(endpoint.peak),
    count(endpoint.sent),
    count(endpoint.received),
    count(endpoint.refused),
    count(endpoint.dropped),
    list(endpoint.receivers),
  ]);
  return table(terminal, ["endpoint", "", "queued", "peak", "sent", "received", "refused", "dropped", "receivers"], ["left", "left", "right", "right", "right", "right", "right", "right", "left"], rows, "there are none");
}

export function endpointsPage(terminal: Terminal, { endpoints, channels }: { readonly endpoints: readonly EndpointView[]; readonly channels: readonly ChannelView[] }): string[] {
  const busy = endpoints.filter((endpoint) => endpoint.messages.length > 0 || endpoint.sendersWaiting.length > 0 || endpoint.fault !== "");
  return [
    ...section(terminal, "Endpoints", endpointTable(terminal, endpoints)),
    ...busy.flatMap((endpoint) => section(terminal, `${endpoint.name}, next first`, queueLines(terminal, endpoint))),
    ...(channels.length === 0 ? [] : section(terminal, "Channels", channelTable(terminal, channels))),
    ...channels.filter(({ messages }) => messages.length > 0).flatMap((channel) => section(terminal, `channel ${channel.name}, oldest first`, messageTable(terminal, channel.messages))),
  ];
}

function channelTable(terminal: Terminal, channels: readonly ChannelView[]): string[] {
  const rows = channels.map((channel) => [channel.name, `${count(channel.count)} of ${count(channel.capacity)}`, count(channel.peak), count(channel.sent), count(channel.received), count(channel.dropped), list(channel.subscribers)]);
  return table(terminal, ["channel", "held", "peak", "sent", "received", "refused", "subscribers"], ["left", "right", "right", "right", "right", "right", "left"], rows, "there are none");
}

function queueLines(terminal: Terminal, endpoint: EndpointView): string[] {
  const lines = messageTable(terminal, endpoint.messages);
  if (endpoint.sendersWaiting.length > 0) lines.push(`waiting for room: ${endpoint.sendersWaiting.join(", ")}`);
  if (endpoint.fault !== "") lines.push(terminal.paintOut("red", `damaged: ${endpoint.fault}`));
  return lines;
}

function messageTable(terminal: Terminal, messages: readonly (MessageView & Partial<QueuedView>)[]): string[] {
  const rows = messages.map((message) => [
    message.sender ?? "",
    String(message.opcode),
    message.call === undefined || message.call === 0 ? "" : `call ${message.call}`,
    message.data.join(" "),
    [...message.flags, ...(message.capability === "0" ? [] : [`capability ${message.capability}`])].join(", "),
  ]);
  return table(terminal, ["sender", "opcode", "", "data", ""], ["left", "right", "left", "left", "left"], rows, "nothing is queued");
}

export function timersPage(terminal: Terminal, timers: readonly TimerView[]): string[] {
  const rows = timers.map((timer) => [
    `tick ${count(timer.deadlineTick)}`,
    `in ${some(timer.inTicks, "tick")}`,
    timer.periodTicks === 0 ? "once" : `every ${some(timer.periodTicks, "tick")}`,
    timer.process,
    timer.kind === "wait" ? "ends its wait" : `raises ${timer.bits}`,
    String(timer.timer),
  ]);
  return section(terminal, "Timers, next first", table(terminal, ["fires at", "", "", "process", "", "timer"], ["right", "right", "left", "left", "left", "right"], rows, "none is armed"));
}
