import { describe, expect, test } from "vitest";
import { boot } from "../../kernel/boot.ts";
import { Errno } from "../../kernel/errno.ts";
import { OperatorTarget } from "../../services/operator-api.ts";
import { configure, queryGroups } from "../../sim/balancer.ts";
import { configNotes, configProblems } from "../../sim/config-words.ts";
import { BUILT_IN_CONFIGURATION } from "../../sim/machines/configuration.ts";
import type { MachineChoice } from "../../sim/machines/model.ts";
import { standard, tiny } from "../../sim/machines/index.ts";
import { request } from "../../sim/operator.ts";
import { problemText } from "../../sim/problem.ts";
import type { World } from "../../sim/world.ts";
import { worldOf } from "../../sim/world.ts";

function running(choice: MachineChoice = {}, model = standard): World {
  return worldOf(boot(model.manifest(choice)));
}

describe("the balancer, asked through mailbox and operator", () => {
  test("takes a configuration and tells its groups", () => {
    const world = running();
    expect(configure(world, "group=a:wrr\nmember=a:10.0.0.1:80:3\nmember=a:[fd00::1]:81\ngroup=b:iphash\ndefault=a\n")).toMatchObject({ status: 0 });
    const { groups, status } = queryGroups(world);
    expect(status).toBe(Errno.ok);
    expect(groups).toEqual([
      {
        name: "a",
        algorithm: "WeightedRoundRobin",
        backends: [
          { address: "10.0.0.1", port: 80, weight: 3, healthy: true, activeConnections: 0, totalRequests: 0 },
          { address: "fd00::1", port: 81, weight: 1, healthy: true, activeConnections: 0, totalRequests: 0 },
        ],
      },
      { name: "b", algorithm: "IpHash", backends: [] },
    ]);
  });

  test("refuses a faulty configuration whole, and keeps the one it has", () => {
    const world = running();
    configure(world, "group=a:rr\n");
    const { status, remarks } = configure(world, "group=b:rr\nmember=c:10.0.0.1:80\n");
    expect(status).not.toBe(Errno.ok);
    expect(configProblems(remarks).map((item) => problemText(item))).toEqual(['line 2, column 8: no line defines the group "c"; expected a line group=c:ALGORITHM']);
    expect(queryGroups(world).groups.map(({ name }) => name)).toEqual(["a"]);
  });

  test("takes what has no effect, and says so", () => {
    const { status, remarks } = configure(running(), "group=a:rr\nmember=a:10.0.0.1:80\ndefault=a\nratelimit_rps=5\njust words\n");
    expect(status).toBe(Errno.ok);
    expect(configNotes(remarks).map((item) => problemText(item))).toEqual([
      'line 4, column 1: the key "ratelimit_rps" means nothing: the line is skipped; expected rate_limit_rps, perhaps',
      'line 5, column 1: the line has no "=": it is skipped; expected KEY=VALUE',
    ]);
  });

  test("the built-in configuration fits both machines and leaves nothing to remark", () => {
    for (const model of [standard, tiny]) {
      const { status, remarks } = configure(running({}, model), BUILT_IN_CONFIGURATION);
      expect([model.name, status, remarks]).toEqual([model.name, 0, []]);
    }
  });
});

describe("requests at the mailbox", () => {
  test("to nobody, or with nothing in them, are answered with an errno", () => {
    const world = running();
    expect(request(world, 99).status).toBe(Errno.notFound);
    expect(request(world, OperatorTarget.shutdown, Uint8Array.of(1)).status).toBe(Errno.invalidMessage);
  });

  test("that are larger than the mailbox wait in vain, a bounded time", () => {
    const world = running();
    expect(request(world, OperatorTarget.loadBalancer, new Uint8Array(1_000_000), 5).status).toBe(Errno.channelFull);
    expect(world.machine.tick()).toBe(5);
  });

  test("are answered by timeout when no answer comes in time", () => {
    const world = running();
    expect(request(world, OperatorTarget.shutdown, new Uint8Array(0), 0).status).toBe(Errno.timeout);
    // The late answer is not taken for the answer to the next request.
    expect(request(world, 99).status).toBe(Errno.notFound);
  });

  test("have numbers of their own that wrap", () => {
    const world = running();
    world.state.nextRequestId = 0x7fff_ffff;
    expect([request(world, 99).status, world.state.nextRequestId]).toEqual([Errno.notFound, 1]);
  });
});
