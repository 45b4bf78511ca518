/** Coming to hold: minting, copying, deriving, and what may be learned of what is held; through system calls. */

import { describe, expect, test } from "vitest";
import { TIMER_OBJECT } from "../../../kernel/capability.ts";
import { ALL_RIGHTS } from "../../../kernel/capability/right.ts";
import { Errno } from "../../../kernel/errno.ts";
import { FaultCode } from "../../../kernel/fault.ts";
import { RegionRecord } from "../../../kernel/region.ts";
import { ObjectKind, ObjectType, Right, identityKind, identityRights, identityType } from "../../../kernel/service.ts";
import type { HolderContext } from "./bench.ts";
import { cell, copyCell, makeBench } from "./bench.ts";
import { rightsOf, takingBench, usedBy } from "./fixture.ts";

describe("mint", () => {
  test("boot gives each need's token the rights of its kind, and those that the manifest adds", () => {
    const made = makeBench({ region: ["grant", "revoke"] });
    made.run(0, (context) => {
      const rights = (need: keyof HolderContext["needs"]): number => identityRights(context.capabilityIdentify(context.needs[need]));
      expect([rights("a"), rights("region"), rights("looked"), rights("irq")]).toEqual([Right.write, Right.read | Right.write | Right.grant | Right.revoke, Right.read, Right.execute]);
    });
  });

  test("a manifest adds only rights over the capability itself, and only to needs that there are", () => {
    expect(() => makeBench({ region: ["execute" as never] })).toThrow(/rights.region: execute; expected one of grant, revoke, delete, modify, create/);
    expect(() => makeBench({ regions: ["grant"] })).toThrow(/rights.regions: holder-0 has no such need/);
  });
});

describe("copy", () => {
  test("a copied number is the same capability: deleted once, gone twice", () => {
    const made = takingBench();
    made.run(0, (context) => {
      context.capabilityDerive(context.needs.region, ALL_RIGHTS, cell(context, 0));
      copyCell(context, cell(context, 0), cell(context, 1));
      const used = usedBy(made, 0);
      expect(context.capabilityDelete(cell(context, 1))).toBe(0);
      expect(usedBy(made, 0)).toBe(used - 1);
      expect(context.capabilityDelete(cell(context, 0))).toBe(Errno.invalidCapability);
    });
  });
});

describe("derive", () => {
  test("the child has those of the asked rights that its source has", () => {
    const made = takingBench();
    made.run(0, (context) => expect(context.capabilityDerive(context.needs.region, Right.read | Right.execute, cell(context, 0))).toBe(0));
    expect(rightsOf(made, 0, 0)).toBe(Right.read);
  });

  test("without a right left nothing is made, and rights are a byte", () => {
    const made = takingBench();
    made.run(0, (context) => {
      expect(context.capabilityDerive(context.needs.region, Right.execute, cell(context, 0))).toBe(Errno.permissionDenied);
      expect(context.capabilityDerive(context.needs.region, 0, cell(context, 0))).toBe(Errno.permissionDenied);
      for (const rights of [256, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
        expect(context.capabilityDerive(context.needs.region, rights, cell(context, 0))).toBe(Errno.invalidArgument);
        expect(context.capabilityRestrict(context.needs.region, rights)).toBe(Errno.invalidArgument);
      }
      expect(context.memory.i32[cell(context, 0) >> 2]).toBe(0);
    });
  });

  test("a derived token does what its source does, as far as its rights go", () => {
    const made = takingBench();
    made.run(0, (context) => {
      context.capabilityDerive(context.needs.region, Right.read, cell(context, 0));
      expect(context.span(cell(context, 0), 0, 256)).toBe(context.span(context.needs.region, 0, 256));
      context.capabilityDerive(context.needs.b, Right.write, cell(context, 1));
      expect(context.send(cell(context, 1), 1)).toBe(0);
      context.spanForWriting(cell(context, 0), 0, 1);
    }, true);
    expect(made.machine.inspect("processes", 0)).toMatchObject({ faultCode: FaultCode.readOnly });
  });
});

describe("identity", () => {
  test("says type, kind and rights of what is held", () => {
    const made = makeBench({});
    made.run(0, (context) => {
      const of = (need: keyof HolderContext["needs"]): number[] => {
        const identity = context.capabilityIdentify(context.needs[need]);
        return [identityType(identity), identityKind(identity), identityRights(identity)];
      };
      expect(of("a")).toEqual([ObjectType.endpoint, 0, Right.write]);
      expect(of("region")).toEqual([ObjectType.memory, ObjectKind.plain, Right.read | Right.write]);
      expect(of("pool")).toEqual([ObjectType.memory, ObjectKind.buffers, Right.read | Right.write]);
      expect(of("box")).toEqual([ObjectType.device, ObjectKind.plain, Right.read | Right.write]);
      expect(of("ticks")).toEqual([ObjectType.device, ObjectKind.timer, Right.read | Right.write]);
      expect(of("irq")).toEqual([ObjectType.interrupt, 0, Right.execute]);
    });
    expect(TIMER_OBJECT).toBe(0xff);
  });

  test("says of two regions the same: which object it is, is not told", () => {
    const made = makeBench({});
    made.run(0, (context) => expect(context.capabilityIdentify(context.needs.a)).toBe(context.capabilityIdentify(context.needs.b)));
  });

  test("a region that was given up since is nobody's", () => {
    const made = makeBench({});
    RegionRecord.epoch.add(made.kernel.ram, made.kernel.regions.at(0), 1);
    made.run(0, (context) => expect(context.capabilityIdentify(context.needs.region)).toBe(Errno.invalidCapability));
  });
});
