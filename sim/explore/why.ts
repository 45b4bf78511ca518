/**
 * Why a word is as it is: who wrote it last, in which handler, because of which message, and what came before that. Found
 * by going back in time: first to the step that changed it, then to the moment between two events of that step, and from
 * there from message to sender, as far back as it is known or wanted.
 */

import { FaultCode } from "../../kernel/fault.ts";
import { HalTrace } from "../../hal/trace.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import { KernelChoice } from "../../kernel/crossing.ts";
import type { Deviation } from "../chance/deviation.ts";
import type { Watch } from "../checkers/checker.ts";
import type { FaultRule } from "../faults/fault.ts";
import type { Names } from "../inspect/names.ts";
import type { World } from "../world.ts";
import type { ChronicleEvent } from "./chronicle.ts";
import { Chronicle } from "./chronicle.ts";
import { entityNames } from "./entity-names.ts";
import { eventWords, processOf, worldNames } from "./event-words.ts";
import type { FieldPlace } from "./field-place.ts";
import { deviationWords } from "./repro-file.ts";
import type { TimeTravel } from "./time-travel.ts";

export interface WhyLink {
  /** "handler": what ran; "cause": what it was run for; "deviation": what went otherwise than on a good day. */
  readonly kind: "handler" | "cause" | "deviation";
  readonly tick: number;
  readonly cycle: number;
  readonly step: number;
  /** "" where none ran. */
  readonly process: string;
  readonly words: string;
}

export interface Why {
  readonly field: string;
  /** What it says at the end of the time that was asked about; before the last change. */
  readonly value: string;
  readonly before: string;
  /** Step that changed it last, from 1; 0: none did since the run began. */
  readonly step: number;
  readonly tick: number;
  readonly cycle: number;
  /** Who ran when it was written; "" if nobody did: the board or the kernel between handlers. */
  readonly writer: string;
  /** The events between which it was written; "" where there is none in that step. */
  readonly after: string;
  readonly until: string;
  /** The writer's handler first, then what led to it. */
  readonly chain: readonly WhyLink[];
}

/** Steps before the change that are looked at for what led to it. */
const WINDOW_STEPS = 20_000;
export const WHY_DEPTH = 8;
/** Sites of acts (chance/site.ts). */
const FIRST_ACT = 96;

export interface WhyOptions {
  /** Of the run: they say which crash, and which act in between, was chance's. */
  readonly deviations: readonly Deviation[];
  readonly rules: readonly FaultRule[];
  /** Handlers to go back. */
  readonly depth?: number;
}

/** `last`: the place of the run that is asked about. */
export function why(travel: TimeTravel, place: FieldPlace, last: number, { deviations, rules, depth = WHY_DEPTH }: WhyOptions): Why {
  const { world } = travel;
  travel.goTo(last);
  const value = place.show();
  const step = travel.lastChange(last, () => place.bytes());
  if (step === 0) return unchanged(place, value);
  const first = Math.max(0, step - WINDOW_STEPS);
  const moment = new Moment(world, place, first, step);
  travel.watch(first, step, [moment]);
  moment.close();
  return moment.tell(value, deviations.map((deviation) => told(deviation, rules, travel)), depth);
}

/** A deviation in words, and the machine's tick at which it came. */
interface Told {
  readonly deviation: Deviation;
  readonly tick: number;
  readonly words: string;
}

function told(deviation: Deviation, rules: readonly FaultRule[], { world, firstTick }: TimeTravel): Told {
  return Object.freeze({ deviation, tick: deviation.tick + firstTick, words: deviationWords(deviation, rules, entityNames(world)) });
}

function unchanged(place: FieldPlace, value: string): Why {
  return Object.freeze<Why>({ field: place.name, value, before: value, step: 0, tick: 0, cycle: 0, writer: "", after: "", until: "", chain: Object.freeze([]) });
}

/** Looks at the word at each event of one step. */
class Moment implements Watch {
  readonly #world: World;
  readonly #names: Names;
  readonly #place: FieldPlace;
  readonly #step: number;
  readonly #chronicle: Chronicle;
  #steps: number;
  /** What the word was last, and how it read before it changed. */
  #seen = "";
  #shown = "";
  #before = "";
  /** The last event at which it had not changed yet, and the first at which it had; undefined where there is none in the step. */
  #latest: ChronicleEvent | undefined;
  #after: ChronicleEvent | undefined;
  #until: ChronicleEvent | undefined;

  constructor(world: World, place: FieldPlace, first: number, step: number) {
    this.#world = world;
    this.#names = worldNames(world);
    this.#place = place;
    this.#step = step;
    this.#steps = first;
    this.#chronicle = new Chronicle(world, first, undefined, (event) => this.#look(event));
  }

  readonly probe: NonNullable<Watch["probe"]> = (kind, process, argument0, argument1) => this.#chronicle.probe(kind, process, argument0, argument1);

