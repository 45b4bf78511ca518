/**
 * A bare device on a board, without a kernel: inputs are what a mad driver does to it. Memory lies around it in four
 * parts: one that the device may read and write, one that it may only read, one that it may not reach, and all of the
 * board's own. After each input: no law of the account broken, nothing written that was not granted, no more events under
 * way than a device has; and after a reset a good driver is served.
 */

import { assert } from "../../hal/assert.ts";
import { Board } from "../../hal/board.ts";
import type { NetworkDevice } from "../../hal/device.ts";
import { isNetworkDevice } from "../../hal/device.ts";
import type { DeviceConfig } from "../../hal/device-models.ts";
import type { Address } from "../../hal/field.ts";
import { DmaRight } from "../../hal/iommu.ts";
import { standardHalLimits } from "../../hal/limits.ts";
import { Memory } from "../../hal/memory.ts";
import { NicAccount } from "../../hal/nic/account.ts";
import { VirtioRegister, VirtioStatus } from "../../hal/nic/virtio/mmio-registers.ts";
import { VirtioFault, VirtioRegisters } from "../../hal/nic/virtio/transport-state.ts";
import type { Part } from "../../hal/ram-plan.ts";
import { RamPlan } from "../../hal/ram-plan.ts";
import { restore, snapshot } from "../../hal/snapshot.ts";
import { WireState } from "../../hal/wire.ts";
import { servesGoodDriver } from "./good-driver.ts";
import type { FuzzAction } from "./input.ts";
import { BoardMemory } from "./board-memory.ts";
import type { NicKind } from "./reasons.ts";
import { COMMAND_REFUSED, FEATURES_REFUSED, faultReason, nicPlaces, ReasonProbe } from "./reasons.ts";
import type { Stage } from "./stage.ts";

/** limits.ts: a NIC has at most so many. */
const DEVICE_EVENTS_MAX = 13;
/** Time for a device to do what it was told, before it is reset. */
const SETTLE_CYCLES = 3_000_000;
const FRAME_BYTES_MAX = 16_384;
const FAULTS: readonly string[] = Object.freeze(Object.keys(VirtioFault));

export class BoardStage implements Stage {
  readonly name: string;
  readonly nicKind: NicKind;
  readonly #board: Board;
  readonly #device: NetworkDevice;
  readonly #start: Uint8Array;
  /** What the memory that the device may not write should hold. */
  readonly #expected = new Uint8Array(BoardMemory.bytes);
  readonly #account: Address<"NicAccount">;
  readonly #wire: Address<"WireState">;
  readonly #registers: Address<"VirtioRegisters">;
  readonly #iommu: Part;
  readonly #reasons: ReasonProbe;

  constructor(name: string, config: Exclude<DeviceConfig, { kind: "mailbox" }>) {
    const plan = new RamPlan();
    const parts = Board.plan(plan, { limits: standardHalLimits, devices: [config] });
    assert(plan.bytes("memory", BoardMemory.bytes, BoardMemory.base) === BoardMemory.base, "a device leaves room for the memory");
    const ram = new Memory(new ArrayBuffer(plan.end));
    const board = new Board(ram, parts);
    board.powerOn();
    board.iommu.grant(0, BoardMemory.base, BoardMemory.shared, DmaRight.read | DmaRight.write);
    board.iommu.grant(0, BoardMemory.base + BoardMemory.shared, BoardMemory.readable, DmaRight.read);
    board.idleUntil(SETTLE_CYCLES);
    const device = board.devices[0];
    assert(isNetworkDevice(device), "a board has a NIC");
    const part = (suffix: string): Part => plan.parts.find((candidate) => candidate.name === `${config.name}.${suffix}`)!;
    this.name = name;
    this.nicKind = config.kind;
    this.#board = board;
    this.#device = device;
    this.#start = snapshot(ram);
    this.#account = part("account").base as Address<"NicAccount">;
    this.#wire = part("wire").base as Address<"WireState">;
    this.#registers = part("registers").base as Address<"VirtioRegisters">;
    this.#iommu = plan.parts.find((candidate) => candidate.name === "iommu")!;
    this.#reasons = new ReasonProbe(nicPlaces(config.kind, config.name), ram, plan.parts);
    Object.freeze(this);
  }

