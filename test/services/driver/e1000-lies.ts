/** How an 82540EM may lie to its driver: by its descriptors and by its registers. */

import type { Address } from "../../../hal/field.ts";
import { DESCRIPTOR_BYTES, RxDescriptor, RxStatus, TxDescriptor, TxStatus } from "../../../hal/nic/descriptors.ts";
import { E1000File } from "../../../hal/nic/e1000-file.ts";
import { InterruptCause } from "../../../hal/nic/e1000-registers.ts";
import { E1000State } from "../../../hal/nic/e1000-state.ts";
import type { DriverBench } from "./bench.ts";
import type { Lie } from "./kind.ts";
import { NIC, RINGS, stateOfDriver } from "./kind.ts";

const DONE = RxStatus.DD | RxStatus.EOP;

/** The receive descriptor `ahead` of the oldest one that is posted. */
function rxAt(bench: DriverBench, ahead: number): Address<"RxDescriptor"> {
  const { rxNext, rxCount } = stateOfDriver(bench);
  return (bench.partAt(`region.${RINGS}`) + ((rxNext + ahead) % rxCount) * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
}

function txAt(bench: DriverBench, index: number): Address<"TxDescriptor"> {
  const { rxCount, txCount } = stateOfDriver(bench);
  return (bench.partAt(`region.${RINGS}`) + (rxCount + (index % txCount)) * DESCRIPTOR_BYTES) as Address<"TxDescriptor">;
}

function claim(bench: DriverBench, ahead: number, status: number, frameBytes: number, errors = 0): void {
  const [{ ram }, at] = [bench.machine, rxAt(bench, ahead)];
  RxDescriptor.frameBytes.set(ram, at, frameBytes);
  RxDescriptor.errors.set(ram, at, errors);
  RxDescriptor.status.set(ram, at, status);
}

function lie(name: string, tell: (bench: DriverBench) => void, inventedMost = 0): Lie {
  return Object.freeze({ name, tell, inventedMost });
}

/** All posted slots, by how far they are ahead of the oldest. */
function eachPosted(bench: DriverBench, visit: (ahead: number) => void): void {
  for (let ahead = 0; ahead < bench.figures.posted; ahead++) visit(ahead);
}

/** A register of the device is not what it was: `field` is one of E1000File's. */
function forget(name: string, field: { set: (ram: DriverBench["machine"]["ram"], at: Address<"E1000File">, value: number) => void }, value: number): Lie {
  return lie(name, (bench) => field.set(bench.machine.ram, bench.partAt(`${NIC}.registers`) as Address<"E1000File">, value));
}

export const e1000Lies: readonly Lie[] = Object.freeze([
  lie("a frame of no bytes", (bench) => claim(bench, 0, DONE, 0), 1),
  lie("a frame longer than its buffer", (bench) => claim(bench, 0, DONE, 0xffff), 1),
  lie("a frame one byte longer than its buffer", (bench) => claim(bench, 0, DONE, 2049), 1),
  lie("a frame that nobody sent", (bench) => claim(bench, 0, DONE, 60), 1),
  lie("frames in all slots that nobody sent", (bench) => eachPosted(bench, (ahead) => claim(bench, ahead, DONE, 2048, 0xff)), 8),
  lie("all lengths are wrong", (bench) => eachPosted(bench, (ahead) => claim(bench, ahead, 0xff, 0xffff, 0xff)), 8),
  lie("a frame that begins and does not end", (bench) => claim(bench, 0, RxStatus.DD, 2048), 1),
  lie("a frame that begins in every slot", (bench) => eachPosted(bench, (ahead) => claim(bench, ahead, RxStatus.DD, 2048)), 1),
  lie("the second slot is done, the first is not", (bench) => claim(bench, 1, DONE, 60)),
  lie("the last slot is done", (bench) => claim(bench, bench.figures.posted - 1, DONE, 60)),
  lie("slots are done that are not posted", (bench) => {
    for (let ahead = bench.figures.posted; ahead < stateOfDriver(bench).rxCount; ahead++) claim(bench, ahead, DONE, 60);
  }),
  lie("an end without DD", (bench) => eachPosted(bench, (ahead) => claim(bench, ahead, RxStatus.EOP, 60))),
  lie("addresses of buffers are gone", (bench) => eachPosted(bench, (ahead) => RxDescriptor.bufferAddress.setWords(bench.machine.ram, rxAt(bench, ahead), 0, 0))),
  lie("addresses of buffers lead out of memory", (bench) => eachPosted(bench, (ahead) => RxDescriptor.bufferAddress.setWords(bench.machine.ram, rxAt(bench, ahead), -1, -1))),
  lie("frames are sent that nobody gave", (bench) => {
    for (let index = 0; index < stateOfDriver(bench).txCount; index++) TxDescriptor.status.set(bench.machine.ram, txAt(bench, index), TxStatus.DD);
  }),
  lie("the head of the receive ring has moved on", (bench) => {
    const { ram } = bench.machine;
    const { rxNext, rxCount } = stateOfDriver(bench);
    E1000File.RDH.set(ram, bench.partAt(`${NIC}.registers`) as Address<"E1000File">, (rxNext + 3) % rxCount);
    E1000State.claimIndex.set(ram, bench.partAt(`${NIC}.state`) as Address<"E1000State">, (rxNext + 3) % rxCount);
  }),
  forget("the receive ring has no length", E1000File.RDLEN, 0),
  forget("the receive ring lies elsewhere", E1000File.RDBAL, 0x4000),
  forget("the tail of the receive ring is beyond it", E1000File.RDT, 0xffff),
  forget("the receiver is off", E1000File.RCTL, 0),
  forget("the transmit ring has no length", E1000File.TDLEN, 0),
  forget("the transmit ring lies elsewhere", E1000File.TDBAL, 0x4000),
  forget("the transmitter is off", E1000File.TCTL, 0),
  forget("nothing may interrupt", E1000File.IMS, 0),
  forget("every cause is raised", E1000File.ICR, -1),
  forget("causes are raised that there are not", E1000File.ICR, ~(InterruptCause.RXT0 | InterruptCause.LSC | InterruptCause.TXDW)),
]);
