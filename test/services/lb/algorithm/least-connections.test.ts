import { describe, expect, test } from "vitest";
import { Draws } from "./draws.ts";
import { Pool, endpoints } from "./pool.ts";

interface Peer {
  readonly weight: number;
  sum: number;
  connections: number;
}

/** nginx's rule, over plain objects. */
function least(peers: readonly Peer[]): number {
  const best = peers.reduce((least, peer) => (peer.connections * least.weight < least.connections * peer.weight ? peer : least));
  const tied = peers.filter((peer) => peer.connections * best.weight === best.connections * peer.weight);
  if (tied.length === 1) return peers.indexOf(best);
  for (const peer of tied) peer.sum += peer.weight;
  const chosen = tied.reduce((largest, peer) => (peer.sum > largest.sum ? peer : largest));
  chosen.sum -= tied.reduce((sum, peer) => sum + peer.weight, 0);
  return peers.indexOf(chosen);
}

describe("least connections", () => {
  test("is nginx's, as requests come and end", () => {
    const draws = new Draws(6);
    const peers: Peer[] = [3, 1, 1, 2, 7].map((weight) => ({ weight, sum: 0, connections: 0 }));
    const pool = new Pool("LeastConnections", endpoints(peers.map((peer) => peer.weight)));
    for (let i = 0; i < 20_000; i++) {
      const chosen = least(peers);
      expect(pool.pick()).toBe(chosen);
      peers[chosen]!.connections += 1;
      const ended = draws.below(peers.length);
      peers[ended]!.connections = Math.max(0, peers[ended]!.connections - draws.below(3));
      for (const index of [chosen, ended]) pool.setConnections(index, peers[index]!.connections);
    }
  });

  test("fills up to the same load for each weight", () => {
    const weights = [1, 2, 5];
    const pool = new Pool("LeastConnections", endpoints(weights));
    for (let open = 0; open < 800; open++) {
      const chosen = pool.pick();
      pool.setConnections(chosen, pool.connections(chosen) + 1);
    }
    expect(weights.map((_, i) => pool.connections(i))).toEqual([100, 200, 500]);
  });
});
