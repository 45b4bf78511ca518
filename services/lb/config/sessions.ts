/** The key that binds clients to backends by a cookie: session. */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { Policy } from "../policy.ts";
import { textCreate, textOfAscii } from "../text.ts";
import { configEntry, isEmpty, takeNumbers } from "./entry.ts";
import { ConfigLine, TextSpan, fault } from "./line.ts";
import type { ConfigLineAddress } from "./line.ts";
import { TICKS_MAX } from "./limits.ts";
import { ConfigMet, onlyOnce } from "./once.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { isToken, partsOpen, takeRest, takeToColon } from "./value.ts";

/** The cookie where the line names none. */
export const DEFAULT_COOKIE = "VERIDIAN_SESSION";

const TICKS = Object.freeze([Object.freeze({ name: "number of ticks", least: 0, most: TICKS_MAX })]);

/** `first` is the cookie, number0 the ticks. */
export const session = configEntry({
  name: "session",
  strictOnly: true,
  numbers: TICKS,
  numbersFrom: 1,
  judge: judgeSession,
  build: setSession,
});

function judgeSession(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const cookie = ConfigLine.first.at(line);
  partsOpen(memory, line);
  ConfigLine.number0.set(memory, line, 0);
  const timed = takeToColon(memory, line, source, cookie);
  if (!timed) takeRest(memory, line, cookie);
  if (!isEmpty(memory, cookie) && !isToken(memory, source, cookie)) return fault(memory, line, cookie, ConfigProblem.invalidToken);
  return timed ? takeNumbers(memory, line, source, TICKS, 1) : 0;
}

function setSession(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const policy = Balancer.attemptPolicy.at(balancer);
  const cookie = ConfigLine.first.at(line);
  const problem = onlyOnce(memory, line, ConfigMet.session);
  if (problem !== 0) return problem;
  const kept = isEmpty(memory, cookie) ? textOfAscii(heap, DEFAULT_COOKIE) : textCreate(heap, limits, shared, TextSpan.at.get(memory, cookie), TextSpan.bytes.get(memory, cookie));
  if (kept < 0) return kept;
  Policy.sessionCookie.set(memory, policy, kept);
  Policy.sessionTicks.set(memory, policy, ConfigLine.number0.get(memory, line));
  return 0;
}
