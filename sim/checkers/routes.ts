/**
 * The first route that matches wins, over all rules; then the first default: by a second reading of the configuration, and a
 * scan over its routes. Texts whose host patterns are more than names are not judged.
 */

import { Outcome } from "../../services/lb/api.ts";
import { NetTrace } from "../../services/net/api.ts";
import type { Asked } from "./asked.ts";
import { askedListener } from "./asked.ts";
import { BalancerView } from "./balancer-view.ts";
import type { Checker } from "./checker.ts";
import type { Decided } from "./decided.ts";
import { decidedReader } from "./decided.ts";
import { configurationsTold } from "./kept-configuration.ts";
import type { PlainConfiguration, PlainRoute } from "./plain-configuration.ts";
import { remembering } from "./remembering.ts";

export const routes: Checker = Object.freeze<Checker>({
  name: "routes",
  law: "the first route that matches wins, over all rules, and then the first default",
  fits: (world) => BalancerView.of(world) !== null && decidedReader(world) !== null,
  begin: ({ world, fail }) => {
    const view = BalancerView.of(world)!;
    const read = decidedReader(world)!;
    const told = configurationsTold(world);
    const state = { asked: new Map() as Asked };
    const listen = askedListener(world, state.asked);
    return remembering(state, {
      probe: (kind, process, argument0, argument1) => {
        listen(kind, process, argument0, argument1);
        if (kind !== NetTrace.requestDecided) return;
        const decided = read(argument0, argument1);
        const configurations = told.now().filter((configuration) => configuration.strict && configuration.routes.every(isPlain));
        const judged = decided.outcome === Outcome.routed || decided.outcome === Outcome.noRouteMatch;
        if (!judged || configurations.length === 0 || configurations.length < told.now().length || !state.asked.has(decided.requestId)) return;
        const group = decided.outcome === Outcome.routed ? view.groups()[decided.group] : 0;
        const went = group === undefined || group === 0 ? "" : view.name(group);
        if (configurations.some((configuration) => expected(configuration, decided).includes(went))) return;
        fail(`${decided.method} ${decided.target}`, `it goes to ${went === "" ? "nobody" : went}; its first route leads to ${expected(configurations[0], decided).join(" or ")}`);
      },
    });
  },
});

/** Groups to which the request may go; "" stands for none. */
function expected(configuration: PlainConfiguration, decided: Decided): readonly string[] {
  const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)([^?#]*)/.exec(decided.target);
  const path = absolute === null ? /^[^?#]*/.exec(decided.target)![0] : absolute[2] || "/";
  const host = plainHost(absolute === null ? (decided.host ?? "") : absolute[1]);
  const route = configuration.routes.find((candidate) => matches(candidate, path, host, decided));
  return route?.targets ?? [configuration.default];
}

function matches(route: PlainRoute, path: string, host: string, decided: Decided): boolean {
  const under = route.path === "" || path === route.path || path.startsWith(route.path.endsWith("/") ? route.path : `${route.path}/`);
  if (route.exact ? path !== route.path : !under) return false;
  if (route.host !== "" && route.host.toLowerCase() !== host) return false;
  return (route.methods.length === 0 || route.methods.includes(decided.method)) && route.headers.every((condition) => holds(condition, decided));
}

/** NAME:exact:VALUE, NAME:prefix:VALUE, NAME:present, NAME:absent. */
function holds(condition: string, { headers }: Decided): boolean {
  const [name, kind, ...rest] = condition.split(":");
  const values = headers.filter(([other]) => other === name.toLowerCase()).map(([, value]) => value);
  const wanted = rest.join(":");
  if (kind === "exact") return values.includes(wanted);
  if (kind === "prefix") return values.some((value) => value.startsWith(wanted));
  return kind === "present" ? values.length > 0 : values.length === 0;
}

/** Without its port and a dot at its end, in lower case (RFC 9110 4.2.3, 7.2). */
function plainHost(host: string): string {
  return host.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}

function isPlain({ host }: PlainRoute): boolean {
  return /^[A-Za-z0-9.-]*$/.test(host);
}
