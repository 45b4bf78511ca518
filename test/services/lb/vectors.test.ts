import { describe, expect, test } from "vitest";
import { loadScript, scriptNames } from "../../vectors/load.ts";
import { Desk } from "./desk.ts";

describe("recorded scripts, by the service's own operations", () => {
  for (const name of scriptNames()) {
    test(name, () => {
      const { ops, results } = loadScript(name);
      const desk = new Desk();
      for (const [i, operation] of ops.entries()) expect(desk.run(operation), `operation ${i}: ${JSON.stringify(operation)}`).toStrictEqual(results[i]);
      expect(ops.length).toBeGreaterThan(100);
      desk.check();
      desk.run({ op: "new" });
      expect(desk.usedBytes()).toBe(0);
    });
  }
});
