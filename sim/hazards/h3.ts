/**
 * H3: upstream goes through the rules one by one. Once a rule with a default has been passed, the routes of exactly one
 * more rule are tried; then that default is taken, whatever the rules behind it say.
 */

import { ask, balancerStage, decisions, seedVariant } from "./balancer-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";

const CONFIGURATION = `semantics=strict
group=first:roundrobin
member=first:10.30.0.1:8080
group=second:roundrobin
member=second:10.30.0.2:8080
group=third:roundrobin
member=third:10.30.0.3:8080
route=/one::first
default=first
rule=
route=/two::second
rule=
route=/three::third
`;

const GROUPS = ["first", "second", "third"] as const;
const WANTED: Readonly<Record<string, string>> = Object.freeze({ "/one": "first", "/two": "second", "/three": "third", "/else": "first" });

const firstRouteWins = decisions("first-route-wins", "the first matching route wins, over all rules; the first default is for what no route takes", (_world, fail) => ({
  decided: ({ target, group }) => {
    if (GROUPS[group] !== WANTED[target]) fail(`GET ${target}`, `it goes to ${GROUPS[group] ?? "nobody"}, and a route says ${WANTED[target]}`);
  },
}));

function play(scene: Scene): void {
  Object.keys(WANTED).forEach((path, client) => {
    scene.tell(`a client asks for ${path}`);
    ask(scene, { client, path });
  });
}

export const h3: Hazard = Object.freeze<Hazard>({
  id: "H3",
  place: "lb/l7 rules",
  reach: "module",
  ran: false,
  does: "tries exactly one more rule's routes once an earlier rule's default is pending",
  seen: "a request that matches rule 3 goes to rule 1's default",
  invariant: "the first matching route wins, over all rules",
  chosenBy: "semantics=veridian",
  note: "",
  variant: seedVariant("H3"),
  shows: { checker: "routes", place: "GET /api/users" },
  breaks: firstRouteWins.name,
  scenario: { text: "Three rules, the first with a default; a request for each, and one for none.", checkers: [firstRouteWins], stage: balancerStage(CONFIGURATION), play },
});
