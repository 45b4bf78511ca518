/**
 * A whole machine, booted and configured once, on which inputs are played one after the other: each begins at the same
 * snapshot, and ends with an orderly shutdown. Whatever came in, the machine must then be sound: at rest, no law of the
 * account broken, nobody dead who was not killed, no byte and no buffer left behind.
 *
 * A device that writes where it may write does so between two crossings of whoever runs: that is played by the hook at
 * which boot asks chance whether a process dies.
 */

import type { Address } from "../../hal/field.ts";
import type { NetworkDevice } from "../../hal/device.ts";
import { isNetworkDevice } from "../../hal/device.ts";
import { assert } from "../../hal/assert.ts";
import type { Part } from "../../hal/ram-plan.ts";
import { NicAccount } from "../../hal/nic/account.ts";
import { Errno } from "../../kernel/errno.ts";
import { checkInvariants, invariantText } from "../../kernel/invariants/invariants.ts";
import { OperatorTarget } from "../../services/operator-api.ts";
import { NetState } from "../../services/net/state.ts";
import { brokenLaws } from "../account.ts";
import { accountedFor } from "../accounting.ts";
import { readCapture } from "../capture/pcap.ts";
import { CaptureWriter } from "../capture/pcap-writer.ts";
import { BUILT_IN_NEIGHBOURS } from "../machines/configuration.ts";
import { NIC } from "../machines/balancer.ts";
import { request } from "../operator.ts";
import { problemText } from "../problem.ts";
import { startRun } from "../run.ts";
import type { World, WorldSnapshot } from "../world.ts";
import { Ambush } from "./ambush.ts";
import { Flag, frameOf } from "./frames.ts";
import type { FuzzAction } from "./input.ts";
import { FuzzLimit } from "./input.ts";
import type { NicKind } from "./reasons.ts";
import { nicPlaces, ReasonProbe, servicePlaces } from "./reasons.ts";
import type { Stage } from "./stage.ts";
import type { MachineStageSpec } from "./stages.ts";

/** Retries, short timers, pauses: whoever is not at rest by then never will be. */
const REST_TICKS_MAX = 10_000;
/** A frame waits for room on the wire while so many steps pass. */
const OFFER_STEPS_MAX = 1_000_000;
/** Two watches of the slower driver, and a bit. */
const RECOVERY_CYCLES = 2_500_000_000;
const PROBLEMS_MAX = 16;
const PROBE_PORT = 61_234;

export class MachineStage implements Stage {
  readonly name: string;
  readonly nicKind: NicKind;
  /** Names of its processes, by number. */
  readonly processes: readonly string[];
  readonly #world: World;
  readonly #nic: NetworkDevice;
  readonly #ambush: Ambush;
  readonly #start: WorldSnapshot;
  readonly #reasons: ReasonProbe;
  readonly #account: Address<"NicAccount">;
  readonly #net: Address<"NetState">;
  /** Bytes that a process uses after a shutdown before which nothing happened. */
  readonly #usedAtEnd: ReadonlyMap<string, number>;
  /** What services threw while an input was played, and everything else that is wrong. */
  readonly #problems: string[] = [];

  constructor({ name, model, settings, configuration }: MachineStageSpec) {
    const manifest = model.manifest({ neighbours: BUILT_IN_NEIGHBOURS, settings });
    this.name = name;
    this.processes = Object.freeze(Object.keys(manifest.processes));
    const ambush = new Ambush();
    const capture = readCapture(new CaptureWriter().file()).capture;
    const { world, problems } = startRun({
      manifest, capture: capture!, captureName: "", mac: -1, seed: 1, configuration, configurationName: name, crashes: true,
      choose: ambush.choose,
      onException: (process, thrown) => this.#say(`process ${this.processes[process]} threw ${String(thrown)}`),
    });
    assert(problems.length === 0, `the stage ${name} stands: ${problems.map((problem) => problemText(problem)).join("; ")}`);
    const { machine } = world;
    assert(machine.runUntilQuiet(REST_TICKS_MAX), `the stage ${name} comes to rest`);
    const nic = machine.board.device(NIC);
    assert(nic !== undefined && isNetworkDevice(nic), `the stage ${name} has a NIC`);
    const base = (part: string): number => machine.parts.find((candidate) => candidate.name === part)?.base ?? 0;
    const region = (part: string): Part | undefined => machine.parts.find((candidate) => candidate.name === `region.${part}`);
    const [rings, buffers] = [region("rings"), region(manifest.pool?.name ?? "")];
    assert(rings !== undefined && buffers !== undefined, `the stage ${name} has rings and buffers`);
    ambush.place(machine.ram, rings, buffers);
    this.#world = world;
    this.#nic = nic;
    this.#ambush = ambush;
    this.nicKind = manifest.devices.some(({ kind }) => kind === "e1000") ? "e1000" : "virtio-net";
    this.#account = base(`${NIC}.account`) as Address<"NicAccount">;
    this.#net = base("state.net") as Address<"NetState">;
    this.#reasons = new ReasonProbe(new Map([...nicPlaces(this.nicKind, NIC), ...servicePlaces(this.nicKind)]), machine.ram, machine.parts);
    this.#start = world.snapshot();
    this.#usedAtEnd = this.#learnUse();
  }

