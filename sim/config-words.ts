/**
 * Words for what the load balancer says of a configuration text: its service writes codes and places, people read
 * sentences. The text itself helps: it says which key a line has, which of its numbers is meant, and which groups there are.
 */

import type { ConfigEntry } from "../services/lb/config/entry.ts";
import { CONFIG_ENTRIES } from "../services/lb/config/keys.ts";
import { ConfigProblem } from "../services/lb/config/problem-codes.ts";
import { ALGORITHM_NAMES } from "../services/lb/config/value.ts";
import { UPSTREAM_ALGORITHMS } from "../services/lb/control.ts";
import type { ConfigRemark } from "./balancer.ts";
import type { Problem } from "./problem.ts";
import { problem } from "./problem.ts";
import { closest } from "./suggest.ts";

/** Keys of the configuration, for suggestions. */
export const CONFIG_KEYS: readonly string[] = Object.freeze(CONFIG_ENTRIES.map((entry) => entry.name).filter((name) => name !== ""));

/** From this code on a remark is a note: the line has no effect, or not the expected one; below it is a fault. */
const NOTE = 64;

/** Names are compared with names only as long as that is quick: a text with more faults is another text. */
const COMPARISONS_MAX = 200_000;

/** A remark in words. */
export interface ConfigFinding {
  /** Name of its code in ConfigProblem. */
  readonly code: string;
  readonly note: boolean;
  /** From 1; 0 if the whole text is meant. */
  readonly line: number;
  readonly column: number;
  readonly found: string;
  /** Empty if `found` says it all. */
  readonly expected: string;
  /** What may have been meant; empty if nothing is close. */
  readonly suggestion: string;
}

/** What a remark is about, as far as the text tells. */
interface Context {
  readonly argument: string;
  /** The line's key; that of unknown keys if the text is not known. */
  readonly entry: ConfigEntry;
  /** Number of the part of the value, between colons, in which the remark's place lies. */
  readonly part: number;
  readonly groups: readonly string[];
  readonly vips: readonly string[];
  readonly strict: boolean;
}

type Words = (context: Context) => readonly [found: string, expected: string, suggestion?: string];

const quoted = (text: string): string => JSON.stringify(text);

/** An address as lines have it: IPv6 in brackets. */
const bracketed = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** ADDRESS:PORT of the virtual IP that has this address, or one close to it. */
function closestVip(address: string, vips: readonly string[]): string {
  const addresses = vips.map((vip) => vip.slice(0, vip.lastIndexOf(":")));
  return vips[addresses.indexOf(addresses.includes(address) ? address : closest(address, addresses))] ?? "";
}

const UPSTREAM_NAMES = ALGORITHM_NAMES.filter((entry) => entry.algorithm < UPSTREAM_ALGORITHMS).map((entry) => entry.name);
const ALL_NAMES = ALGORITHM_NAMES.map((entry) => entry.name);

