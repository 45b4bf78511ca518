/**
 * Share follows weight: while nothing changes in a group of weighted turns, each backend has its part of the requests that the
 * algorithm chose for, within one for each member; plain turns give equal parts. Requests whose session has its backend
 * are nobody's choice; groups with limits, in which some are full, and those of a starting backend are not judged.
 */

import { Outcome } from "../../services/lb/api.ts";
import { Backend } from "../../services/lb/group/backend.ts";
import type { GroupAddress } from "../../services/lb/group/group.ts";
import { NetTrace } from "../../services/net/api.ts";
import type { Asked } from "./asked.ts";
import { askedListener } from "./asked.ts";
import { BalancerView } from "./balancer-view.ts";
import type { Checker } from "./checker.ts";
import type { Decided } from "./decided.ts";
import { cookieOf, decidedReader } from "./decided.ts";
import { configurationsTold } from "./kept-configuration.ts";
import type { PlainConfiguration, PlainGroup } from "./plain-configuration.ts";
import { isAlive, processNumber } from "./places.ts";
import { remembering } from "./remembering.ts";

/** A stretch in which nothing changed in a group. */
interface Stretch {
  /** Who is there, and how: another text is another stretch. */
  readonly members: string;
  readonly chosen: Map<string, number>;
}

const TURNS: readonly string[] = Object.freeze(["weighted", "wrr", "roundrobin", "rr"]);
const WEIGHTED: readonly string[] = Object.freeze(["weighted", "wrr"]);

export const shares: Checker = Object.freeze<Checker>({
  name: "shares",
  law: "each backend of a group of turns gets its share of the requests, by weight",
  fits: (world) => BalancerView.of(world) !== null && decidedReader(world) !== null,
  begin: ({ world, fail }) => {
    const view = BalancerView.of(world)!;
    const read = decidedReader(world)!;
    const told = configurationsTold(world);
    const state = { asked: new Map() as Asked, stretches: new Map<string, Stretch>(), sessions: new Map<string, number>() };
    const listen = askedListener(world, state.asked, () => ({ members: isAlive(world.machine, processNumber(world.machine, "lb")) ? membersOf(view) : [] }));
    const forget = (): void => {
      state.stretches.clear();
      state.sessions.clear();
    };
    return remembering(state, {
      probe: (kind, process, argument0, argument1) => {
        if (listen(kind, process, argument0, argument1)) forget();
        if (kind !== NetTrace.requestDecided) return;
        const decided = read(argument0, argument1);
        const [configuration, before] = told.now();
        if (configuration === undefined || before !== undefined || !configuration.strict) return forget();
        const judged = judgedGroup(view, configuration, decided);
        if (judged === null || isBound(state.sessions, configuration, judged, decided)) return;
        const members = (state.asked.get(decided.requestId)?.["members"] as readonly string[] | undefined)?.[decided.group];
        const text = members === undefined ? "" : count(state.stretches, judged, members, decided.backendName);
        if (text !== "") fail(`group ${judged.name}`, text);
      },
    });
  },
});

/** The group of a routed request, if its shares are to be judged. */
function judgedGroup(view: BalancerView, { groups }: PlainConfiguration, { outcome, group, backendName }: Decided): PlainGroup | null {
  const record = outcome === Outcome.routed && backendName !== "" ? view.groups()[group] : undefined;
  const plain = record === undefined ? undefined : groups.find(({ name }) => name === view.name(record));
  if (plain === undefined || !TURNS.includes(plain.algorithm) || plain.connectionsMax + plain.backendConnectionsMax > 0) return null;
  return plain;
}

/** Whether its session was there before: it may have had its backend. */
function isBound(sessions: Map<string, number>, { sessionCookie }: PlainConfiguration, { name }: PlainGroup, decided: Decided): boolean {
  const cookie = sessionCookie === "" ? "" : cookieOf(decided, sessionCookie);
  if (cookie === "") return false;
  const session = `${name}\n${cookie}`;
  const times = sessions.get(session) ?? 0;
  sessions.set(session, times + 1);
  return times > 0;
}

/** Counts the choice; what is wrong with the shares then, or "". */
function count(stretches: Map<string, Stretch>, group: PlainGroup, members: string, chosen: string): string {
  const known = stretches.get(group.name);
  const stretch = known !== undefined && known.members === members ? known : { members, chosen: new Map<string, number>() };
  stretches.set(group.name, stretch);
  stretch.chosen.set(chosen, (stretch.chosen.get(chosen) ?? 0) + 1);
  const weights = new Map(members.split(" ").map((member) => [member.slice(0, member.lastIndexOf("x")), WEIGHTED.includes(group.algorithm) ? Number(member.slice(member.lastIndexOf("x") + 1)) : 1]));
  const all = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const requests = [...stretch.chosen.values()].reduce((sum, times) => sum + times, 0);
  for (const [name, weight] of weights) {
    const times = stretch.chosen.get(name) ?? 0;
    const off = Math.abs(times * all - requests * weight);
    if (off > SLACK * weights.size * all) return `${name} has ${times} of ${requests} requests; its weight is ${weight} of ${all}`;
  }
  return "";
}

/** Turns that sessions took in between shift those of others: a turn for each member, and as much again. */
const SLACK = 2;

/** By group: "address:port x weight" of those in service; "" where shares are in motion. */
function membersOf(view: BalancerView): readonly string[] {
  return view.groups().map((group) => membersText(view, group));
}

function membersText(view: BalancerView, group: GroupAddress): string {
  const { memory } = view;
  const inService = view.isStrict() ? Backend.available : Backend.healthy;
  const serving = view.backends(group).filter((backend) => inService.get(memory, backend) !== 0);
  if (serving.some((backend) => Backend.slowStarting.get(memory, backend) !== 0)) return `starting ${group}x1`;
  return serving.map((backend) => `${view.backendName(backend)}x${Backend.weight.get(memory, backend)}`).join(" ");
}
