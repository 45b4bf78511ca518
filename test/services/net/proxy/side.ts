/** One side of the world, played by hand: a Peer for each connection. */

import type { Address } from "../../../../hal/field.ts";
import { FlowKey } from "../../../../services/net/segment.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import type { Application } from "../../../../sim/inhabitants/application.ts";
import type { Hosts } from "../../../../sim/inhabitants/hosts.ts";
import type { Listener } from "./peer.ts";
import { Peer } from "./peer.ts";

export class Side implements Application {
  readonly peers = new Map<number, Peer>();
  readonly all: Peer[] = [];
  readonly hosts: Hosts;
  /** Owner that SYNs get: 0 refuses, -1 keeps silent. */
  accepts = 1;
  onAccept: Listener = () => undefined;
  readonly #now: () => number;

  constructor(hosts: Hosts, now: () => number) {
    this.hosts = hosts;
    this.#now = now;
  }

  accept(key: Address<"FlowKey">): number {
    return this.accepting(FlowKey.destinationPort.get(this.hosts.heap.memory, key));
  }

  accepting: (port: number) => number = () => this.accepts;

  add(connection: ConnectionAddress): Peer {
    const peer = new Peer(this.hosts, connection, this.#now);
    this.peers.set(connection, peer);
    this.all.push(peer);
    return peer;
  }

  hear(connection: ConnectionAddress, events: number): void {
    let peer = this.peers.get(connection);
    if (peer === undefined) {
      peer = this.add(connection);
      this.onAccept(peer);
    }
    peer.hear(events);
    if (peer.gone) this.peers.delete(connection);
  }

  nextCycle(): number {
    return -1;
  }

  act(): void {
    return;
  }

  quiet(): boolean {
    return true;
  }
}