  play(actions: readonly FuzzAction[], reached: Set<string>, thorough: boolean): readonly string[] {
    this.#problems.length = 0;
    this.#world.restore(this.#start);
    this.#ambush.forget();
    try {
      for (const action of actions) this.#perform(action);
      this.#rest("its last action");
      this.#reasons.collect(reached);
      this.#judgeFrames();
      this.#shutDown();
      this.#reasons.collect(reached);
      this.#judgeEnd(thorough);
    } catch (thrown) {
      this.#say(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown));
    }
    return [...this.#problems];
  }

  #perform(action: FuzzAction): void {
    const { machine } = this.#world;
    switch (action.op) {
      case "frame":
        this.#offer(action.bytes);
        return;
      case "wait":
        machine.runUntilCycle(machine.now() + action.cycles);
        return;
      case "plug":
        machine.plug(NIC, action.value === 1);
        return;
      case "write":
        this.#nic.write(action.offset % this.#nic.registerBytes, action.value);
        return;
      case "read":
        this.#nic.read(action.offset % this.#nic.registerBytes);
        return;
      case "memory":
        this.#ambush.write(action.address, action.bytes, action.after);
        return;
      case "crash":
        this.#ambush.kill(action.process % this.processes.length, action.after);
        return;
      case "shutdown":
        request(this.#world, OperatorTarget.shutdown);
        return;
      case "request":
        this.#requireRequest();
    }
  }

  #offer(frame: Uint8Array): void {
    const { machine } = this.#world;
    const bytes = frame.length > FuzzLimit.frameBytes ? frame.subarray(0, FuzzLimit.frameBytes) : frame;
    for (let steps = 0; machine.offer(NIC, bytes) < 0; steps++) {
      assert(steps < OFFER_STEPS_MAX, "the wire gets room again");
      machine.step();
    }
  }

  /** Traffic goes on, once the driver has had time to see to its device: a client's request comes through to its decision. */
  #requireRequest(): void {
    const { machine } = this.#world;
    const { ram } = machine;
    this.#ambush.callOff();
    machine.runUntilCycle(machine.now() + RECOVERY_CYCLES);
    this.#rest("what came before a request");
    const before = NetState.total.get(ram, this.#net);
    this.#offer(frameOf({ sport: PROBE_PORT, sequence: 1, flags: Flag.syn }));
    this.#offer(frameOf({ sport: PROBE_PORT, sequence: 2, flags: Flag.ack, data: "GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n" }));
    this.#rest("a request");
    if (NetState.total.get(ram, this.#net) !== before + 1) this.#say("traffic does not resume: a request after the input is not decided");
  }

  #rest(behind: string): void {
    const { machine } = this.#world;
    if (!machine.runUntilQuiet(machine.tick() + REST_TICKS_MAX)) this.#say(`the machine does not come to rest within ${REST_TICKS_MAX} ticks of ${behind}`);
  }

  /** At rest nothing is in flight, and every frame is accounted for. */
  #judgeFrames(): void {
    const { ram } = this.#world.machine;
    const { offered, received, filtered, noDescriptor, tooLong, linkDown, inFlight } = NicAccount.view(ram, this.#account);
    if (offered !== received + filtered + noDescriptor + tooLong + linkDown + inFlight) this.#say(`${offered} frames were offered; received ${received}, filtered ${filtered}, noDescriptor ${noDescriptor}, tooLong ${tooLong}, linkDown ${linkDown}, in flight ${inFlight}`);
    if (inFlight !== 0) this.#say(`${inFlight} frames are in flight at rest`);
  }

  /** A process that died over it is asked again. */
  #shutDown(): void {
    for (let asked = 0; asked < 2; asked++) {
      const { killed } = this.#ambush;
      const { status } = request(this.#world, OperatorTarget.shutdown);
      this.#rest("its shutdown");
      if (status === Errno.ok && this.#ambush.killed === killed) return;
    }
  }

  #judgeEnd(thorough: boolean): void {
    const { machine } = this.#world;
    for (const law of brokenLaws(accountedFor(this.#world))) this.#say(law);
    const { processes } = machine.report();
    const deaths = processes.reduce((sum, { restarts }) => sum + restarts, 0);
    if (deaths !== this.#ambush.killed) this.#say(`${this.#ambush.killed} processes were killed, and ${deaths} begun anew: ${processes.map(({ name, fault }) => (fault === null ? "" : `${name} ${fault} `)).join("")}`);
    if (deaths === 0) for (const { name, usedBytes } of processes) if (usedBytes > (this.#usedAtEnd.get(name) ?? usedBytes)) this.#say(`process ${name} keeps ${usedBytes} bytes when all is over, ${this.#usedAtEnd.get(name)} when nothing was`);
    if (thorough) for (const problem of checkInvariants(machine)) this.#say(invariantText(problem));
  }

  /** Of driver and net; the load balancer remembers clients. */
  #learnUse(): ReadonlyMap<string, number> {
    this.#shutDown();
    const { processes } = this.#world.machine.report();
    return new Map(processes.filter(({ name }) => name === "driver" || name === "net").map(({ name, usedBytes }) => [name, usedBytes]));
  }

  #say(problem: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(problem);
  }
}
