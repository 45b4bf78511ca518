/** Keys that bound the rate of requests: upstream's two, rate_limit, limiter_full. */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { judgeUpstream } from "../config.ts";
import { Policy } from "../policy.ts";
import { BucketKind } from "../rate/bucket.ts";
import { RateKey, rateRuleAdd, rateRuleBy, rateRuleByHeader, rateRuleByNetwork } from "../rate/rate-rule.ts";
import type { RateRuleAddress } from "../rate/rate-rule.ts";
import { configEntry, missing } from "./entry.ts";
import { ConfigLine, TextSpan, fault } from "./line.ts";
import type { ConfigLineAddress } from "./line.ts";
import { ConfigMet, onlyOnce } from "./once.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { isPath } from "./route-value.ts";
import { isNumber, isToken, numberLow, partsOpen, takeRest, takeToColon, wordNamed } from "./value.ts";

export const rateLimitRps = configEntry({
  name: "rate_limit_rps",
  judge: judgeUpstream,
  build(heap, _limits, balancer) {
    Balancer.attemptRequestsPerTick.set(heap.memory, balancer, numberLow(heap.memory, Balancer.line.at(balancer)));
    return 0;
  },
});

export const rateLimitBurst = configEntry({
  name: "rate_limit_burst",
  judge: judgeUpstream,
  build(heap, _limits, balancer) {
    Balancer.attemptBurst.set(heap.memory, balancer, numberLow(heap.memory, Balancer.line.at(balancer)));
    return 0;
  },
});

const RATE_WORDS: readonly string[] = Object.freeze(["token", "leaky"]);
/** What buckets they are. */
const BUCKET_KINDS: readonly number[] = Object.freeze([BucketKind.perSecond, BucketKind.leaky]);
const TOKEN = 0;
/** By position as RateKey. */
const KEY_WORDS: readonly string[] = Object.freeze(["address", "network", "header", "session", "path"]);
const LIMITER_FULL_WORDS: readonly string[] = Object.freeze(["refuse", "evict"]);
const BITS_OF_VERSION4 = 32;
const BITS_OF_VERSION6 = 128;

/** As a count of a thousand to each, rate and burst stay exact. */
const RATE_MAX = 1_000_000;

const RATE_FIELDS = Object.freeze([ConfigLine.number0, ConfigLine.number1]);
const RATE_NUMBERS = Object.freeze([Object.freeze({ name: "rate per second", least: 1, most: RATE_MAX }), Object.freeze({ name: "burst", least: 0, most: RATE_MAX, but: "of token 1 at least" })]);
/** Behind the key `network`. */
const BITS_NUMBERS = Object.freeze([
  Object.freeze({ name: "number of bits", least: 0, most: BITS_OF_VERSION4, part: 5 }),
  Object.freeze({ name: "number of bits", least: 0, most: BITS_OF_VERSION6, part: 6 }),
]);

/** `first` is the prefix, `word` the kind, number0 and number1 are rate and burst; the key as judgeKey() says. */
export const rateLimit = configEntry({
  name: "rate_limit",
  missing: "rate_limit requires prefix:kind:rate:burst:key",
  strictOnly: true,
  words: Object.freeze([...RATE_WORDS, "address", "network:V4BITS:V6BITS", "header:NAME", "session", "path"]),
  numbers: Object.freeze([...RATE_NUMBERS, ...BITS_NUMBERS]),
  numbersFrom: 2,
  judge: judgeRateLimit,
  build: addRateRule,
});

/** `word` is one of LimiterFull. */
export const limiterFull = configEntry({
  name: "limiter_full",
  strictOnly: true,
  words: LIMITER_FULL_WORDS,
  judge(memory, line, source) {
    const word = wordNamed(memory, ConfigLine.value.at(line), source, LIMITER_FULL_WORDS);
    ConfigLine.word.set(memory, line, word);
    return word < 0 ? fault(memory, line, ConfigLine.value.at(line), ConfigProblem.invalidWord) : 0;
  },
  build(heap, _limits, balancer) {
    const line = Balancer.line.at(balancer);
    Policy.limiterFull.set(heap.memory, Balancer.attemptPolicy.at(balancer), ConfigLine.word.get(heap.memory, line));
    return onlyOnce(heap.memory, line, ConfigMet.limiterFull);
  },
});

