/**
 * Runs processes: takes the one that the scheduler picked, loads what is next for it (receive order: start, notices of
 * what closed, is open again or ended, notifications, what is in the registers - a message, a reply, the end of a wait or
 * a sleep -, acknowledgements, urgent, oldest), calls its handler to the end, and settles what the handler left: a call to make, an exit, an unanswered caller, sleep, or waiting.
 */

import { dropUntaken } from "./capability.ts";
import { Cost } from "./costs.ts";
import { Errno } from "./errno.ts";
import { NO_NEED } from "./endpoint.ts";
import { FAULT, FaultCode } from "./fault.ts";
import { acknowledge, loadAcknowledgement } from "./ipc/acknowledgement.ts";
import { answer, awaitsReply } from "./ipc/outcome.ts";
import { hasAnything, loadFromQueue } from "./ipc/taking.ts";
import { expireWait, leavePrepared, startLimit } from "./ipc/waiting.ts";
import type { Kernel } from "./kernel.ts";
import { InterruptBinding, trace } from "./kernel.ts";
import { SmallMessage } from "./message.ts";
import type { ProcessAddress } from "./process.ts";
import { KernelState, Loaded, NONE, ProcessRecord, ProcessState, TIME_SLICE_TICKS, Wait, WaitTimer } from "./process.ts";
import { endProcess } from "./process-end.ts";
import { ageReady, forgetAge } from "./process/aging.ts";
import { pickAny, releaseHeld } from "./process/hold.ts";
import { deliverAs, hasNotice, takeNotice } from "./process/notices.ts";
import { fallAsleep, wakeSleepers } from "./process/sleep.ts";
import { strikeTick } from "./process/trouble.ts";
import { block, makeReady, notify, pickNext } from "./scheduler.ts";
import { Delivery } from "./service.ts";
import { TimerRecord, isWait, takeDue } from "./timer-wheel.ts";
import { KernelTrace } from "./trace-kinds.ts";
import { CYCLES_PER_TICK } from "../hal/clock.ts";
import { TraceState, NO_PROCESS } from "../hal/trace.ts";

/** A process as the dispatcher calls it. */
export interface Runner {
  run(): void;
  /** Told what was thrown; throws it on if it is not the service's own. */
  threw(thrown: unknown): void;
}

const TIME_SLICE_CYCLES = TIME_SLICE_TICKS * CYCLES_PER_TICK;

/** Turns raised interrupt lines into notifications. True if there was one. */
export function takeInterrupts(kernel: Kernel): boolean {
  const { board, ram } = kernel;
  let lines = board.interrupts.pendingUnmasked();
  if (lines === 0) return false;
  if ((lines & 1) !== 0) takeTicks(kernel);
  lines &= ~1;
  while (lines !== 0) {
    const line = 31 - Math.clz32(lines & -lines);
    lines &= lines - 1;
    // Masked until its owner acknowledges: a level that stays up would interrupt for ever.
    board.interrupts.mask(line);
    const binding = kernel.bindings.at(line);
    const process = InterruptBinding.process.get(ram, binding);
    if (process === NONE) continue;
    board.advance(Cost.interrupt);
    trace(kernel, KernelTrace.interrupt, line, process);
    notify(kernel, process, InterruptBinding.bits.get(ram, binding));
  }
  return true;
}

function takeTicks(kernel: Kernel): void {
  const { board, ram } = kernel;
  if (board.unhandledTicks() === 0) {
    // A line that is up for nothing would interrupt for ever.
    board.dismissTick();
    board.advance(Cost.tick);
    return;
  }
  // Ticks that passed inside one handler are taken one by one: none is lost, none is doubled.
  while (board.unhandledTicks() > 0) {
    const tick = board.tick() - board.unhandledTicks() + 1;
    board.takeTick();
    board.advance(Cost.tick);
    if (kernel.seams.fireTimers !== null) kernel.seams.fireTimers(kernel, tick);
    else fireTimers(kernel, tick);
    if (KernelState.sleepingProcesses.get(ram, kernel.state) !== 0) wakeSleepers(kernel, tick);
    if (KernelState.readyProcesses.get(ram, kernel.state) !== 0) ageReady(kernel);
    if (KernelState.heldProcesses.get(ram, kernel.state) !== 0) releaseHeld(kernel, tick);
    if (kernel.crashes) strikeTick(kernel);
  }
}

