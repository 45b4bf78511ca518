import { expect, test } from "vitest";
import { u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { boot } from "../../../kernel/boot.ts";
import { KernelChoice } from "../../../kernel/crossing.ts";
import { service } from "../../../kernel/service.ts";
import { KernelTrace } from "../../../kernel/trace-kinds.ts";
import { processesOnly } from "../bench-services.ts";

/** Runs three times, and is ready in between. */
const busy = service({
  name: "busy",
  state: layout("BusyState", { runs: u32 }),
  handle: (_message, context) => {
    context.state.runs += 1;
    if (context.state.runs < 3) context.notifySelf(1);
  },
});

/** The processes in the order in which they ran; `choose` decides, and is asked only where the machine is told so. */
function order(choose: (site: number, entity: number, n: number) => number, crashes: boolean): number[] {
  const ran: number[] = [];
  const line = (priority: "userHigh" | "userNormal") => ({ service: busy, priority, arenaBytes: 512 });
  const manifest = processesOnly({ a: line("userNormal"), b: line("userHigh"), c: line("userNormal"), d: line("userNormal") });
  const machine = boot(manifest, { choose, crashes, probe: (kind, process) => {
    if (kind === KernelTrace.dispatch) ran.push(process);
  } });
  machine.runUntilQuiet(10);
  return ran;
}

const SCHEDULED = [1, 1, 1, 0, 2, 3, 0, 2, 3, 0, 2, 3];

test("0 is the scheduler's choice, and nobody is asked where one is ready alone or chance may do no harm", () => {
  const asked: (readonly number[])[] = [];
  const benign = order((site, entity, n) => {
    if (site === KernelChoice.runs) asked.push([entity, n]);
    return 0;
  }, true);
  expect(benign).toEqual(SCHEDULED);
  expect(asked).toEqual([4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 2].map((n) => [0, n]));
  expect(order((site) => (site === KernelChoice.runs ? 1 : 0), false)).toEqual(SCHEDULED);
});

test.each([
  [1, 0],
  [2, 2],
  [3, 3],
])("answer %d: the k-th of the others by process number, whatever its priority", (answer, process) => {
  let asked = 0;
  const ran = order((site) => (site === KernelChoice.runs && asked++ === 0 ? answer : 0), true);
  expect(ran[0]).toBe(process);
  expect(ran.slice(1, 4)).toEqual([1, 1, 1]);
  expect([...ran].sort()).toEqual([...SCHEDULED].sort());
});

test("always the last of all: each process still gets all its runs", () => {
  expect(order((site, _entity, n) => (site === KernelChoice.runs ? n - 1 : 0), true)).toEqual([3, 3, 3, 2, 2, 2, 0, 0, 0, 1, 1, 1]);
});
