/** Goal: a name gives the right that was published under it, to whoever asks, for as long as it is published, and nothing else. */

import { expect, test } from "vitest";
import { u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { Errno } from "../../../kernel/errno.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { echo } from "../../../services/examples/echo.ts";
import { NameOpcode } from "../../../services/examples/name-server-api.ts";
import { nameServer } from "../../../services/examples/name-server.ts";
import { VisitEnd, VisitorOpcode } from "../../../services/examples/visitor-api.ts";
import { visitor } from "../../../services/examples/visitor.ts";
import { textWords } from "../../../sim/examples/example.ts";
import type { Answer, Bench } from "../../../sim/prototype.ts";
import { prototype } from "../../../sim/prototype.ts";

const EXIT = 77;

/** Answers its first word times `by`, and ends when it is told to. */
const multiplier = service({
  name: "multiplier",
  state: layout("MultiplierState", { answered: u32 }),
  receives: ["requests"],
  parameters: { by: 1 },
  handle(message, context) {
    if (message.delivery !== Delivery.message) return;
    context.reply(0, message.data0 * context.parameters.by);
    if (message.opcode === EXIT) context.exit();
  },
});

const RIGHTS = ["grant", "revoke", "delete"] as const;

function bench(namesMax = 8, visitors = 1): Bench {
  return prototype({
    twice: { service: multiplier, parameters: { by: 2 } },
    thrice: { service: multiplier, parameters: { by: 3 } },
    names: {
      service: nameServer(2) as never,
      arenaBytes: 4096,
      grants: { published0: "twice.requests", published1: "thrice.requests" },
      rights: { published0: RIGHTS, published1: RIGHTS },
      parameters: { namesMax },
    },
    ...Object.fromEntries(Array.from({ length: visitors }, (_, index) => [`visitor${index}`, { service: visitor, grants: { names: "names.lookups" } }])),
  });
}

const publish = (on: Bench, publisher: number, operation: "register" | "unregister", name: string): number => on.call(`names.publisher${publisher}`, NameOpcode[operation], ...textWords(name)).status;

function visit(on: Bench, name: string, number: number, who = 0): Partial<Answer> {
  expect(on.call(`visitor${who}.requests`, VisitorOpcode.visit, ...textWords(name), number).status).toBe(Errno.ok);
  return on.call(`visitor${who}.requests`, VisitorOpcode.ask);
}

function again(on: Bench, number: number, who = 0): Partial<Answer> {
  expect(on.call(`visitor${who}.requests`, VisitorOpcode.again, 0, 0, number).status).toBe(Errno.ok);
  return on.call(`visitor${who}.requests`, VisitorOpcode.ask);
}

const answered = (number: number): Partial<Answer> => ({ status: 0, data0: VisitEnd.answered, data1: 0, data2: number });
const refused = (errno: number): Partial<Answer> => ({ status: 0, data0: VisitEnd.refused, data1: -errno });
const notFound: Partial<Answer> = { status: 0, data0: VisitEnd.notFound, data1: -Errno.notFound };

test("names lead to those who published them; several names may lead to one", () => {
  const on = bench();
  expect([publish(on, 0, "register", "twice"), publish(on, 1, "register", "thrice"), publish(on, 0, "register", "double")]).toEqual([0, 0, 0]);
  expect(publish(on, 0, "register", "twice")).toBe(Errno.ok);
  for (const [name, result] of [["twice", 10], ["thrice", 15], ["double", 10], ["twice", 10]] as const) expect(visit(on, name, 5)).toMatchObject(answered(result));
  for (const name of ["twic", "twicee", "", "TWICE"]) expect(visit(on, name, 5)).toMatchObject(notFound);
});

test("without a look-up there is no right", () => {
  expect(again(bench(), 5)).toMatchObject(refused(Errno.invalidCapability));
});

test("a name belongs to its publisher: nobody else takes it or gives it up", () => {
  const on = bench();
  expect(publish(on, 0, "register", "sum")).toBe(Errno.ok);
  expect([publish(on, 1, "register", "sum"), publish(on, 1, "unregister", "sum"), publish(on, 0, "unregister", "other")]).toEqual([Errno.resourceBusy, Errno.permissionDenied, Errno.notFound]);
  expect(visit(on, "sum", 4)).toMatchObject(answered(8));
  expect([publish(on, 0, "unregister", "sum"), publish(on, 1, "register", "sum")]).toEqual([0, 0]);
  expect(visit(on, "sum", 4)).toMatchObject(answered(12));
});

test("giving a name up takes back what was handed out, from everybody, and from nobody else", () => {
  const on = bench(8, 3);
  publish(on, 0, "register", "twice");
  publish(on, 1, "register", "thrice");
  expect([visit(on, "twice", 1, 0), visit(on, "twice", 1, 1), visit(on, "thrice", 1, 2)]).toMatchObject([answered(2), answered(2), answered(3)]);
  expect(publish(on, 0, "unregister", "twice")).toBe(Errno.ok);
  expect([again(on, 2, 0), again(on, 2, 1), again(on, 2, 2)]).toMatchObject([refused(Errno.invalidCapability), refused(Errno.invalidCapability), answered(6)]);
  expect(publish(on, 0, "register", "twice")).toBe(Errno.ok);
  expect(again(on, 2, 0)).toMatchObject(refused(Errno.invalidCapability));
  expect(visit(on, "twice", 2, 0)).toMatchObject(answered(4));
});

test("a publisher's end frees its names", () => {
  const on = bench();
  publish(on, 0, "register", "a");
  publish(on, 0, "register", "b");
  publish(on, 1, "register", "c");
  expect(visit(on, "a", 1)).toMatchObject(answered(2));
  on.call("twice.requests", EXIT);
  expect([visit(on, "a", 1), visit(on, "b", 1), visit(on, "c", 1)]).toMatchObject([notFound, notFound, answered(3)]);
  expect(publish(on, 1, "register", "a")).toBe(Errno.ok);
  expect(visit(on, "a", 1)).toMatchObject(answered(3));
});

test("the table of names is bounded", () => {
  const on = bench(2);
  expect(["a", "b", "c"].map((name) => publish(on, 0, "register", name))).toEqual([0, 0, Errno.resourceExhausted]);
  expect(publish(on, 0, "unregister", "a")).toBe(Errno.ok);
  expect(publish(on, 0, "register", "c")).toBe(Errno.ok);
});

test("each endpoint knows its own operations only", () => {
  const on = bench();
  for (const opcode of [NameOpcode.register, NameOpcode.unregister, 99]) expect(on.call("names.lookups", opcode, ...textWords("a")).status).toBe(Errno.invalidMessage);
  for (const opcode of [NameOpcode.lookUp, 99]) expect(on.call("names.publisher0", opcode, ...textWords("a")).status).toBe(Errno.invalidMessage);
  for (const opcode of [0, 99]) expect(on.call("visitor0.requests", opcode).status).toBe(Errno.invalidMessage);
});

test("hundreds of visits leave no rights behind: a visitor gives up what it got before", () => {
  const on = bench();
  publish(on, 0, "register", "twice");
  for (let round = 0; round < 600; round++) expect(visit(on, "twice", round)).toMatchObject(answered(2 * round));
});

test("without the right to hand a right on, a look-up finds nothing", () => {
  const on = prototype({
    echo,
    names: { service: nameServer(1) as never, grants: { published0: "echo.requests" }, parameters: { namesMax: 2 } },
    visitor0: { service: visitor, grants: { names: "names.lookups" } },
  });
  expect(publish(on, 0, "register", "echo")).toBe(Errno.ok);
  expect(visit(on, "echo", 1)).toMatchObject(notFound);
});
