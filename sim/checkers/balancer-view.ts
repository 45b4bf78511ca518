/** The load balancer's records, as they lie in its arena between two steps: for checkers that look into them. */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../kernel/collections/byte-string.ts";
import { Balancer } from "../../services/lb/balancer.ts";
import type { BalancerAddress } from "../../services/lb/balancer.ts";
import { Connection, ConnectionTable } from "../../services/lb/connection/records.ts";
import type { ConnectionAddress } from "../../services/lb/connection/records.ts";
import { Backend } from "../../services/lb/group/backend.ts";
import type { BackendAddress } from "../../services/lb/group/backend.ts";
import { Group, groupBackend, groupBackendCount } from "../../services/lb/group/group.ts";
import type { GroupAddress } from "../../services/lb/group/group.ts";
import { Policy, Semantics } from "../../services/lb/policy.ts";
import { Routing } from "../../services/lb/routing/routing-record.ts";
import { addressPortText } from "../address-text.ts";
import type { World } from "../world.ts";
import { ownMemory } from "./places.ts";

export class BalancerView {
  readonly memory: Memory;
  readonly at: BalancerAddress;

  private constructor(memory: Memory, at: BalancerAddress) {
    this.memory = memory;
    this.at = at;
    Object.freeze(this);
  }

  /** Null where the machine has no load balancer. */
  static of({ machine }: World): BalancerView | null {
    const own = machine.manifest.processes["lb"] === undefined ? null : ownMemory(machine, "lb");
    return own === null ? null : new BalancerView(own.memory, own.state as BalancerAddress);
  }

  isStrict(): boolean {
    return Policy.semantics.get(this.memory, Balancer.policy.at(this.at)) === Semantics.strict;
  }

  /** Groups in order of creation: decisions name them by their position. */
  groups(): GroupAddress[] {
    const groups: GroupAddress[] = [];
    const count = Routing.groupCount.get(this.memory, Balancer.routing.at(this.at));
    let group = Routing.firstGroup.get(this.memory, Balancer.routing.at(this.at)) as GroupAddress;
    for (; group !== 0 && groups.length < count; group = Group.next.get(this.memory, group) as GroupAddress) groups.push(group);
    return groups;
  }

  name(group: GroupAddress): string {
    return this.text(Group.name.get(this.memory, group));
  }

  backends(group: GroupAddress): BackendAddress[] {
    const count = groupBackendCount(this.memory, group);
    return Array.from({ length: count }, (_, position) => groupBackend(this.memory, group, position));
  }

  /** "10.30.0.1:8080". */
  backendName(backend: BackendAddress): string {
    return addressPortText(this.text(Backend.address.get(this.memory, backend)), Backend.port.get(this.memory, backend));
  }

  /** Connections that are open. */
  connections(): ConnectionAddress[] {
    const table = Balancer.connections.at(this.at);
    const slots = ConnectionTable.slots.get(this.memory, table);
    const count = slots === 0 ? 0 : ConnectionTable.slotCount.get(this.memory, table);
    const all = Array.from({ length: count }, (_, slot) => (slots + slot * Connection.size) as ConnectionAddress);
    return all.filter((connection) => Connection.open.get(this.memory, connection) !== 0);
  }

  /** The bytes of a ByteString, one code point each; empty for none. */
  text(at: number): string {
    if (at === 0) return "";
    const string = at as Address<"ByteString">;
    const from = byteStringBytes(this.memory, string);
    return String.fromCharCode(...this.memory.u8.subarray(from, from + byteStringLength(this.memory, string)));
  }
}
