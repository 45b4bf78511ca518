/** Random rules and requests for fast-check: few names, values, paths and hosts, so that they meet, and hostile ones among them. */

import fc from "fast-check";
import type { PlainCondition, PlainRequest, PlainRoute, PlainRule } from "./plain-scan.ts";

const NAMES = ["x-a", "X-A", "x-b", "x-aa", "é"];
const VALUES = ["", "1", "12", "2", "A", "a", "\xff"];
const METHODS = ["GET", "get", "HEAD", "POST"];

const text = (pieces: readonly string[], most: number) => fc.array(fc.constantFrom(...pieces), { maxLength: most }).map((parts) => parts.join(""));
const path = text(["/", "/", "a", "b", "ab", "A", "%2f", "*", "\x00", "\xff"], 8);
const absolute = path.map((rest) => `/${rest}`);
const query = text(["?", "#", "/", "a", "://"], 3);
const header = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES));
const headers = fc.array(header, { maxLength: 5 });

const condition = (kinds: readonly PlainCondition["kind"][]) => fc.record({ kind: fc.constantFrom(...kinds), name: fc.constantFrom(...NAMES), value: fc.constantFrom(...VALUES) });
const conditions = (kinds: readonly PlainCondition["kind"][]) => fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: fc.array(condition(kinds), { maxLength: 3 }) });

/** Gives each route a target of its own, so that it shows which one was found. */
function numbered(rules: readonly { readonly routes: readonly Omit<PlainRoute, "target">[]; readonly default: boolean }[]): PlainRule[] {
  let count = 0;
  return rules.map((rule, i) => ({ routes: rule.routes.map((route) => ({ ...route, target: `route ${count++}` })), default: rule.default ? `default ${i}` : "" }));
}

const rulesOf = (route: fc.Arbitrary<Omit<PlainRoute, "target">>): fc.Arbitrary<PlainRule[]> =>
  fc.array(fc.record({ routes: fc.array(route, { maxLength: 8 }), default: fc.oneof(fc.constant(false), fc.constant(false), fc.constant(true)) }), { maxLength: 5 }).map(numbered);

/** How much of a request is taken from one of the routes, so that it may well match. */
export const hint = fc.record({ route: fc.nat(40), path: fc.boolean(), host: fc.boolean(), headers: fc.boolean(), method: fc.boolean() });
export type Hint = typeof hint extends fc.Arbitrary<infer T> ? T : never;

export function towards(rules: readonly PlainRule[], request: PlainRequest, hint: Hint): PlainRequest {
  const routes = rules.flatMap((rule) => rule.routes);
  if (routes.length === 0) return request;
  const route = routes[hint.route % routes.length]!;
  return {
    method: hint.method ? (route.methods?.at(-1) ?? request.method) : request.method,
    target: hint.path ? route.prefix + (hint.route % 2 === 0 ? "" : request.target) : request.target,
    host: hint.host ? route.host.replace(/^\*\./, "b.") : request.host,
    headers: hint.headers ? [...request.headers, ...route.conditions.map(({ name, value }) => [name, value] as const)] : request.headers,
  };
}

const SEED_HOSTS = ["", "a.example", "A.example", "a.example:80", "a", "*.example"];
export const seedRules: fc.Arbitrary<PlainRule[]> = rulesOf(fc.record({ prefix: fc.oneof(path, absolute), host: fc.constantFrom("", ...SEED_HOSTS), conditions: conditions(["exact"]) }));
export const seedRequest: fc.Arbitrary<PlainRequest> = fc.record({ method: fc.constant("GET"), target: fc.tuple(path, query).map((parts) => parts.join("")), host: fc.constantFrom(...SEED_HOSTS), headers });


export const PATTERNS = ["", "", "example", "a.example", "A.Example.", "*.example", "*.A.example", "10.0.0.1", "[::1]", "[2001:DB8::1]", "*.b.a.example", "a_b.example"];
export const HOSTS = [
  "", "example", "a.example", "A.EXAMPLE:80", "a.example.", "a.example.:", "b.a.example", "c.b.a.example:8080", "a.example..", ".example", "..example", "b..example", "xa.example",
  "10.0.0.1", "10.0.0.1:80", "10.0.0.01", "1.10.0.0.1", "[::1]", "[0:0::1]:80", "[2001:db8::1]", "[2001:db8:0::0001]:", "[::1", "[::1]x", "::1", "[]", "a.example:8o", "u@a.example",
  "a.example:80:80", ":80", "*.example", "a b.example", "\xe9.example", "%41.example", "a_b.example", "3.example", "a.3", ".", "[::ffff:10.0.0.1]",
];
const strictRoute = fc.record({
  prefix: fc.oneof({ weight: 1, arbitrary: fc.constant("") }, { weight: 5, arbitrary: absolute }),
  exact: fc.boolean(),
  host: fc.constantFrom(...PATTERNS),
  methods: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray(METHODS) }),
  conditions: conditions(["exact", "exact", "prefix", "present", "absent"]),
});
const authority = fc.tuple(fc.constantFrom("http", "HTTPS", "a+b-c.1", "1http", ""), fc.constantFrom(...HOSTS), fc.oneof(fc.constant(""), absolute)).map(([scheme, host, rest]) => `${scheme}://${host}${rest}`);
const target = fc.tuple(fc.oneof({ weight: 6, arbitrary: absolute }, { weight: 1, arbitrary: path }, { weight: 1, arbitrary: authority }), fc.oneof(fc.constant(""), query));
/** Of few shapes, so that they meet. */
export const strictRules: fc.Arbitrary<PlainRule[]> = rulesOf(strictRoute);
export const strictRequest: fc.Arbitrary<PlainRequest> = fc.record({ method: fc.constantFrom(...METHODS), target: target.map((parts) => parts.join("")), host: fc.constantFrom(...HOSTS), headers });

