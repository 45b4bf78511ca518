import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Outcome } from "../../../../services/lb/api.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { ControlOperation } from "../../../../services/lb/control.ts";
import { ALGORITHM_NAMES } from "../../../../services/lb/config/value.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { Group, groupBackend } from "../../../../services/lb/group/group.ts";
import { Route } from "../../../../services/lb/routing/route.ts";
import type { RouteAddress } from "../../../../services/lb/routing/route.ts";
import { routingRule, routingRuleCount } from "../../../../services/lb/routing/routing.ts";
import { Rule } from "../../../../services/lb/routing/rule.ts";
import { vipAt, vipCount, vipGroup } from "../../../../services/lb/l4.ts";
import { WAITING } from "../../../../services/lb/strict.ts";
import { lbStandard } from "../../../../services/limits.ts";
import { OperandWriter } from "../../../../sim/operands.ts";
import { AdmittingDesk } from "../connection/admitting.ts";

const members = (group: string, numbers: readonly number[]): string => numbers.map((i) => `member=${group}:10.0.0.${i}:80:${i % 3 === 0 ? 3 : 1}\n`).join("");
const text = (algorithm: string, numbers: readonly number[] = [1, 2, 3, 4], rest = ""): string => `semantics=strict
session=:500
group=app:${algorithm}
${members("app", numbers)}slow_start=app:20
eject=app:2:30:50
backend_max_connections=app:2
max_pending=app:3:40
health=app:10:5:3:1:2
group=other:${algorithm}
${members("other", [1, 2])}route=/shared::app@2,other@1
route=/:*.example:other
method=GET
default=app@1,other@1
rate_limit=/limited:leaky:100:2:address
${rest}`;

/** All routes, in order. */
function routes(desk: AdmittingDesk): RouteAddress[] {
  const routing = Balancer.routing.at(desk.balancer);
  const found: RouteAddress[] = [];
  for (let i = 0; i < routingRuleCount(desk.memory, routing); i++) {
    let route = Rule.firstRoute.get(desk.memory, routingRule(desk.memory, routing, i)) as RouteAddress;
    for (; route !== 0; route = Route.next.get(desk.memory, route) as RouteAddress) found.push(route);
  }
  return found;
}

const step = fc.record({
  kind: fc.constantFrom("admit", "admit", "admit", "admit", "end", "fail", "retry", "health", "advance", "told", "drain"),
  path: fc.constantFrom("/", "/shared", "/shared/x", "/limited"),
  session: fc.constantFrom(undefined, "one", "two"),
  which: fc.nat(7),
  ticks: fc.constantFrom(0, 0, 1, 3, 15),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Plays steps, and says everything that they came to. */
class Played {
  readonly desk: AdmittingDesk;
  tick = 1;
  tickets = 0;
  open: number[] = [];

  constructor(configuration: string) {
    this.desk = new AdmittingDesk(configuration, { ...lbStandard, directoryMax: 32, connectionsMax: 10, pendingMax: 4 });
  }

  /** What routes and shares have taken, as the balancer tells it. */
  hits(): Uint8Array {
    const { status, payload } = this.desk.operate(new OperandWriter().u8(ControlOperation.routeHits).u32(0).u16(500).bytes());
    expect(status).toBe(0);
    return payload;
  }

  /** Statistics of all groups and their members. */
  statistics(): unknown {
    const { desk } = this;
    const of = (layout: typeof Group | typeof Backend, at: number): string[] =>
      layout.fields.filter((field) => field.kind === "statistic").map((field) => `${field.name}=${field.show(desk.memory, at as never)}`);
    return desk.groups().map((group) => [of(Group, group), ...desk.backends(group).map((backend) => of(Backend, backend))]);
  }

  play({ kind, path, session, which, ticks }: Step): unknown {
    this.tick += ticks;
    const { desk, tick } = this;
    const at = { tick, cycle: tick * 1_000_000 };
    const group = desk.named(which % 2 === 0 ? "app" : "other");
    switch (kind) {
      case "admit": {
        const outcome = desk.admit({ path, client: [10, 1, which, 1], ...(session === undefined ? {} : { session }), ticket: ++this.tickets, ...at });
        const { position, connection } = desk.chosen;
        if (outcome === Outcome.routed) this.open.push(connection);
        return [outcome, position, connection];
      }
      case "health":
        return desk.health(group, which >> 1 & 1, which < 4, tick);
      case "drain":
        return which === 7 ? desk.drain(group, 0, tick + 20, tick) : 0;
      case "advance":
        return desk.advance(tick);
      case "told": {
        const told = desk.told().map(({ ticket, outcome, position, connection }) => [ticket, outcome, position, connection]);
        for (const [, , , connection] of told) if (connection !== 0) this.open.push(connection!);
        return told;
      }
      default: {
        const connection = this.open.shift();
        if (connection === undefined) return null;
        const status = desk.end(connection, ["end", "fail", "retry"].indexOf(kind), { ...at, latencyCycles: which * 1000 });
        if (desk.chosen.connection !== 0) this.open.push(desk.chosen.connection);
        return [status, desk.chosen.connection];
      }
    }
  }
}

describe("a reload with the same text", () => {
  const names = ALGORITHM_NAMES.map((entry) => entry.name).filter((name) => !["rr", "lc", "wrr"].includes(name));

  test.each(names)("changes nothing that anybody can see: %s", (algorithm) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.boolean()), { minLength: 20, maxLength: 60 }), (steps) => {
        const [still, reloaded] = [new Played(text(algorithm)), new Played(text(algorithm))];
        for (const [one, reload] of steps) {
          if (reload) reloaded.desk.reload(text(algorithm));
          expect(reloaded.play(one)).toEqual(still.play(one));
        }
        expect(reloaded.hits()).toEqual(still.hits());
        expect(reloaded.statistics()).toEqual(still.statistics());
        reloaded.desk.check();
        expect(reloaded.desk.usedBytes()).toBeLessThan(still.desk.usedBytes() + 400);
      }),
      { seed: 3, numRuns: 6 },
    );
  });
});

