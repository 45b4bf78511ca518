/**
 * H8: upstream's transport balancer has one counter for the turns of all virtual IPs. Two of them, asked in turn, each get
 * every second number, and so one backend each.
 */

import type { GroupAddress } from "../../services/lb/group/group.ts";
import { Balancer } from "../../services/lb/balancer.ts";
import { Backend } from "../../services/lb/group/backend.ts";
import { vipAt, vipCount, vipGroup } from "../../services/lb/l4.ts";
import { BalancerView } from "../checkers/balancer-view.ts";
import type { Checker } from "../checkers/checker.ts";
import { Flag, frameOf } from "../fuzz/frames.ts";
import { balancerStage, seedVariant, settle } from "./balancer-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";

/** The virtual IPs are two ports of one address: that is where the clients' frames go. */
const CONFIGURATION = `semantics=strict
vip=10.0.0.80:80:roundrobin
vip=10.0.0.80:8080:roundrobin
backend=10.0.0.80:80:10.30.0.1:8001
backend=10.0.0.80:80:10.30.0.2:8001
backend=10.0.0.80:8080:10.30.0.3:8001
backend=10.0.0.80:8080:10.30.0.4:8001
`;
const FLOWS = 8;
const PORTS = [80, 8080] as const;
const FIRST_PORT = 50_000;

const spreadWithinOne = Object.freeze<Checker>({
  name: "spread-within-one",
  law: "a virtual IP that gives turns uses its backends equally often, to one",
  fits: (world) => BalancerView.of(world) !== null,
  begin: ({ world, fail }) => ({
    healed: () => {
      const view = BalancerView.of(world);
      if (view === null) return;
      const transport = Balancer.transport.at(view.at);
      for (let i = 0; i < vipCount(view.memory, transport); i++) {
        const backends = view.backends(vipGroup(view.memory, vipAt(view.memory, transport, i)) as GroupAddress);
        const flows = backends.map((backend) => Backend.totalRequests.get(view.memory, backend));
        if (Math.max(...flows) - Math.min(...flows) > 1) fail(`virtual IP ${i + 1}`, `${backends.map((backend, k) => `${view.backendName(backend)} has ${flows[k]} flows`).join(", ")}`);
      }
    },
  }),
});

function play(scene: Scene): void {
  scene.tell(`${FLOWS} flows begin, to the one virtual IP and to the other in turn`);
  for (let flow = 0; flow < FLOWS; flow++) {
    scene.world.offer(frameOf({ source: "10.0.0.1", sport: FIRST_PORT + flow, dport: PORTS[flow % PORTS.length]!, sequence: 1000, flags: Flag.syn }), 0);
    settle(scene);
  }
}

export const h8: Hazard = Object.freeze<Hazard>({
  id: "H8",
  place: "lb/l4 counter",
  reach: "module",
  ran: false,
  does: "has one round-robin counter for all virtual IPs",
  seen: "two virtual IPs of two backends each, asked in turn, use one backend each",
  invariant: "per virtual IP the spread is within one",
  chosenBy: "semantics=veridian",
  note: "",
  variant: seedVariant("H8"),
  shows: { checker: "spread-within-one" },
  breaks: spreadWithinOne.name,
  scenario: { text: "Two virtual IPs with two backends each; flows come to them in turn.", checkers: [spreadWithinOne], stage: balancerStage(CONFIGURATION), play },
});
