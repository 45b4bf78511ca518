import { describe, expect, it } from "vitest";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { Stage } from "./stage.ts";

describe("clients", () => {
  it("ask and are answered", () => {
    const stage = new Stage([{ requestsPerSession: constantly(5) }]);
    stage.run();
    expect(stage.account).toMatchObject({ counters: { sessions: 1, connections: 1, requests: 5, answers: 5, bodiesRight: 5 }, statuses: { 200: 5 }, errors: {}, bodyBytesIn: 500, busy: 0, pending: 0 });
    expect(stage.leaked).toBe(0);
  });
});