const WORDS = Object.freeze<Record<number, Words>>({
  [ConfigProblem.invalidLine]: ({ argument }) => [`${quoted(argument)} is no number that fits here`, "a whole number in digits"],
  [ConfigProblem.invalidPort]: ({ argument }) => [`the port is ${quoted(argument)}`, "1 to 65535; a vip= line under semantics=veridian may say 0"],
  [ConfigProblem.unknownAlgorithm]: ({ argument, strict }) => {
    const names = strict ? ALL_NAMES : UPSTREAM_NAMES;
    return [`there is no algorithm ${quoted(argument)}`, names.join(", "), closest(argument, names)];
  },
  [ConfigProblem.missingField]: ({ argument }) => ["parts of the value are missing", argument.replace(/^\w+ requires /, "")],
  [ConfigProblem.emptyName]: () => ["the group's name is empty", "a name in front of the colon, or where the request is to go"],
  [ConfigProblem.duplicateGroup]: ({ argument }) => [`the group ${quoted(argument)} is defined twice`, "each group once"],
  [ConfigProblem.unknownGroup]: ({ argument, groups }) => [`no line defines the group ${quoted(argument)}`, `a line group=${argument}:ALGORITHM`, closest(argument, groups)],
  [ConfigProblem.invalidAddress]: ({ argument }) => [`${quoted(argument)} is no address`, "an IPv4 address, a name, or an IPv6 address in brackets"],
  [ConfigProblem.invalidWeight]: ({ argument, strict }) => [`the weight is ${quoted(argument)}`, strict ? "a whole number of 0 to 1000" : "a whole number of 0 to 4294967295"],
  [ConfigProblem.duplicateDefault]: ({ argument }) => [`the rule has a default already, besides ${quoted(argument)}`, "one default= in a rule; rule= begins the next one"],
  [ConfigProblem.unknownSemantics]: ({ argument }) => [`there are no semantics ${quoted(argument)}`, "veridian or strict", closest(argument, ["veridian", "strict"])],
  [ConfigProblem.tooMany]: ({ argument }) => [`there is no room for another ${argument}`, "fewer, or larger limits in the manifest"],
  [ConfigProblem.textTooLong]: ({ argument }) => [`a text of this ${argument} line is longer than the balancer keeps`, "a shorter one"],
  [ConfigProblem.more]: () => ["there are more problems than the answer has room for", ""],
  [ConfigProblem.needsStrict]: ({ argument }) => [`${quoted(argument)} is not for semantics=veridian`, "a line semantics=strict"],
  [ConfigProblem.noRoute]: ({ argument }) => [`${argument}= refines the route before it, and there is none in this rule`, "a route= or exact= line before it"],
  [ConfigProblem.invalidNumber]: ({ argument, entry, part }) => {
    const number = entry.numbers.find((one, i) => (one.part ?? entry.numbersFrom + i) === part);
    const but = number?.but === undefined ? "" : `, ${number.but}`;
    return [`${quoted(argument)} is no number that fits here`, number === undefined ? "a whole number" : `a ${number.name} of ${number.least} to ${number.most}${but}`];
  },
  [ConfigProblem.invalidWord]: ({ argument, entry }) => [`${quoted(argument)} means nothing here`, `one of ${entry.words.join(", ")}`, closest(argument, entry.words)],
  [ConfigProblem.invalidHost]: ({ argument }) => [`${quoted(argument)} is no host`, "a name, *. and a name, an IPv4 address, or an IPv6 address in brackets; or nothing, for any host"],
  [ConfigProblem.invalidPath]: ({ argument }) => [`${quoted(argument)} is no path`, "a path that begins with \"/\" and has no query", argument === "" || argument.includes("?") ? "" : `/${argument}`],
  [ConfigProblem.duplicateKey]: ({ argument }) => [`a line before says ${argument}= already`, "one such line"],
  [ConfigProblem.duplicateMember]: ({ argument }) => [`the group has a member at ${quoted(argument)} with this port already`, "each address and port once in a group"],
  [ConfigProblem.duplicateVip]: ({ argument }) => [`there is a virtual IP at ${quoted(argument)} with this port already`, "each address and port once"],
  [ConfigProblem.unknownVip]: ({ argument, vips }) => [`no line defines a virtual IP at ${quoted(argument)} with this port`, `a line vip=${bracketed(argument)}:PORT:ALGORITHM`, closestVip(bracketed(argument), vips)],
  [ConfigProblem.invalidToken]: ({ argument }) => [`${quoted(argument)} is no name of a header, method or cookie`, "letters, digits and !#$%&'*+-.^_`|~"],
  [ConfigProblem.invalidName]: ({ argument }) => [`the group's name ${quoted(argument)} could not be named by a route`, "a name without \",\" and \"@\""],
  [ConfigProblem.noShare]: ({ argument }) => [`no share of ${quoted(argument)} is above 0`, "at least one weight above 0"],
  [ConfigProblem.tableTooLarge]: ({ argument }) => [`the algorithm's table for ${quoted(argument)} would be too large`, "smaller weights, fewer members, or larger limits in the manifest"],
  [ConfigProblem.tooManyMembers]: ({ argument }) => [`with the members of ${quoted(argument)} there are more than the balancer can tell apart, those in force included`, "fewer members, or larger limits in the manifest"],
  [ConfigProblem.unknownKey]: ({ argument }) => {
    const meant = closest(argument, CONFIG_KEYS);
    return [`the key ${quoted(argument)} means nothing: the line is skipped`, meant === "" ? `one of ${CONFIG_KEYS.join(", ")}` : "one of the keys that there are", meant];
  },
  [ConfigProblem.noEquals]: () => ["the line has no \"=\": it is skipped", "KEY=VALUE"],
  [ConfigProblem.notActedOn]: ({ argument }) => [`${argument} is read and not acted on`, ""],
  [ConfigProblem.groupNotDefined]: ({ argument, groups }) => [
    `no line defines the group ${quoted(argument)}: requests that go there are refused BackendGroupNotFound`, `a line group=${argument}:ALGORITHM`, closest(argument, groups),
  ],
  [ConfigProblem.groupWithoutMembers]: ({ argument }) => [`the group ${quoted(argument)} has no members: requests that go there are refused NoHealthyBackend`, `a line member=${argument}:ADDRESS:PORT`],
  [ConfigProblem.vipWithoutBackends]: ({ argument }) => [`the virtual IP at ${quoted(argument)} has no backends: flows to it are refused`, `a line backend=${bracketed(argument)}:VIP_PORT:ADDRESS:PORT`],
  [ConfigProblem.noSessions]: () => ["no line says which cookie sessions have: this limit applies to no request", "a line session=COOKIE"],
  [ConfigProblem.otherAlgorithm]: ({ argument, entry }) => [
    `the algorithm of the group ${quoted(argument)} does not go by ${entry.name}=`, entry.name === "slow_start" ? "leastconn, weighted, random, p2c or peakewma" : "iphash, ringhash, maglev or rendezvous",
  ],
  [ConfigProblem.nobodyWaits]: ({ argument }) => [`nothing in the group ${quoted(argument)} waits for one backend: that takes sessions and room to wait`, `a line session=COOKIE, and a line max_pending=${argument}:NUMBER:TICKS`],
});

