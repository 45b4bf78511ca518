/**
 * A session keeps its backend while that is in service and the session lives: in groups without limits of connections, where
 * nobody has to go elsewhere since a backend is full. A balancer that begins anew knows no sessions.
 */

import { Balancer } from "../../services/lb/balancer.ts";
import { Outcome } from "../../services/lb/api.ts";
import { Backend } from "../../services/lb/group/backend.ts";
import { Group } from "../../services/lb/group/group.ts";
import { isInService } from "../../services/lb/group/candidate.ts";
import type { LbLimits } from "../../services/limits.ts";
import { NetTrace } from "../../services/net/api.ts";
import type { World } from "../world.ts";
import type { Asked } from "./asked.ts";
import { askedListener } from "./asked.ts";
import { BalancerView } from "./balancer-view.ts";
import type { Checker, Watched } from "./checker.ts";
import type { Decided } from "./decided.ts";
import { cookieOf, decidedReader } from "./decided.ts";
import type { Told } from "./kept-configuration.ts";
import { configurationsTold } from "./kept-configuration.ts";
import { isAlive, processNumber } from "./places.ts";
import { remembering } from "./remembering.ts";

interface Bound {
  readonly backend: string;
  /** "group address:port name" of that backend (inService()): one that was removed and added again is another one. */
  readonly known: string;
  readonly tick: number;
}

interface State {
  readonly asked: Asked;
  /** By group and cookie. */
  readonly bound: Map<string, Bound>;
  /** Sessions for which there was no room, when one was last looked at. */
  unbound: number;
}

export const sessions: Checker = Object.freeze<Checker>({
  name: "sessions",
  law: "a session keeps its backend while that is in service and the session lives",
  fits: (world) => BalancerView.of(world) !== null && decidedReader(world) !== null,
  begin: (watched) => {
    const { world } = watched;
    const view = BalancerView.of(world)!;
    const read = decidedReader(world)!;
    const told = configurationsTold(world);
    const state: State = { asked: new Map(), bound: new Map(), unbound: 0 };
    const listen = askedListener(world, state.asked, () => ({ inService: inService(world, view) }));
    return remembering(state, {
      probe: (kind, process, argument0, argument1) => {
        if (listen(kind, process, argument0, argument1)) state.bound.clear();
        if (kind === NetTrace.requestDecided) judge(watched, view, told, state, read(argument0, argument1));
      },
      tick: () => {
        if (state.bound.size === 0 || !isAlive(world.machine, processNumber(world.machine, "lb")) || allServe(view)) return;
        // One whose backend was out of service for a moment may have been bound anew by whoever came then.
        const serving = new Set(inService(world, view));
        for (const [session, { known }] of state.bound) if (!serving.has(known)) state.bound.delete(session);
      },
    });
  },
});

function judge({ world, fail }: Watched, view: BalancerView, told: Told, state: State, decided: Decided): void {
  const [configuration, before] = told.now();
  const asked = state.asked.get(decided.requestId);
  const unbound = Balancer.sessionsUnbound.get(view.memory, view.at);
  const crowded = unbound !== state.unbound;
  state.unbound = unbound;
  if (configuration === undefined || !configuration.strict || asked === undefined || decided.outcome !== Outcome.routed || decided.backendName === "") return;
  const cookie = configuration.sessionCookie === "" ? "" : cookieOf(decided, configuration.sessionCookie);
  const group = view.groups()[decided.group];
  const plain = configuration.groups.find(({ name }) => group !== 0 && group !== undefined && name === view.name(group));
  // What is longer than any session names none.
  const nameless = cookie === "" || cookie.length > (world.machine.manifest.processes["lb"].parameters as LbLimits).sessionBytesMax;
  if (nameless || group === undefined || plain === undefined || plain.connectionsMax + plain.backendConnectionsMax > 0 || Group.pendingCount.get(view.memory, group) > 0) return;
  const session = `${plain.name}\n${cookie}`;
  const bound = state.bound.get(session);
  const lives = bound !== undefined && (configuration.sessionTicks === 0 || asked.tick - bound.tick < configuration.sessionTicks);
  const inServiceThen = asked["inService"] as readonly string[];
  const serving = bound !== undefined && inServiceThen.includes(bound.known);
  if (lives && serving && before === undefined && bound.backend !== decided.backendName) fail(`session ${cookie} of group ${plain.name}`, `it is sent to ${decided.backendName} in tick ${world.machine.tick()}, and was bound to ${bound.backend}`);
  if (!lives && crowded) state.bound.delete(session);
  else state.bound.set(session, { backend: decided.backendName, known: inServiceThen.find((known) => known.startsWith(`${plain.name} ${decided.backendName} `)) ?? "", tick: asked.tick });
}

/** "group address:port name" of each backend that takes requests now; the name is the balancer's own, which it gives to no other. */
function inService(world: World, view: BalancerView): readonly string[] {
  if (!isAlive(world.machine, processNumber(world.machine, "lb"))) return [];
  return view.groups().flatMap((group) => view.backends(group).filter((backend) => isInService(view.memory, group, backend)).map((backend) => `${view.name(group)} ${view.backendName(backend)} ${Backend.handle.get(view.memory, backend)}`));
}

/** Nearly always: then nobody needs names. */
function allServe(view: BalancerView): boolean {
  return view.groups().every((group) => view.backends(group).every((backend) => isInService(view.memory, group, backend)));
}
