import { expect, test } from "vitest";
import { boot } from "../../../kernel/boot.ts";
import { Errno } from "../../../kernel/errno.ts";
import { CLOSED_RECEIVES, Delivery } from "../../../kernel/service.ts";
import { echo, processesOnly } from "../bench-services.ts";
import { Stage } from "./stage.ts";

const shared = { receives: ["jobs"], shares: { jobs: "first.jobs" } } as const;
const sender = { needs: { target: "endpoint" }, grants: { target: "first.jobs" } } as const;

function words(stage: Stage, name: string): number[] {
  return stage.look(name).filter((given) => given.delivery === Delivery.message).map((given) => given.data[0]!);
}

test("messages go to whoever of an endpoint's receivers has waited longest", () => {
  const stage = new Stage({ first: { receives: ["jobs"] }, second: shared, third: shared, client: sender });
  for (let word = 1; word <= 7; word++) stage.play("client", (context) => context.send(context.needs.target!, 1, word));
  expect([words(stage, "first"), words(stage, "second"), words(stage, "third")]).toEqual([[1, 4, 7], [2, 5], [3, 6]]);
});

test("with several receivers ready a queue is taken in its order; who finds it empty waits on, in his place", () => {
  const stage = new Stage({ first: { receives: ["jobs"] }, second: shared, third: shared, client: { ...sender, priority: "systemHigh" } });
  for (const name of ["first", "second", "third"]) stage.play(name, (context) => context.sleep(3));
  stage.play("client", (context) => [1, 2, 3, 4].map((word) => context.send(context.needs.target!, 1, word)));
  stage.pass(4);
  // All three wake at once, in the order of their numbers; two take a second message, and one finds none.
  expect([words(stage, "first"), words(stage, "second"), words(stage, "third")]).toEqual([[1, 4], [2], [3]]);
  expect(stage.record("endpoints", 0)).toMatchObject({ sent: 4, received: 4, count: 0 });
  for (let word = 5; word <= 7; word++) stage.play("client", (context) => context.send(context.needs.target!, 1, word));
  expect(words(stage, "second").length + words(stage, "third").length + words(stage, "first").length).toBe(3);
});

test("who waits on in vain keeps his place, and the limit that he set", () => {
  const stage = new Stage({ first: { receives: ["jobs"] }, second: shared, third: shared, client: sender });
  // The message finds all three about to run: all become ready for it, and the first takes it.
  stage.poke("client", (context) => context.send(context.needs.target!, 1, 1));
  stage.poke("first", () => 0);
  stage.poke("third", () => 0);
  stage.poke("second", (context) => context.waitAtMost(3));
  stage.rest();
  expect([words(stage, "first"), stage.look("second"), stage.look("third")]).toEqual([[1], [], []]);
  // The third's handler returned before the second's: it has waited longer.
  stage.play("client", (context) => context.send(context.needs.target!, 1, 2));
  expect(words(stage, "third")).toEqual([2]);
  stage.pass(4);
  expect(stage.look("second").map((given) => given.delivery)).toEqual([Delivery.timeout]);
});

test("a call to an endpoint that only oneself is left to receive from ends when the other receiver does", () => {
  const target = { needs: { target: "endpoint" }, grants: { target: "first.jobs" } } as const;
  for (const queues of [2, 1]) {
    const stage = new Stage({ first: { receives: ["jobs"], queues: { jobs: queues }, ...target }, second: { ...shared, ...target }, client: sender });
    stage.play("second", (context) => context.sleep(5));
    if (queues === 1) stage.play("first", (context) => [context.send(context.needs.target!, 1, 9), context.sendWait(context.needs.target!, 1, 1)]);
    else stage.play("first", (context) => context.call(context.needs.target!, 1, 1));
    expect(stage.look("first").filter((given) => given.delivery !== Delivery.message)).toEqual([]);
    stage.poke("second", (context) => context.exit());
    stage.pass(6);
    const outcome = stage.look("first").filter((given) => given.delivery !== Delivery.message).map((given) => [given.delivery, given.opcode]);
    expect(outcome).toEqual([[queues === 1 ? Delivery.sent : Delivery.reply, Errno.resourceBusy]]);
    // The call was taken back: nobody finds it in the queue.
    expect(stage.record("endpoints", 0)).toMatchObject({ count: 0, senders: 0, sent: 1, dropped: queues === 1 ? 0 : 1 });
  }
});

test("a handler sees the endpoint by its position in the service's own list, whoever owns the queue", () => {
  const stage = new Stage({
    first: { receives: ["jobs", "orders"] },
    second: { receives: ["orders", "jobs", "private"], shares: { jobs: "first.jobs", orders: "first.orders" } },
    client: { needs: { jobs: "endpoint", orders: "endpoint", alone: "endpoint" }, grants: { jobs: "second.jobs", orders: "first.orders", alone: "second.private" } },
  });
  expect(stage.machine.parts.filter((part) => part.name.startsWith("queue.")).map((part) => part.name)).toEqual(["queue.first.jobs", "queue.first.orders", "queue.second.private"]);
  stage.play("first", (context) => context.sleep(2));
  stage.play("client", (context) => ["jobs", "orders", "alone"].map((name) => context.send(context.needs[name]!, 1)));
  stage.pass(1);
  expect(stage.look("second").map((given) => given.endpoint)).toEqual([1, 0, 2]);
});

test("an endpoint closes with its owner: the other receivers are told by its position", () => {
  const stage = new Stage({ first: { receives: ["jobs"] }, second: { receives: ["own", "jobs"], shares: { jobs: "first.jobs" } }, client: sender });
  stage.play("first", (context) => context.exit());
  expect(stage.look("second").map((given) => [given.delivery, given.data[0]])).toEqual([[Delivery.closed, CLOSED_RECEIVES + 1]]);
  expect(stage.look("client").map((given) => [given.delivery, given.data[0]])).toEqual([[Delivery.closed, 0]]);
});

test("an endpoint lives on without one of its other receivers, and what that one was to take next goes to the rest", () => {
  const stage = new Stage({ first: { receives: ["jobs"] }, second: shared, client: { ...sender, priority: "systemHigh" } });
  stage.play("second", (context) => context.exit());
  expect(stage.look("client")).toEqual([]);
  stage.play("client", (context) => [1, 2, 3].map((word) => context.send(context.needs.target!, 1, word)));
  expect(words(stage, "first")).toEqual([1, 2, 3]);
});

test("what a manifest says wrongly about shared endpoints", () => {
  const line = { service: echo, priority: "userNormal", arenaBytes: 4096 } as const;
  const problemsOf = (receives: Record<string, string>, more = {}): string => {
    try {
      boot(processesOnly({ a: line, b: { ...line, receives, ...more }, c: { ...line, receives: { requests: "a.requests" } } }));
      return "";
    } catch (error) {
      return (error as Error).message.replace("manifest test: ", "");
    }
  };
  expect(problemsOf({ requests: "a.requests" })).toBe("");
  expect(problemsOf({ others: "a.requests" })).toBe("processes.b.receives.others: echo receives on requests");
  expect(problemsOf({ requests: "a.others" })).toBe("processes.b.receives.requests: no other process has an endpoint a.others");
  expect(problemsOf({ requests: "b.requests" })).toBe("processes.b.receives.requests: no other process has an endpoint b.requests");
  expect(problemsOf({ requests: "c.requests" })).toBe("processes.b.receives.requests: c.requests is a.requests: name that");
  expect(problemsOf({ requests: "a.requests" }, { queues: { requests: 3 } })).toBe("processes.b.queues.requests: the queue is that of a.requests");
});
