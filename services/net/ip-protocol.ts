/** Protocol numbers that both versions of IP share, and what net makes of those it does not serve. */

import { Ignored } from "./api.ts";

export const IpProtocol = Object.freeze({
  hopByHop: 0,
  icmp: 1,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  icmpv6: 58,
  destinationOptions: 60,
});

/** -Ignored for a protocol that is not TCP. */
export function refuseProtocol(protocol: number): number {
  if (protocol === IpProtocol.udp) return -Ignored.udp;
  return protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6 ? -Ignored.icmp : -Ignored.otherProtocol;
}
