/**
 * The system calls: what a process asks of the kernel while its handler runs. One frozen object a process, made at boot:
 * it holds addresses, and remembers nothing. The calls themselves are in context/, by subject.
 */

import type { Address } from "../hal/field.ts";
import type { Memory } from "../hal/memory.ts";
import { Arrival } from "./arrival.ts";
import { ProcessCalls } from "./context/processes.ts";
import type { Kernel } from "./kernel.ts";
import type { ProcessPlan } from "./process-plan.ts";
import type { Context, Grant } from "./service.ts";

export class ProcessContext extends ProcessCalls implements Context {
  readonly shared: Memory;
  readonly state: Context["state"];
  readonly stateAt: Address<never>;
  readonly needs: Context["needs"];
  readonly receives: Context["receives"];
  readonly parameters: unknown;
  readonly message: Arrival;

  constructor(kernel: Kernel, plan: ProcessPlan) {
    super(kernel, plan);
    this.shared = kernel.ram;
    this.stateAt = plan.stateOffset as Address<never>;
    this.state = plan.view(this.memory, this.stateAt) as Context["state"];
    this.needs = Object.freeze(Object.fromEntries(Object.keys(plan.needs).map((name, need) => [name, need * 8 as Grant])));
    this.receives = Object.freeze(Object.fromEntries(plan.receives.map((name, position) => [name, position])));
    this.parameters = plan.parameters;
    this.message = new Arrival(kernel.ram, this.record, plan.endpoints);
    Object.freeze(this);
  }
}
