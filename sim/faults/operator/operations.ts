/**
 * What an operator does to a running balancer, as control operations: each follows from what is done, to which member of the
 * configuration, and when. Members are numbered in the order of the configuration's `member=` lines.
 */

import { Errno } from "../../../kernel/errno.ts";
import { ControlOperation, LbErrno } from "../../../services/lb/control.ts";
import { OperandWriter } from "../../operands.ts";
import type { Ask, MemberName } from "../../strict-balancer.ts";
import { memberAdd, memberDrain, memberHealth, memberRemove } from "../../strict-balancer.ts";
import type { World } from "../../world.ts";

/** Numbers lie in the world's memory. */
export const Operation = Object.freeze({
  reload: 1,
  /** A text that the balancer refuses. */
  reloadBroken: 2,
  /** The text without the member. */
  reloadWithout: 3,
  /** The member once more, at a port where nobody listens; and that one away again. */
  addStranger: 4,
  removeStranger: 5,
  remove: 6,
  add: 7,
  /** `detail`: so many ticks after which it goes. */
  drain: 8,
  undrain: 9,
  sick: 10,
  well: 11,
  /** Asks for what there is to know, and changes nothing. */
  report: 12,
  list: 13,
});

export interface Doing {
  readonly operation: number;
  readonly member: number;
  readonly detail: number;
  readonly tick: number;
}

export interface Member extends MemberName {
  readonly weight: number;
}

const LINE = /^\s*member=([^:]+):(\[[^\]]+\]|[^:]+):(\d+)(?::(\d+))?\s*$/;
const NOBODY: Member = Object.freeze({ group: "nobody", address: "0.0.0.0", port: 0, weight: 1 });

/** Members that a configuration names. */
export function membersOf({ configuration }: World): readonly Member[] {
  return configuration.split("\n").flatMap((line) => {
    const [, group, address, port, weight] = LINE.exec(line) ?? [];
    return group === undefined ? [] : [{ group, address: address.replace(/[[\]]/g, ""), port: Number(port), weight: Number(weight ?? 1) }];
  });
}

/** The bytes of the control operation. */
export function operandsOf(world: World, doing: Doing): Uint8Array {
  const { operation, tick, detail } = doing;
  const member = membersOf(world)[doing.member] ?? NOBODY;
  const stranger = { ...member, port: (member.port % 0xffff) + 1 };
  switch (operation) {
    case Operation.addStranger:
      return captured((ask) => memberAdd(ask, stranger, stranger.weight, tick));
    case Operation.removeStranger:
      return captured((ask) => memberRemove(ask, stranger, tick));
    case Operation.remove:
      return captured((ask) => memberRemove(ask, member, tick));
    case Operation.add:
      return captured((ask) => memberAdd(ask, member, member.weight, tick));
    case Operation.drain:
      return captured((ask) => memberDrain(ask, member, tick + detail, tick));
    case Operation.undrain:
      return captured((ask) => memberDrain(ask, member, 0, tick));
    case Operation.sick:
    case Operation.well:
      return captured((ask) => memberHealth(ask, member, operation === Operation.well, tick));
    case Operation.report:
      return new OperandWriter().u8(ControlOperation.report).text(member.group).u64(tick).bytes();
    case Operation.list:
      return new OperandWriter().u8(ControlOperation.listGroups).bytes();
    default:
      return new OperandWriter().u8(ControlOperation.configure).text(configurationOf(world, operation, doing.member)).bytes();
  }
}

/** What such an operation may be answered, whoever did what before it, and whatever breaks. */
export function mayAnswer(operation: number, status: number): boolean {
  if (status === Errno.ok || UNLUCKY.has(status)) return true;
  if (operation <= Operation.reloadWithout) return status === LbErrno.badConfiguration || status === LbErrno.tableFull;
  if (operation === Operation.list) return false;
  return MEMBERLESS.has(status);
}

/** Whoever should answer died over it, is busy, or has no memory. */
const UNLUCKY: ReadonlySet<number> = Object.freeze(new Set<number>([Errno.processNotFound, Errno.endpointNotFound, Errno.outOfMemory, Errno.timeout, Errno.channelFull, Errno.endpointBusy, Errno.resourceBusy, Errno.resourceExhausted, Errno.invalidCapability, LbErrno.tableFull]));
const MEMBERLESS: ReadonlySet<number> = Object.freeze(new Set<number>([LbErrno.otherSemantics, LbErrno.backendGroupNotFound, LbErrno.backendNotFound, LbErrno.backendAlreadyExists]));

function configurationOf(world: World, operation: number, member: number): string {
  if (operation === Operation.reloadBroken) return `${world.configuration}\nmember=:\n`;
  if (operation === Operation.reload) return world.configuration;
  const lines = world.configuration.split("\n");
  const places = lines.flatMap((line, place) => (LINE.test(line) ? [place] : []));
  return lines.filter((_, place) => place !== places[member]).join("\n");
}

/** The operands that a function of strict-balancer.ts hands over. */
function captured(call: (ask: Ask) => unknown): Uint8Array {
  const taken: Uint8Array[] = [];
  call((operands) => {
    taken.push(operands);
    return { status: Errno.timeout, payload: new Uint8Array(0) };
  });
  return taken[0];
}
