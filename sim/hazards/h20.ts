/**
 * H20: upstream's operations name a backend by its address alone. To remove one port of a host removes all of them, and to
 * set the health of one sets that of whichever comes first.
 */

import { Balancer } from "../../services/lb/balancer.ts";
import { ControlOperation } from "../../services/lb/control.ts";
import type { BackendAddress } from "../../services/lb/group/backend.ts";
import { Backend } from "../../services/lb/group/backend.ts";
import { vipAt, vipGroup } from "../../services/lb/l4.ts";
import { OperatorTarget } from "../../services/operator-api.ts";
import { control } from "../balancer.ts";
import { BalancerView } from "../checkers/balancer-view.ts";
import type { Checker } from "../checkers/checker.ts";
import { OperandWriter } from "../operands.ts";
import { request } from "../operator.ts";
import { memberHealth, memberRemove } from "../strict-balancer.ts";
import type { World } from "../world.ts";
import { balancerStage, seedVariant } from "./balancer-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";

const VIP = { address: "10.0.0.80", port: 80 };
const KEY = `${VIP.address}:${VIP.port}`;
const HOST = "10.30.0.1";
const CONFIGURATION = `semantics=strict
vip=${KEY}:roundrobin
backend=${KEY}:${HOST}:8001
backend=${KEY}:${HOST}:8002
backend=${KEY}:${HOST}:8003
`;
const REMOVED = 8001;
const ILL = 8003;

/** Ports of the backends that are there, with the health of each. */
function backendsOf(world: World): { readonly port: number; readonly healthy: boolean }[] {
  const view = BalancerView.of(world)!;
  const group = vipGroup(view.memory, vipAt(view.memory, Balancer.transport.at(view.at), 0));
  return view.backends(group).map((backend: BackendAddress) => ({ port: Backend.port.get(view.memory, backend), healthy: Backend.healthy.get(view.memory, backend) === 1 }));
}

const exactTarget: Checker = Object.freeze<Checker>({
  name: "exact-target",
  law: "an operation changes exactly what it names",
  fits: (world) => BalancerView.of(world) !== null,
  begin: ({ world, fail }) => ({
    healed: () => {
      const now = backendsOf(world);
      for (const port of [REMOVED, REMOVED + 1, ILL]) {
        const there = now.find((backend) => backend.port === port);
        if ((there === undefined) !== (port === REMOVED)) fail(`backend ${HOST}:${port}`, there === undefined ? `it is gone, and ${REMOVED} was to be removed` : "it is there, and was to be removed");
        else if (there !== undefined && there.healthy !== (port !== ILL)) fail(`backend ${HOST}:${port}`, `it is ${there.healthy ? "healthy" : "unhealthy"}, and ${ILL} was to be unhealthy`);
      }
    },
  }),
});

/** By the operations of either semantics. */
function play(scene: Scene): void {
  const { world } = scene;
  const strict = BalancerView.of(world)!.isStrict();
  const ask = (operands: Uint8Array) => request(world, OperatorTarget.loadBalancer, operands);
  const named = (operation: number) => new OperandWriter().u8(operation).text(VIP.address).u16(VIP.port).text(HOST);
  scene.tell(`an operator says that ${HOST}:${ILL} is unhealthy`);
  if (strict) memberHealth(ask, { group: KEY, address: HOST, port: ILL }, false, world.machine.tick());
  else control(world, named(ControlOperation.setHealth).u8(0));
  scene.tell(`an operator removes ${HOST}:${REMOVED}`);
  if (strict) memberRemove(ask, { group: KEY, address: HOST, port: REMOVED }, world.machine.tick());
  else control(world, named(ControlOperation.removeBackend));
  scene.tell(`there are now ${backendsOf(world).map(({ port, healthy }) => `${port} (${healthy ? "healthy" : "unhealthy"})`).join(", ") || "none"}`);
}

export const h20: Hazard = Object.freeze<Hazard>({
  id: "H20",
  place: "lb/l4 admin",
  reach: "module",
  ran: false,
  does: "removes by address all ports of that host; sets the health of the first one only",
  seen: "an operator's action hits the wrong backends",
  invariant: "an operation affects exactly its target",
  chosenBy: "semantics=veridian",
  note: "",
  variant: seedVariant("H20"),
  shows: { checker: "exact-target" },
  breaks: exactTarget.name,
  scenario: { text: "A virtual IP with three ports of one host; one is said to be unhealthy, another one removed.", checkers: [exactTarget], stage: balancerStage(CONFIGURATION), play },
});
