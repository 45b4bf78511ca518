/** H21: upstream documents the key backend= and reads past it. A configuration with virtual IPs and backends yields empty virtual IPs. */

import type { BootOptions } from "../../kernel/boot.ts";
import { boot as bootMachine } from "../../kernel/boot.ts";
import { Balancer } from "../../services/lb/balancer.ts";
import { vipAt, vipCount, vipGroup } from "../../services/lb/l4.ts";
import { configure } from "../balancer.ts";
import { BalancerView } from "../checkers/balancer-view.ts";
import type { Checker } from "../checkers/checker.ts";
import { keptText } from "../checkers/kept-configuration.ts";
import { smallSurroundings } from "../experiments/small.ts";
import type { Surroundings } from "../explore/experiment.ts";
import type { World } from "../world.ts";
import { worldOf } from "../world.ts";
import type { Hazard, Part, Scene } from "./hazard.ts";
import type { Variant } from "./variant.ts";
import { variedSurroundings } from "./variant.ts";

const parts = Object.freeze({ name: "H21", readsKey: (name: string) => name !== "backend" });

const variant: Variant = Object.freeze<Variant>({
  name: "H21",
  adapt: (surroundings: Surroundings) => {
    const { manifest } = surroundings;
    const line = manifest.processes.lb;
    if (line === undefined) return surroundings;
    return { ...surroundings, manifest: { ...manifest, processes: { ...manifest.processes, lb: { ...line, parameters: { ...(line.parameters as object), parts } } } } };
  },
});

const CONFIGURATION = `semantics=strict
vip=10.0.0.80:80:roundrobin
backend=10.0.0.80:80:10.30.0.1:8001
backend=10.0.0.80:80:10.30.0.2:8001
`;

function stage(part: Part, boot: BootOptions): World {
  const plain = smallSurroundings();
  const { manifest, mac } = part === "upstream" ? variedSurroundings(plain, variant) : plain;
  return worldOf(bootMachine(manifest, boot), null, mac);
}

const asConfigured: Checker = Object.freeze<Checker>({
  name: "as-configured",
  law: "what is configured is what runs",
  fits: (world) => BalancerView.of(world) !== null,
  begin: ({ world, fail }) => ({
    healed: () => {
      const view = BalancerView.of(world);
      if (view === null) return;
      const written = (keptText(world) ?? "").split("\n").filter((line) => line.startsWith("backend=")).length;
      const transport = Balancer.transport.at(view.at);
      let running = 0;
      for (let i = 0; i < vipCount(view.memory, transport); i++) running += view.backends(vipGroup(view.memory, vipAt(view.memory, transport, i))).length;
      if (running !== written) fail("the virtual IPs", `${running} backends are behind them, and the configuration names ${written}`);
    },
  }),
});

function play(scene: Scene): void {
  scene.tell("a configuration with one virtual IP and two backends is handed in");
  const { status, remarks } = configure(scene.world, CONFIGURATION);
  scene.tell(`it is ${status === 0 ? "accepted" : "refused"}, with ${remarks.length} remarks`);
}

export const h21: Hazard = Object.freeze<Hazard>({
  id: "H21",
  place: "lb/config",
  reach: "module",
  ran: false,
  does: "documents `backend=` and ignores it",
  seen: "a configuration with virtual IPs and backends yields empty virtual IPs",
  invariant: "what is configured is what runs",
  chosenBy: "part readsKey of the balancer",
  note: "",
  variant,
  breaks: asConfigured.name,
  scenario: { text: "A virtual IP and its backends are configured.", checkers: [asConfigured], stage, play },
});
