/** An agenda that one entry is taken out of anywhere: the last one takes its place, and may belong above it as well as below. */

import { expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import type { AgendaAddress, EntryAddress } from "../../../sim/inhabitants/agenda.ts";
import { AgendaEntry, NO_ENTRY, agendaFirst, agendaOpen, agendaPut, agendaTake } from "../../../sim/inhabitants/agenda.ts";

const AGENDA = 8 as AgendaAddress;
const entry = (number: number): EntryAddress => (512 + number * AgendaEntry.size) as EntryAddress;

/** What comes when so much was put and the entry of that number taken out. */
function rest(dues: readonly number[], taken: number): number[] {
  const memory = new Memory(new ArrayBuffer(2048));
  agendaOpen(memory, AGENDA, 64, dues.length);
  dues.forEach((due, number) => expect(agendaPut(memory, AGENDA, entry(number), due)).toBe(true));
  agendaTake(memory, AGENDA, entry(taken));
  const come: number[] = [];
  for (let first = agendaFirst(memory, AGENDA); first !== NO_ENTRY; first = agendaFirst(memory, AGENDA)) {
    come.push(AgendaEntry.due.get(memory, first));
    agendaTake(memory, AGENDA, first);
  }
  return come;
}

test("what is left comes in order, whichever was taken out", () => {
  let state = 1;
  const draw = (below: number): number => ((state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 8) % below;
  for (let round = 0; round < 2000; round++) {
    const dues = Array.from({ length: 7 + draw(20) }, () => draw(30));
    const taken = draw(dues.length);
    expect(rest(dues, taken)).toEqual(dues.filter((_, number) => number !== taken).sort((one, other) => one - other));
  }
});
