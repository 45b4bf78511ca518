import { describe, expect, test } from "vitest";
import { Outcome } from "../../../../services/lb/api.ts";
import { ConfigProblem } from "../../../../services/lb/config/problem-codes.ts";
import { lbStandard } from "../../../../services/limits.ts";
import { configure } from "../configuring.ts";
import { AdmittingDesk } from "../connection/admitting.ts";

const groups = ["a", "b", "c"].map((name) => `group=${name}:rr\nmember=${name}:10.0.0.1:80\n`).join("");

/** Names of the groups to which requests go; a path, perhaps with a session cookie behind a blank. */
function led(lines: string, ...requests: readonly string[]): (string | number)[] {
  const desk = new AdmittingDesk(`semantics=strict\n${groups}${lines}`, lbStandard);
  return requests.map((request) => {
    const [path, session] = request.split(" ");
    const outcome = desk.admit({ path: path!, ...(session === undefined ? {} : { session }) });
    return outcome === Outcome.routed ? desk.nameOf(desk.chosen.group as never) : outcome;
  });
}

describe("lines that make routes", () => {
  test("a prefix, a whole path, and a default", () => {
    expect(led("exact=/x::a\nroute=/x::b\ndefault=c\n", "/x", "/x?q", "/x/", "/x/y", "/xy")).toEqual(["a", "a", "b", "b", "c"]);
    expect(led("exact=*::a\nroute=::b\n", "*", "/")).toEqual(["a", "b"]);
    expect(led("route=/x::a\n", "/y")).toEqual([Outcome.noRouteMatch]);
  });

  test("methods, any of them", () => {
    expect(led("route=/::a\nmethod=PUT,POST\nroute=/::b\nmethod=HEAD,GET\n", "/")).toEqual(["b"]);
    expect(led("route=/::a\nmethod=get\nroute=/::b\nmethod=PUT\nmethod=GET\n", "/")).toEqual(["b"]);
  });

  test("conditions of each kind, all of them", () => {
    const each = "route=/exact::a\nheader=COOKIE:exact:VERIDIAN_SESSION=one\nroute=/prefix::a\nheader=cookie:prefix:VERIDIAN_SESSION=o\nroute=/present::a\nheader=cookie:present\nroute=/absent::a\nheader=cookie:absent\ndefault=b\n";
    const ask = (session: string): string[] => ["/exact", "/prefix", "/present", "/absent"].map((path) => path + session);
    expect(led(each, ...ask(" one"))).toEqual(["a", "a", "a", "b"]);
    expect(led(each, ...ask(" other"))).toEqual(["b", "a", "a", "b"]);
    expect(led(each, ...ask(""))).toEqual(["b", "b", "b", "a"]);
    expect(led("route=/::a\nheader=cookie:present\nheader=cookie:absent\ndefault=b\n", "/", "/ one")).toEqual(["b", "b"]);
  });

  test("shares of a route and of a default, by their weights in turns", () => {
    expect(led("route=/x::a@2,b@1,c@0\ndefault=c@1,a@1\n", "/x", "/x", "/x", "/x", "/", "/", "/")).toEqual(["a", "b", "a", "a", "c", "a", "c"]);
  });

  test("rules: the first matching route of all, else the first default", () => {
    expect(led("route=/x::a\ndefault=a\nrule=\nroute=/y::b\nrule=\nroute=/z::c\ndefault=b\n", "/x", "/y", "/z", "/")).toEqual(["a", "b", "c", "a"]);
  });

  test("what refines a route of the text before is no route of this one's", () => {
    const desk = new AdmittingDesk(`semantics=strict\n${groups}route=/::a\n`, lbStandard);
    expect(configure(desk, "semantics=strict\nmethod=GET\n").remarks).toEqual([{ code: ConfigProblem.noRoute, line: 2, column: 1, argument: "method" }]);
    desk.check();
  });
});