  play(actions: readonly FuzzAction[], reached: Set<string>): readonly string[] {
    const problems: string[] = [];
    restore(this.#board.ram, this.#start);
    this.#expected.fill(0);
    try {
      for (const action of actions) {
        this.#perform(action);
        if (this.nicKind === "virtio-net") this.#lookAround(action, reached);
      }
      this.#board.idleUntil(this.#board.now() + SETTLE_CYCLES);
      if (this.nicKind === "virtio-net") this.#lookAround(null, reached);
      this.#reasons.collect(reached);
      this.#judge(problems);
      this.#judgeReset(problems);
    } catch (thrown) {
      problems.push(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown));
    }
    return problems;
  }

  #perform(action: FuzzAction): void {
    const board = this.#board;
    const device = this.#device;
    switch (action.op) {
      case "frame":
        device.wire.offer(action.bytes.length > FRAME_BYTES_MAX ? action.bytes.subarray(0, FRAME_BYTES_MAX) : action.bytes, board.now());
        return;
      case "wait":
        board.idleUntil(board.now() + action.cycles);
        return;
      case "plug":
        device.wire.plug(action.value === 1);
        return;
      case "write":
        device.write((action.offset % device.registerBytes) & ~3, action.value);
        return;
      case "read":
        device.read((action.offset % device.registerBytes) & ~3);
        return;
      case "memory":
        this.#write(action.address % BoardMemory.bytes, action.bytes);
        return;
      default:
        return;
    }
  }

  #write(at: number, bytes: Uint8Array): void {
    const part = bytes.subarray(0, BoardMemory.bytes - at);
    this.#board.ram.u8.set(part, BoardMemory.base + at);
    this.#expected.set(part, at);
  }

  /** Refusals that a register shows for a moment only. */
  #lookAround(action: FuzzAction | null, reached: Set<string>): void {
    const { ram } = this.#board;
    const fault = VirtioRegisters.lastFault.get(ram, this.#registers);
    if (fault !== 0) {
      reached.add(faultReason(FAULTS[fault - 1]));
      // So that the next one is seen as well.
      VirtioRegisters.lastFault.set(ram, this.#registers, 0);
    }
    if (ram.u8[BoardMemory.base + BoardMemory.answerAt] === 1) reached.add(COMMAND_REFUSED);
    if (action?.op !== "write" || action.offset !== VirtioRegister.Status || (action.value & VirtioStatus.FEATURES_OK) === 0) return;
    if ((this.#device.read(VirtioRegister.Status) & VirtioStatus.FEATURES_OK) === 0) reached.add(FEATURES_REFUSED);
  }

  #judge(problems: string[]): void {
    const { ram } = this.#board;
    const { offered, received, filtered, noDescriptor, tooLong, linkDown, inFlight } = NicAccount.view(ram, this.#account);
    const ended = received + filtered + noDescriptor + tooLong + linkDown;
    if (offered !== ended + inFlight) problems.push(`${offered} frames were offered, ${ended} ended and ${inFlight} are in flight`);
    if (inFlight < 0) problems.push(`${inFlight} frames are in flight`);
    const wire = WireState.view(ram, this.#wire);
    const coming = wire.count - wire.arrived;
    if (wire.offered !== offered + coming) problems.push(`${wire.offered} frames were put on the wire, ${offered} arrived and ${coming} are to come`);
    const events = this.#board.eventsUnderWay();
    if (events > DEVICE_EVENTS_MAX) problems.push(`${events} events of one device are under way`);
    for (let at: number = BoardMemory.shared; at < BoardMemory.bytes; at++) {
      if (ram.u8[BoardMemory.base + at] === this.#expected[at]) continue;
      problems.push(`byte ${at} was written, which the device may not write`);
      break;
    }
    for (let at = this.#iommu.base; at < this.#iommu.base + this.#iommu.bytes; at++) {
      if (ram.u8[at] === this.#start[at]) continue;
      problems.push("the IOMMU table has changed");
      break;
    }
  }

  /** Then nothing is in flight, and the device is as good as new. */
  #judgeReset(problems: string[]): void {
    const board = this.#board;
    const device = this.#device;
    device.wire.plug(true);
    board.advance(0);
    device.reset();
    board.idleUntil(board.now() + SETTLE_CYCLES);
    this.#judge(problems);
    if (NicAccount.inFlight.get(board.ram, this.#account) !== 0 || !device.atRest()) problems.push("after its reset the device is not at rest");
    const fault = servesGoodDriver(board, device, this.nicKind);
    if (fault !== "") problems.push(`after its reset the device does not serve a good driver: ${fault}`);
  }
}
