/** From a scenario's plan to a run: the machine that it asks for, and the world around it with its clients and backends. */

import { tcpStandard } from "../../services/net/tcp/limits.ts";
import type { TcpLimits } from "../../services/net/tcp/limits.ts";
import { macNumber, macText } from "../address-text.ts";
import { Backends } from "../inhabitants/backends/backends.ts";
import { Clients } from "../inhabitants/clients/clients.ts";
import { Inhabitants } from "../inhabitants/inhabitants.ts";
import { NIC } from "../machines/balancer.ts";
import type { RunSetup } from "../run.ts";
import type { InhabitantsMaker, World } from "../world.ts";
import type { ScenarioPlan } from "./plan.ts";
import { servingMachines } from "./read-machine.ts";

const MACHINE_MAC: readonly number[] = Object.freeze([2, 0, 0, 0, 0, 1]);
/** Where frames go until the machine knows better: to those around it, who hear every frame whatever its address is. */
const GATEWAY_MAC = "02:00:00:02:00:01";
const MIB = 1024 * 1024;

/**
 * Sides of the world have room for their bytes, however many connections are busy: what a scenario is about is the machine. Each
 * has a third of a small world for them, and in any world two connections for each client.
 */
const HOSTS_BUFFER_BYTES = 16 * MIB;
const HOSTS_SHARE = 3;
const HOSTS_CONNECTIONS_MIN = 2048;
const HOSTS_CONNECTIONS_MAX = 16_384;
/** A small world has a connection for so many of its bytes. */
const WORLD_BYTES_PER_CONNECTION = 8192;
/** A connection's two ends wait as long as Linux has it; the world is at rest long before. */
const REST_TICKS_MAX = 600_000;

/** What startRun() and finishRun() take. `place` is how problems name the file. */
export function scenarioSetup(plan: ScenarioPlan, place: string): RunSetup {
  const model = servingMachines().find(({ name }) => name === plan.machine.model);
  if (model === undefined) throw new RangeError(`there is no serving machine ${plan.machine.model}`);
  const mac = macNumber(Uint8Array.from(MACHINE_MAC), 0);
  return {
    manifest: model.manifest({
      mac: macText(mac),
      addresses: distinct(plan.clients.map(({ serverAddress }) => serverAddress)),
      ports: distinct(plan.clients.map(({ serverPort }) => serverPort)),
      gatewayMac: GATEWAY_MAC,
      settings: plan.machine.settings,
      seed: plan.seed,
      ...(plan.machine.ramBytes === undefined ? {} : { ramBytes: plan.machine.ramBytes }),
    }),
    capture: null,
    captureName: plan.name,
    inhabitants: surroundings(plan),
    restTicksMax: plan.ticks + REST_TICKS_MAX,
    mac,
    seed: plan.seed,
    configuration: plan.machine.configuration,
    configurationName: `${place}: machine.configuration`,
  };
}

/** Makes the world around a scenario's machine; it throws a RangeError where `worldBytes` are too few. */
export function surroundings(plan: ScenarioPlan): InhabitantsMaker {
  const clientsCount = plan.clients.reduce((sum, { count }) => sum + count, 0);
  const limits = hostLimits(clientsCount, plan);
  return Object.freeze<InhabitantsMaker>({
    bytes: plan.worldBytes,
    make: (machine, memory, at, offer) => {
      const made: { backends?: Backends } = {};
      return new Inhabitants({
        machine,
        nic: NIC,
        machineMac: MACHINE_MAC,
        offer,
        memory,
        at,
        bytes: plan.worldBytes,
        link: plan.link,
        clients: limits,
        backends: limits,
        seed: plan.seed,
        isBackend: (_memory, key) => made.backends?.has(key) ?? false,
        makeClients: (hosts) => new Clients(hosts, plan.clients, plan.seed, plan.ticks, machine.board.choose),
        makeBackends: (hosts) => (made.backends = new Backends(hosts, plan.backends, plan.seed, machine.board.choose)),
      });
    },
  });
}

/** The world's clients; null if the world was made by something else than a scenario. */
export function clientsOf({ inhabitants }: World): Clients | null {
  return inhabitants?.clientApplication instanceof Clients ? inhabitants.clientApplication : null;
}

export function backendsOf({ inhabitants }: World): Backends | null {
  return inhabitants?.backendApplication instanceof Backends ? inhabitants.backendApplication : null;
}

/** A connection for each client, and as many that wait out their time. */
function hostLimits(clients: number, { worldBytes, hosts }: ScenarioPlan): TcpLimits {
  const connectionsMin = Math.min(HOSTS_CONNECTIONS_MIN, Math.floor(worldBytes / WORLD_BYTES_PER_CONNECTION));
  return {
    ...tcpStandard,
    connectionsMax: Math.min(HOSTS_CONNECTIONS_MAX, Math.max(connectionsMin, 2 * clients)),
    bufferBytesMax: Math.min(HOSTS_BUFFER_BYTES, Math.floor(worldBytes / HOSTS_SHARE)),
    ...hosts,
  };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
