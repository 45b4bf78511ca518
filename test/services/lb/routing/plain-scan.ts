/**
 * What routing means, as a scan over all routes in order: texts are strings of bytes, nothing is indexed, nothing is kept.
 * The tests hold the index against it.
 */

import { isIPv4, isIPv6 } from "node:net";

export type ConditionName = "exact" | "prefix" | "present" | "absent";

export interface PlainCondition {
  readonly kind: ConditionName;
  readonly name: string;
  readonly value: string;
}

export interface PlainRoute {
  readonly prefix: string;
  readonly exact?: boolean;
  readonly host: string;
  readonly methods?: readonly string[];
  readonly conditions: readonly PlainCondition[];
  readonly target: string;
}

export interface PlainRule {
  readonly routes: readonly PlainRoute[];
  readonly default: string;
}

export interface PlainRequest {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** The seed's `route`: each rule's first match, then its default, which the next rule's match may still overtake. */
export function scanSeed(rules: readonly PlainRule[], request: PlainRequest): string | null {
  let pending: string | null = null;
  for (const rule of rules) {
    const found = rule.routes.find((route) => seedMatches(route, request));
    if (found !== undefined) return found.target;
    if (pending !== null) return pending;
    if (rule.default !== "") pending = rule.default;
  }
  return pending;
}

function seedMatches(route: PlainRoute, request: PlainRequest): boolean {
  const headers = new Map(request.headers);
  const required = new Map(route.conditions.map(({ name, value }) => [name, value]));
  if (!request.target.startsWith(route.prefix) || (route.host !== "" && route.host !== request.host)) return false;
  return [...required].every(([name, value]) => headers.get(name) === value);
}

/** semantics=strict: the first match over all rules, else the first default. */
export function scanStrict(rules: readonly PlainRule[], request: PlainRequest): string | null {
  const found = rules.flatMap((rule) => rule.routes).find((route) => strictMatches(route, request));
  return found?.target ?? rules.find((rule) => rule.default !== "")?.default ?? null;
}

function strictMatches(route: PlainRoute, request: PlainRequest): boolean {
  const { path, host } = asked(request);
  if (route.exact === true ? path !== route.prefix : !isUnder(path, route.prefix)) return false;
  if (!hostMatches(route.host, host)) return false;
  if (route.methods !== undefined && route.methods.length > 0 && !route.methods.includes(request.method)) return false;
  return route.conditions.every((condition) => conditionHolds(condition, request));
}

function asked(request: PlainRequest): { path: string; host: string } {
  const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)([^?#]*)/.exec(request.target);
  if (absolute !== null) return { path: absolute[2] === "" ? "/" : absolute[2]!, host: absolute[1]! };
  return { path: /^[^?#]*/.exec(request.target)![0], host: request.host };
}

function isUnder(path: string, prefix: string): boolean {
  return prefix === "" || path === prefix || path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
}

function conditionHolds({ kind, name, value }: PlainCondition, request: PlainRequest): boolean {
  const values = request.headers.filter(([other]) => fold(other) === fold(name)).map(([, other]) => other);
  switch (kind) {
    case "exact":
      return values.includes(value);
    case "prefix":
      return values.some((other) => other.startsWith(value));
    case "present":
      return values.length > 0;
    default:
      return values.length === 0;
  }
}

function fold(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function hostMatches(pattern: string, host: string): boolean {
  if (pattern === "") return true;
  const read = plainHost(host);
  if (read === null) return false;
  if (pattern.startsWith("*.")) return !isIPv4(read) && read.endsWith(`.${plainHost(pattern.slice(2))}`);
  return read === plainHost(pattern);
}

/** A host in the one form in which equal hosts are equal texts; null if it is unsound or not there. */
export function plainHost(host: string): string | null {
  const literal = /^\[([0-9A-Fa-f:.]*)\](:\d*)?$/.exec(host);
  if (literal !== null) return isIPv6(literal[1]!) ? new URL(`http://[${literal[1]}]/`).hostname : null;
  const name = /^((?:[A-Za-z0-9_~%!$&'()*+,;=-]+\.)*[A-Za-z0-9_~%!$&'()*+,;=-]+)\.?(:\d*)?$/.exec(host)?.[1];
  if (name === undefined) return null;
  return /^\d+$/.test(name.split(".").at(-1)!) && !isIPv4(name) ? null : fold(name);
}
