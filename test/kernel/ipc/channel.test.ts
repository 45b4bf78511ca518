import { expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { boot } from "../../../kernel/boot.ts";
import { Errno } from "../../../kernel/errno.ts";
import { tinyKernelLimits } from "../../../kernel/limits.ts";
import { SmallMessage } from "../../../kernel/message.ts";
import { Delivery } from "../../../kernel/service.ts";
import { echo, processesOnly } from "../bench-services.ts";
import type { Actor } from "./stage.ts";
import { Stage } from "./stage.ts";

const reader = { needs: { news: "channel:receive" }, grants: { news: "news" } } as const;
const writer = { needs: { news: "channel:send" }, grants: { news: "news" } } as const;
const news = { manifest: { channels: { news: { capacity: 3 } } } } as const;

const put = (word: number) => (context: Actor) => context.channelSend(context.needs.news!, 1, word);
/** The next message's word, or the errno. */
const take = (context: Actor): number => {
  const status = context.channelReceive(context.needs.news!, context.outgoing);
  return status === 0 ? SmallMessage.data0.get(context.memory, context.outgoing as Address<"SmallMessage">) : status;
};

test("a channel takes as many as it holds, refuses more without waiting, and gives them in order, round its end", () => {
  const stage = new Stage({ reader, writer }, news);
  expect(stage.play("reader", take)).toBe(Errno.channelEmpty);
  let next = 1;
  for (let round = 0; round < 5; round++) {
    const first = next;
    for (let n = 0; n < 3; n++) expect(stage.play("writer", put(next++))).toBe(0);
    expect(stage.play("writer", put(999))).toBe(Errno.channelFull);
    expect([stage.play("reader", take), stage.play("reader", take)]).toEqual([first, first + 1]);
    expect(stage.play("writer", put(next++))).toBe(0);
    expect([stage.play("reader", take), stage.play("reader", take), stage.play("reader", take)]).toEqual([first + 2, first + 3, Errno.channelEmpty]);
  }
  expect(stage.record("channels", 0)).toMatchObject({ capacity: 3, count: 0, sent: 20, received: 20, dropped: 5, depthPeak: 3 });
});

test("subscribers are notified of each message with their own bits, until they want no more or end", () => {
  const stage = new Stage({ reader, second: reader, writer }, news);
  stage.play("reader", (context) => context.channelSubscribe(context.needs.news!, 4));
  stage.play("second", (context) => context.channelSubscribe(context.needs.news!, 0x20));
  stage.play("writer", put(1));
  expect(stage.look("reader")).toMatchObject([{ delivery: Delivery.notification, bits: 4 }]);
  expect(stage.look("second")).toMatchObject([{ delivery: Delivery.notification, bits: 0x20 }]);
  stage.play("reader", (context) => context.channelSubscribe(context.needs.news!, 0));
  stage.play("second", (context) => context.exit());
  stage.play("writer", put(2));
  expect([...stage.look("reader"), ...stage.look("second")]).toEqual([]);
  expect(stage.record("channels", 0)).toMatchObject({ subscribers: 0, count: 2 });
});

test("nobody is notified of a message that found no room", () => {
  const stage = new Stage({ reader, writer }, news);
  for (let n = 0; n < 3; n++) stage.play("writer", put(n));
  stage.play("reader", (context) => context.channelSubscribe(context.needs.news!, 4));
  expect(stage.play("writer", put(4))).toBe(Errno.channelFull);
  expect(stage.look("reader")).toEqual([]);
});

test("each end has its own right, and a channel is no endpoint", () => {
  const stage = new Stage({ reader: { needs: { ...reader.needs, target: "endpoint" }, grants: { ...reader.grants, target: "server.requests" } }, writer, server: { receives: ["requests"] } }, news);
  expect(stage.play("reader", put(1))).toBe(Errno.permissionDenied);
  expect(stage.play("writer", take)).toBe(Errno.permissionDenied);
  expect(stage.play("writer", (context) => context.channelSubscribe(context.needs.news!, 1))).toBe(Errno.permissionDenied);
  expect(stage.play("writer", (context) => context.send(context.needs.news!, 1))).toBe(Errno.invalidCapability);
  expect(stage.play("writer", (context) => context.call(context.needs.news!, 1))).toBe(Errno.invalidCapability);
  expect(stage.play("reader", (context) => context.channelReceive(context.needs.target!, context.outgoing))).toBe(Errno.permissionDenied);
  expect(stage.play("reader", (context) => context.channelSend(context.needs.target!, 1))).toBe(Errno.invalidCapability);
  expect(stage.record("channels", 0)).toMatchObject({ sent: 0, dropped: 0 });
});

test("a channel outlives those who use it", () => {
  const stage = new Stage({ reader, writer }, news);
  stage.play("writer", put(7));
  stage.play("writer", (context) => context.exit());
  expect([stage.play("reader", take), stage.play("reader", take)]).toEqual([7, Errno.channelEmpty]);
});

test("a message is taken to a place in the process's own memory, or the process is stopped", () => {
  for (const at of [4, -8, 512, 2 ** 40]) {
    const stage = new Stage({ reader, writer }, news);
    stage.play("writer", put(1));
    stage.play("reader", (context) => context.channelReceive(context.needs.news!, at as Address<"SmallMessage">));
    expect(stage.machine.report().processes[0]!.fault).toMatch(/reached outside/);
    expect(stage.record("channels", 0)).toMatchObject({ count: 1 });
  }
});

test("what a manifest says wrongly about channels", () => {
  const line = { service: echo, priority: "userNormal", arenaBytes: 4096 } as const;
  const problemsOf = (channels: Record<string, { capacity?: number }>): string => {
    try {
      boot({ ...processesOnly({ a: line }, true), channels });
      return "";
    } catch (error) {
      return (error as Error).message.replace("manifest test: ", "");
    }
  };
  const most = tinyKernelLimits.channelCapacity;
  expect(problemsOf({ a: {}, b: { capacity: 1 }, c: { capacity: most }, d: {} })).toBe("");
  expect(problemsOf({ a: {}, b: {}, c: {}, d: {}, e: {} })).toBe("channels: 5 are named, the limit is 4");
  for (const capacity of [0, most + 1, 1.5]) expect(problemsOf({ a: { capacity } })).toBe(`channels.a.capacity: ${capacity} messages; expected 1 to ${most}`);
  expect(problemsOf({ "A B": {} })).toMatch(/^channels\.A B: a name is/);
});
