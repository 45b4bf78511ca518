/** Events of a chronicle in plain words, with names. */

import { CLOSED_RECEIVES, Delivery } from "../../kernel/service.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import { errnoName } from "../../kernel/errno.ts";
import type { Names } from "../inspect/names.ts";
import { nameOf, namesOf } from "../inspect/names.ts";
import { opcodeName } from "../inspect/opcodes.ts";
import { traceWords } from "../inspect/traces.ts";
import type { World } from "../world.ts";
import type { Chronicle, ChronicleEvent, EventMessage } from "./chronicle.ts";

/** Kinds below are hal's: the board's own doing. */
const FIRST_KERNEL_KIND = 16;

/** What the world's machine calls its things. */
export function worldNames({ machine }: World): Names {
  return namesOf(machine.ram, machine.parts);
}

/** Whose doing it is: "net"; "" for the board's, whoever ran meanwhile. */
export function processOf(names: Names, { process, kind }: ChronicleEvent): string {
  return process < 0 || kind < FIRST_KERNEL_KIND ? "" : nameOf(names.processes, process, "process");
}

/** What happened, as a clause behind the process's name: "takes received from driver at net.frames". */
export function eventWords(names: Names, chronicle: Chronicle, event: ChronicleEvent): string {
  const { kind, argument0, argument1 } = event;
  return kind === KernelTrace.dispatch ? beginningWords(names, chronicle, event) : traceWords({ names }, kind, argument0, argument1);
}

/** "message request (17, 3, 0, 0)". */
export function messageWords(names: Names, { endpoint, opcode, data }: EventMessage): string {
  const what = endpoint < 0 ? `answer ${opcode < 0 ? errnoName(opcode) : opcode}` : `message ${opcodeName(names, endpoint, opcode)}`;
  return `${what} (${data.join(", ")})`;
}

function beginningWords(names: Names, chronicle: Chronicle, event: ChronicleEvent): string {
  const { process, argument0: delivery, argument1: detail, message } = event;
  const cause = chronicle.at(event.cause);
  const from = cause === undefined || cause.process < 0 ? "" : ` from ${processOf(names, cause)}`;
  switch (delivery) {
    case Delivery.message:
      return message === null ? "takes a message" : `takes ${messageWords(names, message)}${from} at ${nameOf(names.endpoints, message.endpoint, "endpoint")}`;
    case Delivery.reply:
      return `gets its ${message === null ? "answer" : messageWords(names, message)}${from}`;
    case Delivery.notification:
      return `is notified, bits ${detail}${cause === undefined ? "" : `: ${causeWords(names, cause)}`}`;
    case Delivery.start:
      return "starts";
    case Delivery.closed:
      return `hears that ${needName(names, process, detail)} is closed`;
    case Delivery.reopened:
      return `hears that ${needName(names, process, detail)} is open again`;
    case Delivery.ended:
      return `hears that process ${needName(names, process, detail)} has ended`;
    case Delivery.timeout:
      return "has waited or slept long enough";
    case Delivery.sent:
      return `hears what came of its message that waited for room: ${detail < 0 ? errnoName(detail) : "sent"}`;
    default:
      return traceWords({ names }, event.kind, delivery, detail);
  }
}

function needName({ needs, endpoints }: Names, process: number, need: number): string {
  return need >= CLOSED_RECEIVES ? nameOf(endpoints, need - CLOSED_RECEIVES, "endpoint") : nameOf(needs[process] ?? [], need, "need");
}

function causeWords(names: Names, { kind, argument0, argument1 }: ChronicleEvent): string {
  if (kind === KernelTrace.interrupt) return argument0 === 0 ? "a tick" : `an interrupt of ${nameOf(names.devices, argument0 - 1, "device")}`;
  return kind === KernelTrace.timer ? "a timer" : traceWords({ names }, kind, argument0, argument1);
}