  readonly between = (): void => {
    this.#chronicle.between();
    this.#steps += 1;
    if (this.#steps !== this.#step) return;
    this.#seen = this.#place.bytes();
    this.#shown = this.#place.show();
  };

  /** The step is done: it may have been written behind its last event. */
  close(): void {
    this.#compare(undefined);
  }

  #look(event: ChronicleEvent): void {
    if (event.step !== this.#step) return;
    this.#compare(event);
    this.#latest = event;
  }

  #compare(event: ChronicleEvent | undefined): void {
    const now = this.#place.bytes();
    if (now === this.#seen) return;
    this.#seen = now;
    this.#before = this.#shown;
    this.#shown = this.#place.show();
    this.#after = this.#latest;
    this.#until = event;
  }

  tell(value: string, deviations: readonly Told[], depth: number): Why {
    const [after, until] = [this.#after, this.#until];
    // Between a handler's beginning and the next event it is the handler that wrote; before its beginning it was the kernel.
    const handler = this.#chronicle.at(after?.handler ?? -1);
    const { machine } = this.#world;
    return Object.freeze<Why>({
      field: this.#place.name,
      value,
      before: this.#before,
      step: this.#step,
      tick: (until ?? after)?.tick ?? machine.tick(),
      cycle: (until ?? after)?.cycle ?? machine.now(),
      writer: handler === undefined ? "" : processOf(this.#names, handler),
      after: after === undefined ? "" : this.#words(after),
      until: until === undefined ? "" : this.#words(until),
      chain: Object.freeze([...(handler === undefined ? this.#acts(until ?? after, deviations) : []), ...this.#chain(handler ?? until ?? after, deviations, depth)]),
    });
  }

  /** From a handler to what it was run for, to the handler that did that, and so on. */
  #chain(first: ChronicleEvent | undefined, deviations: readonly Told[], depth: number): WhyLink[] {
    const links: WhyLink[] = [];
    for (let event = first, seen = 0; event !== undefined && seen < depth; seen++) {
      const handler = this.#chronicle.at(event.handler) ?? event;
      links.push(this.#link("handler", handler));
      const cause = this.#chronicle.at(handler.cause);
      if (cause === undefined) break;
      links.push(this.#link("cause", cause), ...this.#behind(cause, deviations));
      event = cause.handler < 0 ? undefined : cause;
    }
    return links;
  }

  /** What lies behind a cause that nobody sent: the frame behind an interrupt, the deviation behind a crash. */
  #behind(cause: ChronicleEvent, deviations: readonly Told[]): WhyLink[] {
    if (cause.kind === KernelTrace.interrupt && cause.argument0 !== 0) {
      const raised = this.#earlier(cause, ({ kind }) => kind === HalTrace.frameReceived || kind === HalTrace.frameTransmitted);
      return raised === undefined ? [] : [this.#link("cause", raised)];
    }
    if (cause.kind !== KernelTrace.fault || cause.argument0 !== FaultCode.crash) return [];
    const crash = deviations.find(({ deviation, tick }) => deviation.site === KernelChoice.processDies && deviation.entity === cause.process && tick === cause.tick);
    return crash === undefined ? [] : [this.#chance(crash, cause)];
  }

  /** What chance did in that tick by itself, between two steps: it may be what wrote outside of handlers. */
  #acts(event: ChronicleEvent | undefined, deviations: readonly Told[]): WhyLink[] {
    const { machine } = this.#world;
    const at = event ?? { tick: machine.tick(), cycle: machine.now(), step: this.#step };
    return deviations.filter(({ deviation, tick }) => deviation.site >= FIRST_ACT && tick === at.tick).map((one) => this.#chance(one, at));
  }

  #chance({ words, tick }: Told, { cycle, step }: Pick<ChronicleEvent, "cycle" | "step">): WhyLink {
    return Object.freeze<WhyLink>({ kind: "deviation", tick, cycle, step, process: "", words });
  }

  #earlier(event: ChronicleEvent, wanted: (event: ChronicleEvent) => boolean): ChronicleEvent | undefined {
    for (let index = event.index - 1; ; index--) {
      const earlier = this.#chronicle.at(index);
      if (earlier === undefined || wanted(earlier)) return earlier;
    }
  }

  #link(kind: WhyLink["kind"], event: ChronicleEvent): WhyLink {
    const { tick, cycle, step } = event;
    return Object.freeze({ kind, tick, cycle, step, process: processOf(this.#names, event), words: this.#frame(event) });
  }

  /** A frame of the wire is one of the capture's, where there is one. */
  #frame(event: ChronicleEvent): string {
    const frame = event.kind === HalTrace.frameReceived ? this.#world.captureFrame(event.argument0) : 0;
    return frame === 0 ? eventWords(this.#names, this.#chronicle, event) : `${eventWords(this.#names, this.#chronicle, event)} (frame ${frame} of the capture)`;
  }

  #words(event: ChronicleEvent): string {
    const process = processOf(this.#names, event);
    return `${process === "" ? "" : `${process} `}${eventWords(this.#names, this.#chronicle, event)}`;
  }
}