describe("a reload", () => {
  const state = (desk: AdmittingDesk, group: GroupAddress): unknown[] =>
    [0, 1, 2].map((i) => [Backend.handle, Backend.activeConnections, Backend.healthy, Backend.slowStarting, Backend.weight].map((field) => field.get(desk.memory, groupBackend(desk.memory, group, i))));

  test("keeps members wherever their lines stand, whatever their weights; new ones begin slowly, vanished ones are forgotten", () => {
    const one = (numbers: readonly number[]): string => `semantics=strict\ngroup=app:rr\n${members("app", numbers)}slow_start=app:20\ndefault=app\n`;
    const desk = new AdmittingDesk(one([1, 2, 3]));
    desk.health(desk.named("app"), 1, false, 5);
    desk.admit({ tick: 6 });
    desk.admit({ tick: 6 });
    const before = state(desk, desk.named("app"));
    const toThird = desk.chosen.connection;
    expect(before.map((one) => (one as number[])[1])).toEqual([1, 0, 1]);
    desk.reload(one([3, 9, 2]));
    const after = state(desk, desk.named("app"));
    expect([after[0], after[2]]).toEqual([before[2], before[1]]);
    expect(after[1]).toEqual([expect.any(Number), 0, 1, 1, 3]);
    expect(Group.activeConnections.get(desk.memory, desk.named("app"))).toBe(1);
    expect(desk.end(toThird, 0, { tick: 7 })).toBe(0);
    desk.check();
  });

  test("begins nobody slowly in a group that is new, and nobody when the first configuration is loaded", () => {
    const desk = new AdmittingDesk(text("rr"), lbStandard);
    desk.reload(`${text("rr")}group=fresh:rr\nslow_start=fresh:50\n${members("fresh", [1, 2, 3])}`);
    for (const name of ["app", "fresh"]) expect(state(desk, desk.named(name)).map((one) => (one as number[])[3])).toEqual([0, 0, 0]);
  });

  test("refuses who waits for a vanished group, and keeps who waits for one that stays, in order", () => {
    const two = (groups: string): string => `semantics=strict\n${groups.split("").map((name) => `group=${name}:rr\nmember=${name}:10.0.0.1:80\nmax_connections=${name}:1\nmax_pending=${name}:4:90\nroute=/${name}::${name}\n`).join("")}`;
    const desk = new AdmittingDesk(two("ab"));
    expect(["/a", "/b"].map((path) => desk.admit({ path }))).toEqual([Outcome.routed, Outcome.routed]);
    expect([1, 2, 3, 4].map((ticket) => desk.admit({ path: ticket % 2 === 1 ? "/a" : "/b", ticket }))).toEqual([WAITING, WAITING, WAITING, WAITING]);
    desk.reload(two("cb"));
    expect(desk.told().map(({ ticket, outcome }) => [ticket, outcome])).toEqual([[1, Outcome.backendGroupNotFound], [3, Outcome.backendGroupNotFound]]);
    desk.reload(two("cb").replace("max_connections=b:1", "max_connections=b:2"));
    expect(desk.told().map(({ ticket, outcome }) => [ticket, outcome])).toEqual([[2, Outcome.routed]]);
  });

  test("carries virtual IPs over by address and port", () => {
    const vips = (ports: readonly number[]): string => `semantics=strict\n${ports.map((port) => `vip=192.0.2.1:${port}:maglev\nbackend=192.0.2.1:${port}:10.0.0.1:80\n`).join("")}`;
    const desk = new AdmittingDesk(vips([1, 2]));
    const handles = (): number[] => {
      const transport = Balancer.transport.at(desk.balancer);
      return Array.from({ length: vipCount(desk.memory, transport) }, (_, i) => Backend.handle.get(desk.memory, groupBackend(desk.memory, vipGroup(desk.memory, vipAt(desk.memory, transport, i)), 0)));
    };
    const [first, second] = handles();
    desk.reload(vips([2, 3]));
    expect(handles()).toEqual([second, expect.any(Number)]);
    expect(handles()).not.toContain(first);
    desk.reload("semantics=strict\n");
    expect(handles()).toEqual([]);
    expect(desk.usedBytes()).toBe(0);
  });

  test("leaves the clients of members that stay where they are", () => {
    const of = (numbers: readonly number[]): string => `semantics=strict\ngroup=app:iphash\n${members("app", numbers)}default=app\n`;
    const desk = new AdmittingDesk(of([1, 2, 3, 4, 5, 6, 7]), lbStandard);
    const homes = (): (string | null)[] =>
      Array.from({ length: 60 }, (_, client) => {
        expect(desk.admit({ client: [10, client, 7, 1] })).toBe(Outcome.routed);
        const home = Backend.handle.get(desk.memory, desk.backends(desk.named("app"))[desk.chosen.position]!);
        desk.end(desk.chosen.connection);
        return String(home);
      });
    const before = homes();
    const gone = String(Backend.handle.get(desk.memory, desk.backends(desk.named("app"))[2]!));
    desk.reload(of([1, 2, 4, 5, 6, 7]));
    const after = homes();
    expect(after.filter((home, i) => home !== before[i] && before[i] !== gone)).toEqual([]);
    expect(before.filter((home) => home === gone).length).toBeGreaterThan(2);
  });

  test("keeps counting routes that stay, a thousand of them, with lines gone and new ones between; conditions tell them apart", () => {
    const of = (numbers: readonly number[], rest: string): string => `semantics=strict\ngroup=app:rr\n${members("app", [1])}${numbers.map((i) => `route=/${i}::app\n`).join("")}${rest}`;
    const numbers = Array.from({ length: 1000 }, (_, i) => i);
    const desk = new AdmittingDesk(of(numbers, "route=/x::app\nheader=cookie:present\nroute=/x::app\n"), lbStandard);
    const hits = (): number[] => routes(desk).map((route) => Route.hits.get(desk.memory, route));
    for (const path of ["/0", "/500", "/500", "/999", "/999", "/999", "/x"]) expect(desk.admit({ path })).toBe(Outcome.routed);
    desk.admit({ path: "/x", session: "any" });
    desk.admit({ path: "/x", session: "any" });
    expect([hits()[500], ...hits().slice(999)]).toEqual([2, 3, 2, 1]);
    desk.reload(of(numbers.filter((i) => i < 300 || i >= 500), "route=/new::app\nroute=/x::app\nroute=/x::app\nheader=Cookie:present\n"));
    expect([hits()[0], hits()[300], ...hits().slice(799)]).toEqual([1, 2, 3, 0, 1, 0]);
  });

  test("to the seed's semantics and back makes and gives back everything", () => {
    const desk = new AdmittingDesk(text("maglev"));
    desk.admit({ session: "s" });
    desk.reload("group=app:rr\nmember=app:10.0.0.1:80\ndefault=app\n");
    const plain = new AdmittingDesk("group=app:rr\nmember=app:10.0.0.1:80\ndefault=app\n");
    expect(desk.usedBytes()).toBeLessThan(plain.usedBytes() + 64);
    desk.reload(text("maglev"));
    expect(desk.admit({ session: "s" })).toBe(Outcome.routed);
    desk.run({ op: "new" });
    expect(desk.usedBytes()).toBe(0);
  });
});
