/** Notes on sound configurations: lines that have no effect, or not the one that their author may expect. */

import { describe, expect, test } from "vitest";
import { ALGORITHM_TABLE } from "../../../../services/lb/algorithm/algorithms.ts";
import { ConfigProblem as P } from "../../../../services/lb/config/problem-codes.ts";
import { configure } from "../configuring.ts";
import { Desk } from "../desk.ts";

describe("a line", () => {
  test("that the algorithm of its group does not go by is noted", () => {
    const noted = (algorithm: string, option: string): unknown => configure(new Desk(), `semantics=strict\n${option}\ngroup=g:${algorithm}\nmember=g:a:1\n`).remarks;
    const hashed = ["iphash", "ringhash", "maglev", "rendezvous"];
    const gradual = ["leastconn", "weighted", "random", "p2c", "peakewma"];
    for (const { names } of ALGORITHM_TABLE) {
      const name = names[0]!;
      const note = (column: number, heeded: readonly string[]): unknown => (heeded.includes(name) ? [] : [{ code: P.otherAlgorithm, line: 2, column, argument: "g" }]);
      expect(noted(name, "hash=g:host"), name).toEqual(note(6, hashed));
      expect(noted(name, "bounded_load=g:150"), name).toEqual(note(14, hashed));
      expect(noted(name, "slow_start=g:10"), name).toEqual(note(12, gradual));
    }
  });

  test("for those that wait for one backend is noted where nobody does", () => {
    const noted = (lines: string): unknown => configure(new Desk(), `semantics=strict\nbackend_max_pending=g:5\ngroup=g:rr\nmember=g:a:1\n${lines}`).remarks;
    const note = [{ code: P.nobodyWaits, line: 2, column: 21, argument: "g" }];
    expect([noted(""), noted("session="), noted("max_pending=g:1:1"), noted("session=\nmax_pending=g:1:1")]).toEqual([note, note, note, []]);
  });

  test("by session is noted where there are none", () => {
    const remarks = (lines: string): unknown => configure(new Desk(), `semantics=strict\n${lines}`).remarks;
    expect(remarks("rate_limit=/:token:1:1:session")).toEqual([{ code: P.noSessions, line: 2, column: 24, argument: "session" }]);
    expect(remarks("rate_limit=/:token:1:1:session\nsession=")).toEqual([]);
    expect(remarks("group=a:rr\nmember=a:a:1\nroute=/::a@1,b@2,c@3")).toEqual([{ code: P.groupNotDefined, line: 4, column: 14, argument: "b" }]);
  });
});
