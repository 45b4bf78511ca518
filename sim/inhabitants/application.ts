/** What runs on the hosts of one side of the world: clients, or backends. All that it remembers lies in the world's arena. */

import type { Address } from "../../hal/field.ts";
import type { ConnectionAddress } from "../../services/net/tcp/api.ts";

export interface Application {
  /**
   * A SYN has come: the owner of a connection for it (above 0), 0 to refuse it, -1 to stay silent. Nobody hears of a
   * connection that never opens: let the owner stand for none in particular until it does (tcpSetOwner()).
   */
  accept(key: Address<"FlowKey">): number;
  /** Something has happened to a connection of this side: bits of TcpEvent. */
  hear(connection: ConnectionAddress, events: number): void;
  /** Cycle of the next thing it does by itself; -1 if there is none. */
  nextCycle(): number;
  /** Does what is due by `cycle`. */
  act(cycle: number): void;
  /** Whether it will do nothing any more unless somebody talks to it. */
  quiet(): boolean;
}
