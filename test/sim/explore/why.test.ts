/** Who wrote a word, when, and because of what: of a planted fault, and of what every run does. */

import { describe, expect, test } from "vitest";
import { KernelTrace } from "../../../kernel/trace-kinds.ts";
import { Delivery } from "../../../kernel/service.ts";
import { Chronicle, beginsHandler } from "../../../sim/explore/chronicle.ts";
import { eventWords, processOf, worldNames } from "../../../sim/explore/event-words.ts";
import { fieldPlace } from "../../../sim/explore/field-place.ts";
import { minimise } from "../../../sim/explore/minimise.ts";
import { courseOf, stageOf } from "../../../sim/explore/replay.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { TimeTravel } from "../../../sim/explore/time-travel.ts";
import type { Why } from "../../../sim/explore/why.ts";
import { why } from "../../../sim/explore/why.ts";
import type { Problem } from "../../../sim/problem.ts";
import { WRONG_CAPACITY, planted, plantedRepro } from "./planted.ts";

const theatre = new Theatre(planted);
const { repro } = minimise(planted, plantedRepro(theatre), { theatre })!;
const stage = stageOf(repro, planted);
stage.theatre.play(stage.run, { troubleTicks: stage.troubleTicks });
const travel = new TimeTravel(courseOf(stage), stage.theatre.position());

function ask(field: string, last = travel.end, depth?: number): Why {
  const problems: Problem[] = [];
  const place = fieldPlace(travel.world, field, problems);
  expect(problems).toEqual([]);
  return why(travel, place!, last, { deviations: repro.deviations, rules: repro.rules, ...(depth === undefined ? {} : { depth }) });
}

describe("of a word that a planted fault wrote", () => {
  const answer = ask("endpoints[driver.transmit].capacity");

  test("it says who, when, and in which handler", () => {
    expect(answer).toMatchObject({ field: "endpoints[0].capacity", value: String(WRONG_CAPACITY), before: "4", writer: "net" });
    expect(answer.after).toBe("net hears that balancer is closed");
    expect(answer.step).toBeGreaterThan(0);
    travel.goTo(answer.step - 1);
    expect(fieldPlace(travel.world, "endpoints[0].capacity", [])!.show()).toBe("4");
    travel.goTo(answer.step);
    expect(fieldPlace(travel.world, "endpoints[0].capacity", [])!.show()).toBe(String(WRONG_CAPACITY));
  });

  test("it says what led to it: the balancer's end, chance, and the message that the balancer was at", () => {
    const told = answer.chain.map(({ kind, process, words }) => `${kind} ${process} ${words.replace(/ \([^)]*\)/g, "")}`);
    expect(told[0]).toBe("handler net hears that balancer is closed");
    expect(told[1]).toBe("cause lb is stopped: was made to crash");
    expect(told[2]).toMatch(/^deviation {2}[0-9]+ ticks in, process lb, question [0-9]+ of processDies: it dies at this crossing$/);
    expect(told[3]).toMatch(/^handler lb /);
  });

  test("it goes no further back than it is asked to", () => {
    expect(ask("endpoints[0].capacity", travel.end, 1).chain.filter(({ kind }) => kind === "handler")).toHaveLength(1);
    expect(ask("endpoints[0].capacity", travel.end, 3).chain.filter(({ kind }) => kind === "handler").length).toBeLessThanOrEqual(3);
  });

  test("before it was written it was as boot left it", () => {
    expect(ask("endpoints[0].capacity", answer.step - 1)).toMatchObject({ value: "4", step: 0, chain: [] });
  });
});