const CODE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(ConfigProblem).map(([name, code]) => [code, name]));

/** All remarks in words; `text` is what was loaded. */
export function configFindings(remarks: readonly ConfigRemark[], text = ""): ConfigFinding[] {
  const lines = text.split("\n");
  const valuesOf = (name: string): string[] => lines.filter((line) => keyOf(line) === name).map((line) => line.slice(line.indexOf("=") + 1).trim());
  const few = (names: string[]): string[] => (names.length * remarks.length > COMPARISONS_MAX ? [] : names);
  const groups = few(valuesOf("group").map((value) => value.split(":")[0]).filter((name) => name !== ""));
  const vips = few(valuesOf("vip").map((value) => value.slice(0, value.lastIndexOf(":"))));
  const strict = valuesOf("semantics")[0] !== "veridian" && valuesOf("semantics").length > 0;
  return remarks.map((remark) => finding(remark, lines[remark.line - 1] ?? "", { groups, vips, strict }));
}

/** The faults: for any of them the whole text was refused. */
export function configProblems(remarks: readonly ConfigRemark[], text = ""): Problem[] {
  return configFindings(remarks, text).filter((one) => !one.note).map(findingProblem);
}

/** The notes: the text was taken, and something in it has no effect, or not the expected one. */
export function configNotes(remarks: readonly ConfigRemark[], text = ""): Problem[] {
  return configFindings(remarks, text).filter((one) => one.note).map(findingProblem);
}

function finding({ code, line, column, argument }: ConfigRemark, lineText: string, names: Pick<Context, "groups" | "vips" | "strict">): ConfigFinding {
  const key = keyOf(lineText);
  const entry = CONFIG_ENTRIES.find((candidate) => candidate.name === key) ?? CONFIG_ENTRIES[0];
  const before = Array.from(lineText).slice(0, column - 1).join("");
  const part = before.slice(before.indexOf("=") + 1).replace(/\[[^\]]*\]/g, "").split(":").length - 1;
  const [found, expected, suggestion = ""] = WORDS[code]?.({ argument, entry, part, ...names }) ?? [`problem ${code} (${argument})`, ""];
  return { code: CODE_NAMES.get(code) ?? String(code), note: code >= NOTE, line, column, found, expected, suggestion: suggestion === argument ? "" : suggestion };
}

function findingProblem({ line, column, found, expected, suggestion }: ConfigFinding): Problem {
  const meant = expected.startsWith("one of ") ? `${suggestion}, perhaps` : `${expected}; or ${suggestion}, perhaps`;
  return problem(line === 0 ? "" : `line ${line}, column ${column}`, found, suggestion === "" ? expected : meant);
}

/** The key of a line, or "" if it has none. */
function keyOf(line: string): string {
  const trimmed = line.trim();
  const equals = trimmed.indexOf("=");
  return equals < 0 || trimmed.startsWith("#") ? "" : trimmed.slice(0, equals).trim();
}