function fireTimers(kernel: Kernel, tick: number): void {
  for (let index = takeDue(kernel.ram, kernel.wheel, tick); index !== NONE; index = takeDue(kernel.ram, kernel.wheel, tick)) fire(kernel, index);
}

/** The timer at `index`, which takeDue() answered last, fires. */
export function fire(kernel: Kernel, index: number): void {
  const { board, ram, wheel } = kernel;
  const timer = wheel.timers.at(index);
  const process = TimerRecord.process.get(ram, timer);
  const bits = TimerRecord.bits.get(ram, timer);
  board.advance(Cost.timerFired);
  if (isWait(wheel, index)) return expireWait(kernel, process);
  trace(kernel, KernelTrace.timer, process, bits);
  notify(kernel, process, bits);
}

/** Runs one handler of the process that is next. False if none is ready. */
export function runNext(kernel: Kernel, runners: readonly Runner[]): boolean {
  const { ram, board } = kernel;
  const process = kernel.crashes ? pickAny(kernel) : pickNext(kernel, KernelState.readyProcesses.get(ram, kernel.state));
  if (process === NONE) return false;
  const record = kernel.processes.at(process);
  const startCycle = board.now();
  begin(kernel, process, record, startCycle);
  let faulted = false;
  try {
    runners[process].run();
  } catch (thrown) {
    faulted = true;
    if (thrown !== FAULT) takeException(kernel, record, runners[process], thrown);
  }
  if (faulted) {
    KernelState.faults.add(ram, kernel.state, 1);
    trace(kernel, KernelTrace.fault, ProcessRecord.faultCode.get(ram, record), ProcessRecord.faultArgument.get(ram, record));
    endProcess(kernel, process, ProcessState.zombie);
  } else settle(kernel, process, record);
  const cycles = board.now() - startCycle;
  ProcessRecord.cyclesUsed.add(ram, record, cycles);
  if (cycles > TIME_SLICE_CYCLES) ProcessRecord.longTurns.add(ram, record, 1);
  TraceState.process.set(ram, board.trace.stateAt, NO_PROCESS);
  KernelState.running.set(ram, kernel.state, NONE);
  return true;
}

/** What the service's own code threw is a fault of its process; anything else goes on to whoever runs the machine. */
function takeException(kernel: Kernel, record: ProcessAddress, runner: Runner, thrown: unknown): void {
  runner.threw(thrown);
  ProcessRecord.faultCode.set(kernel.ram, record, FaultCode.exception);
  ProcessRecord.faultArgument.set(kernel.ram, record, 0);
}

function begin(kernel: Kernel, process: number, record: ProcessAddress, startCycle: number): void {
  const { ram, board } = kernel;
  KernelState.readyProcesses.set(ram, kernel.state, KernelState.readyProcesses.get(ram, kernel.state) & ~(1 << process));
  KernelState.running.set(ram, kernel.state, process);
  ProcessRecord.state.set(ram, record, ProcessState.running);
  ProcessRecord.handled.add(ram, record, 1);
  if (ProcessRecord.waitedTicks.get(ram, record) !== 0) forgetAge(kernel, record);
  // The limit of a call that has not left yet is still to come; any other was for a wait that did not begin.
  if (ProcessRecord.waitTimer.get(ram, record) !== WaitTimer.none && ProcessRecord.callEndpoint.get(ram, record) === NONE) ProcessRecord.waitTimer.set(ram, record, WaitTimer.none);
  ProcessRecord.budgetEndCycle.set(ram, record, startCycle + kernel.handlerCycles);
  TraceState.process.set(ram, board.trace.stateAt, process);
  const detail = chooseDelivery(kernel, process, record);
  board.advance(Cost.dispatch);
  trace(kernel, KernelTrace.dispatch, ProcessRecord.delivery.get(ram, record), detail);
}

