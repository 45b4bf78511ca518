/** Words for what the load balancer says of a configuration text: its service writes codes, people read sentences. */

import { ConfigProblem } from "../services/lb/config/problem-codes.ts";
import type { ConfigRemark } from "./balancer.ts";
import type { Problem } from "./problem.ts";
import { problem } from "./problem.ts";
import { closest } from "./suggest.ts";

/** Keys of the configuration, for suggestions. */
export const CONFIG_KEYS: readonly string[] = Object.freeze([
  "health_check_interval", "rate_limit_rps", "rate_limit_burst", "vip", "route", "group", "member", "default", "rule", "backend", "semantics",
]);

/** From this code on a remark is a note: the line has no effect, or not the expected one; below it is a fault. */
const NOTE = 64;

type Words = (argument: string) => readonly [found: string, expected: string];

const quoted = (text: string): string => JSON.stringify(text);

const WORDS = Object.freeze<Record<number, Words>>({
  [ConfigProblem.invalidLine]: (argument) => [`${quoted(argument)} is no number that fits here`, "a whole number in digits"],
  [ConfigProblem.invalidPort]: (argument) => [`the port is ${quoted(argument)}`, "1 to 65535; a vip= line may say 0"],
  [ConfigProblem.unknownAlgorithm]: (argument) => [`there is no algorithm ${quoted(argument)}`, "roundrobin (rr), leastconn (lc), weighted (wrr), random or iphash"],
  [ConfigProblem.missingField]: (argument) => ["parts of the value are missing", argument],
  [ConfigProblem.emptyName]: () => ["the group's name is empty", "a name in front of the first colon"],
  [ConfigProblem.duplicateGroup]: (argument) => [`the group ${quoted(argument)} is defined twice`, "each group once"],
  [ConfigProblem.unknownGroup]: (argument) => [`no line defines the group ${quoted(argument)}`, `a line group=${argument}:ALGORITHM`],
  [ConfigProblem.invalidAddress]: (argument) => [`${quoted(argument)} is no address`, "an IPv4 address, a name, or an IPv6 address in brackets"],
  [ConfigProblem.invalidWeight]: (argument) => [`the weight is ${quoted(argument)}`, "a whole number that fits"],
  [ConfigProblem.duplicateDefault]: (argument) => [`the rule has a default already, besides ${quoted(argument)}`, "one default= in a rule"],
  [ConfigProblem.unknownSemantics]: (argument) => [`there are no semantics ${quoted(argument)}`, "veridian"],
  [ConfigProblem.tooMany]: (argument) => [`there is no room for another ${argument}`, "fewer, or larger limits in the manifest"],
  [ConfigProblem.textTooLong]: (argument) => [`a text of this ${argument} line is longer than the balancer keeps`, "a shorter one"],
  [ConfigProblem.more]: () => ["there are more problems than the answer has room for", ""],
  [ConfigProblem.unknownKey]: (argument) => [`the key ${quoted(argument)} means nothing: the line is skipped`, suggestion(argument)],
  [ConfigProblem.noEquals]: () => ["the line has no \"=\": it is skipped", "KEY=VALUE"],
  [ConfigProblem.notActedOn]: (argument) => [`${argument} is read and not acted on`, ""],
  [ConfigProblem.groupNotDefined]: (argument) => [`no line defines the group ${quoted(argument)}: requests that go there are refused BackendGroupNotFound`, `a line group=${argument}:ALGORITHM`],
  [ConfigProblem.groupWithoutMembers]: (argument) => [`the group ${quoted(argument)} has no members: requests that go there are refused NoHealthyBackend`, `a line member=${argument}:ADDRESS:PORT`],
});

/** The faults: for any of them the whole text was refused. */
export function configProblems(remarks: readonly ConfigRemark[]): Problem[] {
  return remarks.filter((remark) => remark.code < NOTE).map(remarkProblem);
}

/** The notes: the text was taken, and something in it has no effect, or not the expected one. */
export function configNotes(remarks: readonly ConfigRemark[]): Problem[] {
  return remarks.filter((remark) => remark.code >= NOTE).map(remarkProblem);
}

function remarkProblem({ code, line, column, argument }: ConfigRemark): Problem {
  const [found, expected] = WORDS[code]?.(argument) ?? [`problem ${code} (${argument})`, ""];
  return problem(line === 0 ? "" : `line ${line}, column ${column}`, found, expected);
}

function suggestion(key: string): string {
  const meant = closest(key, CONFIG_KEYS);
  return meant === "" ? `one of ${CONFIG_KEYS.join(", ")}` : `${meant}, perhaps`;
}
