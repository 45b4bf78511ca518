/**
 * The account of a run as a person reads it: 80 to 100 columns, plain text where no terminal is. It is made of the
 * account object only, so that what is printed is what `--json` says.
 */

import type { Account, Counts } from "../account.ts";
import { brokenLaws, total } from "../account.ts";
import { addressPortText } from "../address-text.ts";
import { sizeWords } from "../size.ts";
import { bar, count, indent, leftRight, percent, tableLines } from "./text.ts";
import type { Paint, Tone } from "./terminal.ts";
import { wiringLines } from "./wiring.ts";

export interface ReportOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** Wall time of the run in milliseconds; left out of the report if 0. */
  readonly wallMillis: number;
  /** Command lines to try next. */
  readonly suggestions: readonly (readonly [line: string, meaning: string])[];
}

const BAR_COLUMNS = 24;

export function reportText(account: Account, options: ReportOptions): string {
  const sections = [
    [title(account, options)],
    section("How the machine is wired", wiringLines(account.machine, account.buffers.count, options.columns - 2), options),
    section("What broke", brokenLaws(account).map((law) => options.paint("red", law)), options),
    section("Frames", framesLines(account, options), options),
    section("Requests", requestsLines(account, options), options),
    section("Share per backend", backendLines(account, options), options),
    section("Flows to virtual IPs", transportLines(account, options), options),
    section("Messages and memory", memoryLines(account, options), options),
    section("Time and state", timeLines(account, options), options),
    section("What to try next", suggestionLines(options), options),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function title(account: Account, { paint, columns }: ReportOptions): string {
  const left = `${paint("bold", "veridian run")}  ${account.capture}`;
  const right = `machine ${account.manifest}, ${sizeWords(account.machine.ramBytes)} of RAM, seed ${account.seed}`;
  return leftRight(left, `veridian run  ${account.capture}`.length, right, columns);
}

export function section(name: string, lines: readonly string[], { paint, columns }: ReportOptions): string[] {
  if (lines.length === 0) return [];
  return [paint("bold", `\u2500\u2500 ${name} ${"\u2500".repeat(Math.max(0, columns - name.length - 4))}`), ...indent(lines)];
}

function framesLines(account: Account, options: ReportOptions): string[] {
  const { frames, net } = account;
  const dropped = total(frames.dropped);
  const rows = [
    countRow("offered", frames.offered, frames.offered, "cyan", options, `of ${count(frames.inCapture)}; ${count(frames.own)} are its own`),
    countRow("received", frames.received, frames.offered, "green", options, ""),
    countRow("dropped", dropped, frames.offered, "red", options, reasons(frames.dropped)),
    countRow("ignored", total(net.ignored), frames.offered, "yellow", options, reasons(net.ignored)),
    countRow("sent on", frames.transmitted, frames.offered, "blue", options, account.transport.flows === 0 ? "copies of the routed requests" : "copies of requests and segments"),
  ];
  const parts = fragmentsWords(net);
  if (parts !== "") rows.push(countRow("in parts", Number(net.fragments), frames.offered, "blue", options, parts));
  if (frames.snapped > 0) rows.push(countRow("snapped", frames.snapped, frames.offered, "yellow", options, "cut short by the capture"));
  return tableLines(rows, ["left", "right", "left", "left"], options.columns - 2);
}

/** What came of packets that came in parts; empty if there were none. */
function fragmentsWords(net: Account["net"]): string {
  if (net.fragments === 0) return "";
  const notes = [["fragmentedWhole", "packets whole"], ["fragmentedRefused", "refused"], ["fragmentedTimedOut", "timed out"], ["fragmentedCrowded", "crowded out"], ["fragmentedUnfinished", "unfinished"]] as const;
  return notes.map(([name, what]) => [Number(net[name]), what] as const).filter(([times]) => times > 0).map(([times, what]) => `${count(times)} ${what}`).join(", ");
}

export function requestsLines(account: Account, options: ReportOptions): string[] {
  const { requests, net } = account;
  const rows = [countRow("routed", requests.routed, requests.total, "green", options, `of ${count(requests.total)} requests`)];
  for (const [outcome, refused] of Object.entries(requests.refused)) rows.push(countRow(outcome, refused, requests.total, "yellow", options, "refused"));
  rows.push(countRow("lost", requests.lost, requests.total, "red", options, ""));
  const notes = [
    [net.badRequestLine, "bad request lines"],
    [net.unfinished, "unfinished heads"],
    [net.midstream, "flows joined midstream"],
    [net.badBody, "faulty bodies"],
  ] as const;
  const said = notes.filter(([times]) => times > 0).map(([times, what]) => `${count(times)} ${what}`);
  const lines = tableLines(rows, ["left", "right", "left", "left"], options.columns - 2);
  return said.length === 0 ? lines : [...lines, options.paint("dim", `besides: ${said.join(", ")}`)];
}

function backendLines(account: Account, options: ReportOptions): string[] {
  const most = Math.max(1, ...account.backends.map((backend) => backend.requests));
  const sum = account.backends.reduce((whole, backend) => whole + backend.requests, 0);
  const rows = account.backends.map((backend) => [
    backend.group,
    addressPortText(backend.address, backend.port),
    count(backend.requests),
    backend.requests === 0 ? "" : options.paint("cyan", bar(backend.requests, most, BAR_COLUMNS)),
    percent(backend.requests, sum),
  ]);
  return tableLines(rows, ["left", "left", "right", "left", "right"], options.columns - 2);
}

function transportLines({ transport }: Account, options: ReportOptions): string[] {
  if (transport.flows === 0 && transport.vips.length === 0) return [];
  const rows = [countRow("routed", transport.routed, transport.flows, "green", options, `of ${count(transport.flows)} flows; ${count(transport.packets)} segments sent on`)];
  for (const [outcome, refused] of Object.entries(transport.refused)) rows.push(countRow(outcome, refused, transport.flows, "yellow", options, "refused"));
  rows.push(countRow("lost", transport.lost, transport.flows, "red", options, ""));
  const most = Math.max(1, ...transport.vips.flatMap((vip) => vip.backends.map((backend) => backend.flows)));
  const shares = transport.vips.flatMap((vip) => {
    const sum = vip.backends.reduce((whole, backend) => whole + backend.flows, 0);
    return vip.backends.map(({ address, port, flows }) => [addressPortText(vip.address, vip.port), addressPortText(address, port), count(flows), flows === 0 ? "" : options.paint("cyan", bar(flows, most, BAR_COLUMNS)), percent(flows, sum)]);
  });
  return [
    ...tableLines(rows, ["left", "right", "left", "left"], options.columns - 2),
    ...(shares.length === 0 ? [] : ["", ...tableLines(shares, ["left", "left", "right", "left", "right"], options.columns - 2)]),
  ];
}

export function memoryLines(account: Account, options: ReportOptions): string[] {
  const head = ["process", "used", "peak", "arena", "", "DMA buffers", "peak"].map((text) => (text === "" ? "" : options.paint("dim", text)));
  const rows = account.memory.map((entry) => [
    entry.process,
    sizeWords(entry.used),
    sizeWords(entry.peak),
    sizeWords(entry.size),
    entry.peak === 0 ? "" : options.paint("cyan", bar(entry.peak, entry.size, 20)),
    count(entry.buffers),
    count(entry.buffersPeak),
  ]);
  const { buffers, machine, ipc } = account;
  return [
    ...tableLines([head, ...rows], ["left", "right", "right", "right", "left", "right", "right"], options.columns - 2),
    "",
    `Messages: ${count(ipc.fast)} in registers, ${count(ipc.queued)} through a queue`,
    `Arenas: ${arenaWords(account)}`,
    `DMA pool: ${count(buffers.inUse)} of ${count(buffers.count)} buffers in use, at most ${count(buffers.peak)} at once`,
    `RAM: ${sizeWords(machine.usedBytes)} of ${sizeWords(machine.ramBytes)} taken by the machine's parts`,
  ];
}

/** Requests refused, and how much of what is free lies in one piece: an arena in pieces refuses before it is full. */
function arenaWords({ memory }: Account): string {
  const refused = memory.reduce((sum, entry) => sum + entry.refused, 0);
  const cut = memory.filter((entry) => entry.largestFree * 10 < entry.free * 9);
  const pieces = cut.map((entry) => `${entry.process}'s to ${percent(entry.largestFree, entry.free)}`).join(", ");
  return `${count(refused)} requests refused; ${cut.length === 0 ? "what is free lies in one piece" : `free memory in one piece: ${pieces}`}`;
}

export function timeLines(account: Account, options: ReportOptions): string[] {
  const { wallMillis, paint } = options;
  const perSecond = wallMillis > 0 && account.requests.total > 0 ? `, ${count(Math.round((account.requests.total * 1000) / wallMillis))} requests a second` : "";
  const wall = wallMillis > 0 ? [`wall time   ${count(Math.round(wallMillis))} ms${perSecond}`] : [];
  return [
    `ticks       ${count(account.ticks)} (1 ms each)`,
    `cycles      ${count(account.cycles)} (1 ns each)`,
    ...wall,
    `state hash  ${paint("magenta", account.stateHash)}`,
  ];
}

export function suggestionLines({ suggestions, paint }: ReportOptions): string[] {
  return suggestions.flatMap(([line, meaning]) => [paint("cyan", line), `    ${meaning}`]);
}

function countRow(name: string, value: number, whole: number, tone: Tone, { paint }: ReportOptions, note: string): string[] {
  const drawn = bar(value, whole, BAR_COLUMNS);
  return [name, count(value), drawn === "" ? "" : paint(tone, drawn), note];
}

function reasons(counts: Counts): string {
  return Object.entries(counts).map(([reason, times]) => `${count(times)} ${reason}`).join(", ");
}