describe("of other words", () => {
  test("a message leads to its sender, to the driver, and to the frame on the wire", () => {
    const chronicle = new Chronicle(travel.world, 0);
    travel.watch(0, travel.end, [chronicle]);
    const request = chronicle.events.find((event) => beginsHandler(event) && event.process === 1 && event.argument0 === Delivery.message)!;
    const { chain } = ask("processes[lb].handled", request.step);
    expect(chain.map(({ kind, process }) => `${kind} ${process}`)).toEqual(["handler lb", "cause net", "handler net", "cause driver", "handler driver", "cause ", "cause "]);
    expect(chain.at(-1)!.words).toMatch(/^frame [0-9]+ of the wire is in memory, .* \(frame [0-9]+ of the capture\)$/);
  });

  test("nobody's handler wrote the clock while nothing ran", () => {
    const chronicle = new Chronicle(travel.world, 0);
    travel.watch(0, travel.end, [chronicle]);
    const tick = chronicle.events.find(({ kind, handler }) => kind === 1 && handler === -1)!;
    expect(ask("clock.cycle", tick.step).writer).toBe("");
  });

  test("of several writes in one step it tells the last", () => {
    const chronicle = new Chronicle(travel.world, 0);
    travel.watch(0, travel.end, [chronicle]);
    const names = worldNames(travel.world);
    const busy = chronicle.events.find((event) => beginsHandler(event) && chronicle.events.filter(({ step }) => step === event.step).length > 3)!;
    const told = chronicle.events.filter(({ step }) => step === busy.step).map((event) => `${processOf(names, event)} ${eventWords(names, chronicle, event)}`.trim());
    // Each record counts.
    expect(ask("trace.state.written", busy.step)).toMatchObject({ step: busy.step, after: told.at(-2), until: told.at(-1) });
  });

  test("a word of chance's is the world's", () => {
    expect(ask("chance.keys[0].ordinal").field).toBe("chance.keys[0].ordinal");
  });
});

describe("a chronicle", () => {
  const chronicle = new Chronicle(travel.world, 0);
  travel.watch(0, travel.end, [chronicle]);
  const names = worldNames(travel.world);

  test("knows of each message who sent it, in which handler", () => {
    const taken = chronicle.events.filter((event) => beginsHandler(event) && (event.argument0 === Delivery.message || event.argument0 === Delivery.reply));
    expect(taken.length).toBeGreaterThan(10);
    for (const event of taken) {
      const sent = chronicle.at(event.cause)!;
      expect([KernelTrace.sendFast, KernelTrace.sendQueued, KernelTrace.reply]).toContain(sent.kind);
      if (event.message!.endpoint >= 0) expect([sent.argument0, sent.argument1]).toEqual([event.message!.endpoint, event.message!.opcode]);
      expect(sent.index).toBeLessThan(event.index);
      expect(chronicle.at(sent.handler)?.process).toBe(sent.process);
      expect(sent.process).not.toBe(event.process);
    }
    expect(new Set(taken.map(({ cause }) => cause)).size).toBe(taken.length);
  });

  test("tells in words with names", () => {
    const lines = chronicle.events.map((event) => `${processOf(names, event)} ${eventWords(names, chronicle, event)}`).join("\n");
    for (const words of ["net sends request to lb.requests", "lb takes message request", "from net at lb.requests", "driver is notified, bits 1: an interrupt of nic0", "net is stopped: was made to crash", "supervisor hears that process net has ended", "net starts"]) expect(lines).toContain(words);
    expect(lines).not.toMatch(/opcode [0-9]|kind [0-9]|need [0-9]/);
  });

  test("keeps the last events only, as many as it is told", () => {
    const short = new Chronicle(travel.world, 0, 20);
    travel.watch(0, travel.end, [short]);
    expect(short.events.length).toBeGreaterThanOrEqual(20);
    expect(short.events.length).toBeLessThan(40);
    expect(short.dropped + short.events.length).toBe(chronicle.events.length);
    expect(short.events.at(-1)).toEqual(chronicle.events.at(-1));
    expect(short.at(short.dropped - 1)).toBeUndefined();
  });
});

describe("a field's name", () => {
  test.each([
    ["endpoints[7].count", "there is no endpoints[7]"],
    ["endpoints[net.nothing].count", "there is no endpoints[net.nothing]"],
    ["endpoints[0].counts", "names no field"],
    ["endpoints", "names no field"],
    ["nothing.count", "no part of machine or world"],
    ["endpointsX.count", "no part of machine or world"],
    ["region.requests", "has 4096 bytes"],
    ["arena.net+999999999", "bytes"],
  ])("%s is none", (name, found) => {
    const problems: Problem[] = [];
    expect(fieldPlace(travel.world, name, problems)).toBeNull();
    expect(problems.map((problem) => problem.found).join()).toMatch(name === "region.requests" ? /has [0-9]+ bytes/ : new RegExp(found.replace(/[[\]]/g, "\\$&")));
  });

  test.each([["endpoints.count", "endpoints[0].count"], ["endpoints[net.frames].count", "endpoints[4].count"], ["processes[supervisor].state", "processes[4].state"], ["state.net.frames", "state.net[0].frames"], ["arena.net+1026", "arena.net+1024"], ["queue.net.frames[1].next", "queue.net.frames[1].next"], ["world.framesOffered", "world[0].framesOffered"]])("%s is %s", (name, meant) => {
    expect(fieldPlace(travel.world, name, [])?.name).toBe(meant);
  });
});
