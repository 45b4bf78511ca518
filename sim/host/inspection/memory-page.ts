/** Memory, capabilities and NICs as a person reads them. */

import type { CapabilityView } from "../../inspect/capabilities.ts";
import type { MemoryView } from "../../inspect/memory.ts";
import { NO_AVAILABLE } from "../../../kernel/invariants/nic-rings.ts";
import type { DescriptorView, NicView, RingView } from "../../inspect/nics.ts";
import { sizeWords } from "../../size.ts";
import type { Terminal } from "../terminal.ts";
import { bar, count } from "../text.ts";
import { list, section, some, table } from "./page.ts";

export function arenaTable(terminal: Terminal, { arenas }: MemoryView): string[] {
  const rows = arenas.map(({ name, books }) => {
    if (books === null) return [name, terminal.paintOut("red", "damaged"), "", "", "", "", ""];
    const room = books.sizeBytes - books.overheadBytes;
    return [name, sizeWords(books.usedBytes), sizeWords(books.freeBytes), sizeWords(books.largestFreeBytes), sizeWords(books.peakBytes), count(books.blocks), terminal.paintOut("cyan", bar(books.usedBytes, room, 20))];
  });
  return table(terminal, ["arena", "used", "free", "largest free", "peak", "blocks", ""], ["left", "right", "right", "right", "right", "right", "left"], rows, "there are none");
}

export function memoryPage(terminal: Terminal, memory: MemoryView): string[] {
  const regions = memory.regions.map((region) => [
    region.name,
    sizeWords(region.bytes),
    `0x${(region.base >>> 0).toString(16)}`,
    region.owner === "" ? "-" : region.owner,
    list(region.mappedBy),
    list([...region.devices, ...(region.kind === "plain" ? [] : [region.kind]), ...(region.copyOnWrite ? ["copy on write"] : [])]),
  ]);
  const buffers = memory.buffers.map((buffer) => [
    String(buffer.buffer),
    count(buffer.references),
    buffer.owner === "" ? "-" : buffer.owner,
    list([...buffer.holders.map(({ process, references }) => (references === 1 ? process : `${process} ${references} times`)), ...(buffer.travelling > 0 ? [`${buffer.travelling} in messages`] : [])]),
    list(buffer.posted),
  ]);
  const { pool } = memory;
  return [
    ...section(terminal, "Arenas", arenaTable(terminal, memory)),
    ...section(terminal, "Regions", table(terminal, ["region", "size", "at", "owner", "mapped by", ""], ["left", "right", "right", "left", "left", "left"], regions, "there are none")),
    ...section(terminal, "DMA buffers", [
      `${count(pool.inUse)} of ${count(pool.count)} in use, at most ${count(pool.peak)} at once; ${some(pool.failures, "request")} refused`,
      ...(buffers.length === 0 ? [] : ["", ...table(terminal, ["buffer", "references", "writer", "held by", "posted"], ["right", "right", "left", "left", "left"], buffers, "")]),
    ]),
    ...section(terminal, "RAM", [`${sizeWords(memory.plannedBytes)} of ${sizeWords(memory.ramBytes)} are taken by the machine's parts`]),
  ];
}

export function capsPage(terminal: Terminal, capabilities: readonly CapabilityView[]): string[] {
  const rows = capabilities.map((capability) => [
    `${"  ".repeat(capability.depth)}${capability.holder}`,
    `${terminal.paintOut("dim", capability.type)} ${capability.object}`,
    capability.need,
    capability.use === "held" ? (capability.from === null ? "the manifest" : `${capability.from.holder} (${capability.from.slot})`) : `${capability.use}, from ${capability.from?.holder ?? "the manifest"}`,
    String(capability.slot),
    capability.rights.join(" "),
  ]);
  return section(terminal, "Capabilities, derived ones below their parents", table(terminal, ["holder", "object", "need", "from", "slot", "rights"], ["left", "left", "left", "left", "right", "left"], rows, "there are none"));
}

export function nicPage(terminal: Terminal, nics: readonly NicView[]): string[] {
  if (nics.length === 0) return section(terminal, "NICs", [terminal.paintOut("dim", "there are none")]);
  return nics.flatMap((nic) => [...section(terminal, nic.name, nicLines(terminal, nic)), ...nic.rings.flatMap((ring) => section(terminal, `${nic.name} ${ring.name} ring`, ringLines(terminal, ring)))]);
}

function nicLines({ paintOut }: Terminal, nic: NicView): string[] {
  const account = Object.entries(nic.account).filter(([, value]) => value !== 0).map(([name, value]) => `${name} ${typeof value === "number" ? count(value) : value}`);
  return [
    `link       ${nic.linkUp ? paintOut("green", "up") : paintOut("red", "down")}`,
    `interrupt  causes ${list(nic.causes)}; unmasked ${list(nic.unmasked)}`,
    `account    ${list(account)}`,
    ...(nic.status.length === 0 ? [] : [`status     ${list(nic.status)}`, `features   ${list(nic.features)}`]),
    ...nic.rings.map((ring) => `${`${ring.name} ring`.padEnd(9)}  ${ringText(ring)}`),
  ];
}

function ringText(ring: RingView): string {
  if (ring.fault !== "") return ring.fault;
  return `${some(ring.count, "descriptor")} at 0x${ring.base.toString(16)}, head ${ring.head}, tail ${ring.tail}: ${ring.enabled ? `${ring.posted} are the device's` : "it is off"}`;
}

function ringLines(terminal: Terminal, ring: RingView): string[] {
  if (ring.fault !== "") return [terminal.paintOut("dim", ring.fault)];
  const shown = ring.descriptors.filter((descriptor) => descriptor.bufferAddress !== 0 || descriptor.turn === "device");
  const rows = shown.map((descriptor) => [String(descriptor.index), descriptor.turn, bufferText(descriptor), count(descriptor.frameBytes), descriptor.bits.join(" "), markText(ring, descriptor.index)]);
  const lines = table(terminal, ["descriptor", "turn", "buffer", "bytes", "bits", ""], ["right", "left", "left", "right", "left", "left"], rows, "no descriptor was ever filled");
  return shown.length < ring.count ? [...lines, terminal.paintOut("dim", `${some(ring.count - shown.length, "descriptor")} never filled`)] : lines;
}

function bufferText({ buffer, bufferAddress }: DescriptorView): string {
  const address = `0x${bufferAddress.toString(16)}`;
  return buffer < 0 ? address : `${address} (buffer ${buffer})`;
}

/** Positions of a virtio queue are none in its table. */
function markText(ring: RingView, index: number): string {
  if (ring.available !== NO_AVAILABLE) return "";
  return [...(index === ring.head ? ["head"] : []), ...(index === ring.tail ? ["tail"] : [])].map((mark) => `\u2190 ${mark}`).join(" ");
}
