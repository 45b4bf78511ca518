/** How many answers to strangers the machine gives: so many in a window, what comes beyond is not answered, and counted. */

import { nowTick } from "../proxy/state.ts";
import type { NetContext } from "../state.ts";
import { HostState, countHost, hostLimits, hostOf } from "./records.ts";

/** Whether one more question for an own address is answered. */
export function mayAnswer(context: NetContext): boolean {
  const { memory } = context;
  const host = hostOf(context);
  openWindow(context);
  if (HostState.answersInWindow.get(memory, host) >= hostLimits(context).answersMax) {
    countHost(context, HostState.questionsLimited);
    return false;
  }
  HostState.answersInWindow.add(memory, host, 1);
  countHost(context, HostState.questionsAnswered);
  return true;
}

/** Whether one more echo goes back. */
export function mayEcho(context: NetContext): boolean {
  const { memory } = context;
  const host = hostOf(context);
  openWindow(context);
  if (HostState.echoesInWindow.get(memory, host) >= hostLimits(context).echoesMax) {
    countHost(context, HostState.echoesLimited);
    return false;
  }
  HostState.echoesInWindow.add(memory, host, 1);
  countHost(context, HostState.echoesAnswered);
  return true;
}

function openWindow(context: NetContext): void {
  const { memory } = context;
  const host = hostOf(context);
  if (nowTick(context) - HostState.windowTick.get(memory, host) < hostLimits(context).windowTicks) return;
  HostState.windowTick.set(memory, host, nowTick(context));
  HostState.answersInWindow.set(memory, host, 0);
  HostState.echoesInWindow.set(memory, host, 0);
}
