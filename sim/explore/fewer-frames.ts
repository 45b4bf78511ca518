/**
 * Smaller captures for a run: without all that one client sends, or with an earlier end. The first frame stays, since
 * time counts from it. The cable numbers clients as it sees them first: without one, those behind it move up by one, and
 * with them the entities of deviations.
 */

import type { Address, NumberField } from "../../hal/field.ts";
import { offeredFrames } from "../capture/offered.ts";
import type { Capture } from "../capture/pcap.ts";
import type { World } from "../world.ts";
import type { Repro } from "./repro-file.ts";

/** Sites about a frame: entities there are clients (chance/site.ts). */
const FRAME_SITES = Object.freeze({ least: 64, most: 95 });
const ETHERTYPE_AT = 12;
const WORD_NAMES: readonly string[] = Object.freeze(["word0", "word1", "word2", "word3"]);

/** An address as the cable keeps it, in four words. */
export type ClientWords = readonly number[];

/** Frames of a capture that come in; the first of the capture, whoever sent it, since time counts from it. */
export function offeredOf(capture: Capture, mac: number): readonly number[] {
  const numbers = [...offeredFrames(capture, mac)];
  return numbers[0] === 1 || numbers.length === 0 ? numbers : [1, ...numbers];
}

/** Clients that the cable has seen in the run that was played last, in order of their numbers. */
export function clientsOf({ parts, memory }: World): readonly ClientWords[] {
  const part = parts.find(({ name }) => name === "cable.clients");
  if (part === undefined || part.layout === null) return [];
  const fields = part.layout.fields.filter(({ name }) => WORD_NAMES.includes(name)) as unknown as readonly NumberField[];
  const clients: ClientWords[] = [];
  for (let index = 0; index < part.count; index++) {
    const at = (part.base + index * part.layout.size) as Address;
    const words = fields.map((field) => field.get(memory, at));
    if (words.every((word) => word === 0)) break;
    clients.push(words);
  }
  return clients;
}

/** The repro without client number `client` (from 1 on); null where that is nothing, or where deviations are about it. */
export function withoutClient(repro: Repro, capture: Capture, clients: readonly ClientWords[], client: number): Repro | null {
  const { frames } = repro;
  if (frames === null || client > clients.length) return null;
  const words = clients[client - 1];
  if (repro.deviations.some(({ site, entity }) => isFrameSite(site) && entity >> 1 === client)) return null;
  const left = frames.filter((number, i) => i === 0 || !isFrom(capture.frame(number), words));
  if (left.length === frames.length) return null;
  // Whoever sent the first frame is seen still.
  if (isFrom(capture.frame(frames[0]), words)) return { ...repro, frames: left };
  const deviations = repro.deviations.map((deviation) => (isFrameSite(deviation.site) && deviation.entity >> 1 > client ? Object.freeze({ ...deviation, entity: deviation.entity - 2 }) : deviation));
  return { ...repro, frames: left, deviations };
}

/** The repro whose capture ends after the first `count` of its frames. */
export function earlierEnd(repro: Repro, count: number): Repro {
  return { ...repro, frames: repro.frames?.slice(0, count) ?? null };
}

function isFrameSite(site: number): boolean {
  return site >= FRAME_SITES.least && site <= FRAME_SITES.most;
}

function isFrom(frame: Uint8Array, words: ClientWords): boolean {
  const type = (frame[ETHERTYPE_AT] << 8) | frame[ETHERTYPE_AT + 1];
  if (type === 0x0800) return words[0] === 0 && words[1] === 0 && words[2] === 0 && wordAt(frame, 26) === words[3];
  return type === 0x86dd && words.every((word, i) => wordAt(frame, 22 + 4 * i) === word);
}

function wordAt(frame: Uint8Array, at: number): number {
  return (frame[at] << 24) | (frame[at + 1] << 16) | (frame[at + 2] << 8) | frame[at + 3];
}
