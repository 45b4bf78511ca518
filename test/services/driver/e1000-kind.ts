/** The 82540EM and its driver, for the driver case suite. */

import { DESCRIPTOR_BYTES } from "../../../hal/nic/descriptors.ts";
import { E1000Register, InterruptCause } from "../../../hal/nic/e1000-registers.ts";
import { E1000State, TransmitStage } from "../../../hal/nic/e1000-state.ts";
import type { Address } from "../../../hal/field.ts";
import type { AnyService } from "../../../kernel/service.ts";
import { e1000Driver } from "../../../services/e1000-driver.ts";
import type { DriverBench } from "./bench.ts";
import { e1000Lies } from "./e1000-lies.ts";
import type { DriverFigures, DriverKind, DriverNumbers } from "./kind.ts";
import { FRAMES, NIC, POOL, RINGS, TICKS, stateOfDriver } from "./kind.ts";

function ringBytes(descriptors: number): number {
  return DESCRIPTOR_BYTES * ((descriptors + 7) & ~7);
}

function figures(bench: DriverBench): DriverFigures {
  const state = stateOfDriver(bench);
  return {
    running: state.phase === 1,
    posted: state.rxPosted,
    wanted: state.rxWanted,
    sending: state.txUsed,
    taken: state.rxFrames + state.rxDropped + state.rxBad,
    passed: state.rxFrames,
    dropped: state.rxDropped,
    bad: state.rxBad,
    sent: state.txFrames,
    sendDropped: state.txDropped,
    strange: state.txStrange,
    interrupts: state.interrupts,
    budgetEnds: state.budgetEnds,
    recoveries: state.recoveries,
  };
}

export const e1000Kind: DriverKind = Object.freeze({
  name: "e1000",
  device: { name: NIC, kind: "e1000" as const, mac: "02:00:00:00:00:01" },
  queues: 1,
  frameBytesMin: 60,
  budgetFrames: 32,
  recoveryTicks: 2000,
  watchTicks: 1000,
  linkTicks: 600,
  postedMost: ({ rxDescriptors }: DriverNumbers) => ((rxDescriptors + 7) & ~7) - 1,
  sendingMost: ({ txDescriptors }: DriverNumbers) => ((txDescriptors + 7) & ~7) - 1,
  ringsBytes: ({ rxDescriptors, txDescriptors }: DriverNumbers) => ringBytes(rxDescriptors) + ringBytes(txDescriptors),
  line: (numbers: DriverNumbers) => ({
    service: e1000Driver as unknown as AnyService,
    arenaBytes: 4096,
    grants: { nic: NIC, irq: NIC, rings: RINGS, buffers: POOL, frames: FRAMES, ticks: TICKS },
    parameters: numbers,
  }),
  figures,
  interrupt: ({ nic }: DriverBench) => nic.write(E1000Register.ICS, InterruptCause.RXT0),
  // At rest no event is under way: what says that one is keeps the device from ever scheduling it again.
  stop(bench: DriverBench): void {
    const { ram } = bench.machine;
    const at = bench.partAt(`${NIC}.state`) as Address<"E1000State">;
    E1000State.payloadPending.set(ram, at, 1);
    E1000State.writeBackPending.set(ram, at, 1);
    E1000State.transmitStage.set(ram, at, TransmitStage.payload);
  },
  lies: e1000Lies,
});
