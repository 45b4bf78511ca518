/**
 * A second reading of a configuration under semantics=strict: plain records, for laws that are to know what the balancer
 * was told without asking the balancer. The text has been accepted, so that it has no problems. Keys that no law needs are
 * left aside.
 */

export interface PlainGroup {
  readonly name: string;
  readonly algorithm: string;
  readonly weights: ReadonlyMap<string, number>;
  readonly connectionsMax: number;
  readonly backendConnectionsMax: number;
}

export interface PlainRoute {
  readonly exact: boolean;
  readonly path: string;
  readonly host: string;
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  /** Groups that it may lead to. */
  readonly targets: readonly string[];
}

export interface PlainConfiguration {
  readonly strict: boolean;
  readonly sessionCookie: string;
  /** 0: they never end. */
  readonly sessionTicks: number;
  readonly requestsPerSecond: number;
  readonly burst: number;
  readonly rateRules: number;
  readonly groups: readonly PlainGroup[];
  readonly routes: readonly PlainRoute[];
  /** Of the first rule that has one; "" if none has. */
  readonly default: string;
}

/** A comment by which a configuration asks to be judged as one of semantics=strict, whichever it has. */
export const JUDGED_STRICTLY = "# judged as semantics=strict";

type Line = readonly [key: string, value: string];

export function readPlainConfiguration(text: string): PlainConfiguration {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#") && line.includes("="));
  const entries: Line[] = lines.map((line) => [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1).trim()]);
  const last = (key: string): string | undefined => entries.filter(([name]) => name === key).at(-1)?.[1];
  const session = last("session")?.split(":");
  return Object.freeze({
    strict: last("semantics") === "strict" || text.includes(JUDGED_STRICTLY),
    sessionCookie: session === undefined ? "" : session[0] === "" ? "VERIDIAN_SESSION" : session[0],
    sessionTicks: Number(session?.[1] ?? 0),
    requestsPerSecond: Number(last("rate_limit_rps") ?? 100),
    burst: Number(last("rate_limit_burst") ?? 200),
    rateRules: entries.filter(([name]) => name === "rate_limit").length,
    groups: Object.freeze(entries.filter(([name]) => name === "group").map(([, value]) => groupOf(value, entries))),
    routes: Object.freeze(routesOf(entries)),
    default: entries.find(([name, value]) => name === "default" && value !== "")?.[1] ?? "",
  });
}

function groupOf(value: string, entries: readonly Line[]): PlainGroup {
  const [name, algorithm = ""] = parted(value);
  const option = (key: string): number => {
    const found = entries.find(([other, text]) => other === key && text.startsWith(`${name}:`));
    return found === undefined ? 0 : Number(found[1].slice(name.length + 1).split(":")[0]);
  };
  const members = entries.filter(([key, text]) => key === "member" && text.startsWith(`${name}:`)).map(([, text]) => memberOf(text.slice(name.length + 1)));
  return Object.freeze({ name, algorithm, weights: new Map(members), connectionsMax: option("max_connections"), backendConnectionsMax: option("backend_max_connections") });
}

/** ADDRESS:PORT[:WEIGHT]. */
function memberOf(text: string): [string, number] {
  const literal = /^(\[[^\]]*\]|[^:]*):(\d+)(?::(\d+))?$/.exec(text);
  return [`${literal?.[1] ?? ""}:${literal?.[2] ?? ""}`, Number(literal?.[3] ?? 1)];
}

function routesOf(entries: readonly Line[]): PlainRoute[] {
  const routes: PlainRoute[] = [];
  for (const [key, value] of entries) {
    const route = routes.at(-1);
    if (key === "route" || key === "exact") routes.push(routeOf(key === "exact", value));
    else if (key === "method" && route !== undefined) routes[routes.length - 1] = { ...route, methods: value.split(",") };
    else if (key === "header" && route !== undefined) routes[routes.length - 1] = { ...route, headers: [...route.headers, value] };
  }
  return routes;
}

/** PATH:HOST:TARGET, where a HOST may be an IPv6 address in brackets. */
function routeOf(exact: boolean, value: string): PlainRoute {
  const [path, rest = ""] = parted(value);
  const bracket = rest.startsWith("[") ? rest.indexOf("]") : 0;
  const colon = rest.indexOf(":", bracket);
  const targets = rest.slice(colon + 1).split(",").map((target) => target.split("@")).filter(([, weight = "1"]) => Number(weight) > 0);
  return { exact, path, host: rest.slice(0, colon), methods: [], headers: [], targets: targets.map(([name]) => name) };
}

/** What stands before the first colon, and behind it. */
function parted(text: string): [string, string?] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
}