function judgeRateLimit(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const prefix = ConfigLine.first.at(line);
  const word = ConfigLine.second.at(line);
  const number = ConfigLine.third.at(line);
  partsOpen(memory, line);
  if (!takeToColon(memory, line, source, prefix) || !takeToColon(memory, line, source, word)) return missing(memory, line);
  if (!isPath(memory, source, prefix, false)) return fault(memory, line, prefix, ConfigProblem.invalidPath);
  const kind = wordNamed(memory, word, source, RATE_WORDS);
  if (kind < 0) return fault(memory, line, word, ConfigProblem.invalidWord);
  ConfigLine.word.set(memory, line, kind);
  for (let i = 0; i < RATE_NUMBERS.length; i++) {
    if (!takeToColon(memory, line, source, number)) return missing(memory, line);
    // A token bucket without tokens lets nothing through; a leaky one without a burst keeps to its rate.
    const least = kind === TOKEN ? 1 : RATE_NUMBERS[i].least;
    if (!isNumber(memory, line, source, number, least, RATE_NUMBERS[i].most)) return fault(memory, line, number, ConfigProblem.invalidNumber);
    RATE_FIELDS[i].set(memory, line, numberLow(memory, line));
  }
  return judgeKey(memory, line, source);
}

/** The rest of the value: number2 is one of RateKey, number3 and number4 are bits of a network, `second` is a header. */
function judgeKey(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const word = ConfigLine.second.at(line);
  const more = takeToColon(memory, line, source, word);
  if (!more) takeRest(memory, line, word);
  const key = wordNamed(memory, word, source, KEY_WORDS);
  if (key < 0) return fault(memory, line, word, ConfigProblem.invalidWord);
  ConfigLine.number2.set(memory, line, key);
  if (key === RateKey.network) return more ? judgeNetwork(memory, line, source) : missing(memory, line);
  if (key !== RateKey.header) return more ? fault(memory, line, word, ConfigProblem.invalidWord) : 0;
  if (!more) return missing(memory, line);
  takeRest(memory, line, word);
  return isToken(memory, source, word) ? 0 : fault(memory, line, word, ConfigProblem.invalidToken);
}

/** V4BITS:V6BITS, the rest of the value. */
function judgeNetwork(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const number = ConfigLine.third.at(line);
  if (!takeToColon(memory, line, source, number)) return missing(memory, line);
  if (!isNumber(memory, line, source, number, 0, BITS_OF_VERSION4)) return fault(memory, line, number, ConfigProblem.invalidNumber);
  ConfigLine.number3.set(memory, line, numberLow(memory, line));
  takeRest(memory, line, number);
  if (!isNumber(memory, line, source, number, 0, BITS_OF_VERSION6)) return fault(memory, line, number, ConfigProblem.invalidNumber);
  ConfigLine.number4.set(memory, line, numberLow(memory, line));
  return 0;
}

function addRateRule(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const prefix = ConfigLine.first.at(line);
  const name = ConfigLine.second.at(line);
  const kind = BUCKET_KINDS[ConfigLine.word.get(memory, line)];
  const rate = ConfigLine.number0.get(memory, line);
  const burst = ConfigLine.number1.get(memory, line);
  const key = ConfigLine.number2.get(memory, line);
  const added = rateRuleAdd(heap, limits, Balancer.attemptPolicy.at(balancer), shared, TextSpan.at.get(memory, prefix), TextSpan.bytes.get(memory, prefix), kind, rate, burst);
  if (added < 0) return added;
  const rule = added as RateRuleAddress;
  if (key === RateKey.header) return rateRuleByHeader(heap, limits, rule, shared, TextSpan.at.get(memory, name), TextSpan.bytes.get(memory, name));
  if (key === RateKey.network) rateRuleByNetwork(memory, rule, ConfigLine.number3.get(memory, line), ConfigLine.number4.get(memory, line));
  else rateRuleBy(memory, rule, key);
  return 0;
}
