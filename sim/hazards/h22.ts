/**
 * H22: upstream compares hosts byte for byte, case and port included, and prefixes without regard to where a segment of
 * the path ends.
 */

import { ask, balancerStage, decisions, seedVariant } from "./balancer-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";

const CONFIGURATION = `semantics=strict
group=web:roundrobin
member=web:10.30.0.1:8080
group=shop:roundrobin
member=shop:10.30.0.2:8080
group=api:roundrobin
member=api:10.30.0.3:8080
route=/:example.com:shop
route=/api::api
default=web
`;

const GROUPS = ["web", "shop", "api"] as const;
const REQUESTS = Object.freeze([
  { host: "example.com", path: "/", wanted: "shop" },
  { host: "Example.com:80", path: "/", wanted: "shop" },
  { host: "other.example", path: "/api/users", wanted: "api" },
  { host: "other.example", path: "/apiary", wanted: "web" },
]);

const hosts = decisions("hosts-as-rfc9110", "hosts are compared as RFC 9110 has it (4.2.3, 7.2), and prefixes by whole segments", (_world, fail) => ({
  decided: ({ target, host, group }) => {
    const wanted = REQUESTS.find((request) => request.host === host && request.path === target)?.wanted;
    if (GROUPS[group] !== wanted) fail(`GET ${target} of host ${host ?? "(none)"}`, `it goes to ${GROUPS[group] ?? "nobody"}, and belongs to ${wanted}`);
  },
}));

function play(scene: Scene): void {
  REQUESTS.forEach(({ host, path }, client) => {
    scene.tell(`a client asks ${host} for ${path}`);
    ask(scene, { client, host, path });
  });
}

export const h22: Hazard = Object.freeze<Hazard>({
  id: "H22",
  place: "lb/l7 host match",
  reach: "module",
  ran: false,
  does: "compares hosts byte for byte, port and case included, and prefixes without regard to segments",
  seen: "`Example.com:80` misses; `/api` also takes `/apiary`",
  invariant: "RFC 9110 host semantics",
  chosenBy: "semantics=veridian",
  note: "",
  variant: seedVariant("H22"),
  shows: { checker: "routes", place: "GET /" },
  breaks: hosts.name,
  scenario: { text: "Requests for one host in two spellings, and for two paths that begin alike.", checkers: [hosts], stage: balancerStage(CONFIGURATION), play },
});