/** Sets what the handler is given; answers the detail that the trace shows. */
function chooseDelivery(kernel: Kernel, process: number, record: ProcessAddress): number {
  const { ram } = kernel;
  if (ProcessRecord.starts.get(ram, record) !== 0) {
    ProcessRecord.starts.set(ram, record, 0);
    return deliverAs(kernel, record, Delivery.start, 0);
  }
  if (hasNotice(kernel, process)) return takeNotice(kernel, process);
  const bits = ProcessRecord.bits.get(ram, record);
  if (bits !== 0) {
    ProcessRecord.bits.set(ram, record, 0);
    return deliverAs(kernel, record, Delivery.notification, bits);
  }
  if (ProcessRecord.loaded.get(ram, record) === Loaded.nothing) {
    if (ProcessRecord.acknowledgedNeeds.get(ram, record) !== 0) return deliverAs(kernel, record, Delivery.acknowledged, loadAcknowledgement(kernel, record));
    loadFromQueue(kernel, process);
  }
  const loaded = ProcessRecord.loaded.get(ram, record);
  ProcessRecord.loaded.set(ram, record, Loaded.nothing);
  if (loaded !== Loaded.message) return deliverOutcome(kernel, record, loaded);
  if (ProcessRecord.loadedNeed.get(ram, record) !== NO_NEED) acknowledge(kernel, ProcessRecord.loadedSender.get(ram, record), ProcessRecord.loadedNeed.get(ram, record), true);
  deliverAs(kernel, record, Delivery.message, 0);
  return SmallMessage.opcode.get(ram, ProcessRecord.registers.at(record));
}

/** What came of what the process waited for. Its status; 0 after sleep. */
function deliverOutcome(kernel: Kernel, record: ProcessAddress, loaded: number): number {
  if (loaded === Loaded.timeout) return deliverAs(kernel, record, Delivery.timeout, 0);
  deliverAs(kernel, record, loaded === Loaded.reply ? Delivery.reply : Delivery.sent, 0);
  return SmallMessage.opcode.get(kernel.ram, ProcessRecord.registers.at(record));
}

function settle(kernel: Kernel, process: number, record: ProcessAddress): void {
  const { ram } = kernel;
  if (ProcessRecord.exits.get(ram, record) !== 0) {
    trace(kernel, KernelTrace.exit, process, 0);
    endProcess(kernel, process, ProcessState.dead);
    return;
  }
  const delivery = ProcessRecord.delivery.get(ram, record);
  if (delivery === Delivery.message) answerForgotten(kernel, record);
  if (delivery === Delivery.message || delivery === Delivery.reply) dropUntaken(kernel, process);
  // A message that came into the registers while a notification was handled comes first: waiting would overwrite it.
  const free = ProcessRecord.loaded.get(ram, record) === Loaded.nothing;
  if (free && ProcessRecord.callEndpoint.get(ram, record) !== NONE) {
    leavePrepared(kernel, process, record);
    return;
  }
  if (free && ProcessRecord.sleepTicks.get(ram, record) !== 0) fallAsleep(kernel, process);
  else if (hasAnything(kernel, process)) makeReady(kernel, process);
  else {
    block(kernel, process, Wait.receive);
    if (ProcessRecord.waitTimer.get(ram, record) !== WaitTimer.none) startLimit(kernel, process);
  }
}

/** A call whose handler returned without an answer is answered invalidMessage: no caller is left hanging. */
function answerForgotten(kernel: Kernel, record: ProcessAddress): void {
  const { ram } = kernel;
  const caller = ProcessRecord.caller.get(ram, record);
  if (caller === NONE) return;
  ProcessRecord.caller.set(ram, record, NONE);
  if (awaitsReply(kernel, caller, ProcessRecord.callerSequence.get(ram, record))) answer(kernel, caller, Errno.invalidMessage, 0, 0, 0, 0);
}
