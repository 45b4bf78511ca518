/** The board that register scripts are played on: its two clocks, what it waits for, and what it keeps. */

import { expect, test } from "vitest";
import { TX_COMMAND_SHIFT, TX_TYPE_SHIFT, TxCommand as Command, TxContextCommand, TxType } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, E1000Statistic as Statistic, InterruptCause as Cause, ReceiveControlBit, TransmitControlBit } from "../../../hal/nic/e1000-registers.ts";
import { SCRIPT_MEMORY } from "../../../sim/registers/script.ts";
import { ScriptBoard } from "../../../sim/registers/script-board.ts";

const MAC = [0x02, 0, 0, 0, 0, 1];
const RING = SCRIPT_MEMORY.base;
const BUFFERS = SCRIPT_MEMORY.base + 0x1_0000;
const ready = (): ScriptBoard => new ScriptBoard({ kind: "e1000", name: "nic0", mac: "02:00:00:00:00:01" });
const words = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);
const frame = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => MAC[i] ?? i & 0xff);

function receiving(board: ScriptBoard, itr: number): void {
  for (let i = 0; i < 8; i++) board.writeMemory(RING + 16 * i, words(BUFFERS + 2048 * i, 0, 0, 0));
  board.write(Register.RDBAL, RING);
  board.write(Register.RDLEN, 128);
  board.write(Register.RDT, 7);
  board.write(Register.RCTL, ReceiveControlBit.EN);
  board.write(Register.ITR, itr);
  board.write(Register.IMS, Cause.RXT0);
}

test("a frame is in memory when inject returns, and no time has passed for timers", () => {
  const board = ready();
  receiving(board, 100);
  board.stepClock(1_000_000);
  expect(board.offer(frame(1514))).toBe(true);
  expect([board.read(Register.RDH, 4), board.lineLevel()]).toEqual([1, 1]);
  board.read(Register.ICR, 4);
  // The frames take longer on the wire than the interval of 25,600 ns lasts.
  for (let i = 0; i < 3; i++) board.offer(frame(1514));
  expect([board.read(Register.RDH, 4), board.read(Register.ICS, 4) & Cause.RXT0]).toEqual([4, Cause.RXT0]);
  expect(board.lineLevel()).toBe(1);
});

test("a timer is not waited for, and falls due by the script's clock", () => {
  const board = ready();
  receiving(board, 1000);
  board.stepClock(1_000_000);
  board.offer(frame(60));
  board.read(Register.ICR, 4);
  board.offer(frame(60));
  expect(board.lineLevel()).toBe(0);
  board.stepClock(255_000);
  expect(board.lineLevel()).toBe(0);
  board.stepClock(2000);
  expect(board.lineLevel()).toBe(1);
});

test("what a device worked is not waited a second time: many frames do not move the script's clock", () => {
  const board = ready();
  receiving(board, 0);
  board.stepClock(1_000_000);
  for (let i = 0; i < 1000; i++) {
    board.offer(frame(60));
    board.write(Register.RDT, (board.read(Register.RDH, 4) + 7) % 8);
  }
  board.read(Register.ICR, 4);
  board.write(Register.ITR, 4000);
  board.offer(frame(60));
  board.read(Register.ICR, 4);
  board.offer(frame(60));
  // 1,002 frames of 672 ns: 0.67 ms ahead. The interval of 1.024 ms began there, and ends 1.7 ms from the last clock_step.
  board.stepClock(1_600_000);
  expect(board.lineLevel()).toBe(0);
  board.stepClock(150_000);
  expect(board.lineLevel()).toBe(1);
});

/** 120 megabytes in frames of 1,520 bytes: a second and more on the wire. */
function sendMuch(board: ScriptBoard): void {
  const payload = 1_000_000;
  board.writeMemory(RING, words(0, 0, payload | (TxType.context << TX_TYPE_SHIFT) | ((Command.DEXT | Command.TSE | TxContextCommand.TCP) << TX_COMMAND_SHIFT), (20 << 8) | (1500 << 16)));
  for (let i = 1; i < 121; i++) board.writeMemory(RING + 16 * i, words(BUFFERS, 0, (payload + 20) | (TxType.data << TX_TYPE_SHIFT) | ((Command.DEXT | Command.TSE | Command.EOP) << TX_COMMAND_SHIFT), 0));
  board.write(Register.TDBAL, RING);
  board.write(Register.TDLEN, 128 * 16);
  board.write(Register.TCTL, TransmitControlBit.EN);
  board.write(Register.TDT, 121);
}

test("a device that goes on working is waited for 50 ms a step, 200 ms a script; frames that nobody takes are given up", () => {
  const board = ready();
  sendMuch(board);
  const sent: number[] = [];
  for (let i = 0; i < 6; i++) sent.push(board.read(Statistic.TPT, 4));
  // 1,540 bytes of wire are 12,320 ns; one frame in 667 is shorter.
  const fifty = Math.floor(50_000_000 / 12_320);
  for (const [i, frames] of sent.entries()) expect(Math.abs(frames - (i < 4 ? fifty : 0))).toBeLessThan(20);
  let kept = 0;
  while (board.takeSent() !== null) kept += 1;
  expect(kept).toBe(8192);
  board.stepClock(300_000_000);
  expect(board.read(Statistic.TPT, 4)).toBeGreaterThan(fifty);
});

test("the device reaches the script's memory, and nothing else", () => {
  const board = ready();
  board.writeMemory(RING, words(SCRIPT_MEMORY.base - 64, 0, 60 | ((Command.EOP | Command.RS) << TX_COMMAND_SHIFT), 0));
  board.writeMemory(RING + 16, words(SCRIPT_MEMORY.end - 60, 0, 60 | ((Command.EOP | Command.RS) << TX_COMMAND_SHIFT), 0));
  board.write(Register.TDBAL, RING);
  board.write(Register.TDLEN, 128);
  board.write(Register.TCTL, TransmitControlBit.EN);
  board.write(Register.TDT, 2);
  expect([board.takeSent()?.length, board.takeSent()]).toEqual([60, null]);
});

test("32 MiB of frames are kept, and those that were taken count no more", () => {
  const board = ready();
  board.writeMemory(RING, words(BUFFERS, 0, 16_000 | (Command.EOP << TX_COMMAND_SHIFT), 0));
  board.write(Register.TDBAL, RING);
  board.write(Register.TDLEN, 128);
  board.write(Register.TCTL, TransmitControlBit.EN);
  // 32 MiB are 2,097 such frames.
  for (let i = 0; i < 3700; i++) {
    board.write(Register.TDH, 0);
    board.write(Register.TDT, 1);
    board.stepClock(150_000);
    if (i < 1500) expect(board.takeSent()?.length).toBe(16_000);
  }
  let kept = 0;
  while (board.takeSent() !== null) kept += 1;
  expect(kept).toBe(Math.floor((32 * 1024 * 1024) / 16_000));
});

test("a frame longer than any device takes is offered, and dropped", () => {
  const board = ready();
  receiving(board, 0);
  board.write(Register.RCTL, ReceiveControlBit.EN | ReceiveControlBit.LPE);
  expect(board.offer(frame(70_000))).toBe(true);
  expect([board.read(Register.RDH, 4), board.read(Statistic.TPR, 4)]).toEqual([0, 0]);
  expect(board.offer(frame(1514))).toBe(true);
  expect(board.read(Register.RDH, 4)).toBe(1);
});
