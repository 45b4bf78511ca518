/** Keys of the transport balancer: vip, backend. Virtual IPs are built beside those in force, in `attemptTransport`. */

import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { judgeUpstream } from "../config.ts";
import { LbErrno } from "../control.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { vipAdd, vipAt, vipFind, vipGroup, vipWanted } from "../l4.ts";
import { Semantics } from "../policy.ts";
import { judgeTarget, judgeVipName, literalFamily } from "./address.ts";
import { configEntry } from "./entry.ts";
import { addBackendTo, judgeAlgorithm } from "./groups.ts";
import { ConfigLine, TextSpan, fault } from "./line.ts";
import type { ConfigLineAddress } from "./line.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { ALGORITHM_NAMES, partsOpen, takeRest } from "./value.ts";

/** `first` is the address, vipPort the port, `algorithm` the algorithm. */
export const vip = configEntry({
  name: "vip",
  missing: "vip requires addr:port:algorithm",
  words: Object.freeze(ALGORITHM_NAMES.map((entry) => entry.name)),
  judge: judgeVip,
  build: checkVip,
});

/** `first` and vipPort are the virtual IP, the rest as judgeTarget() says. */
export const backend = configEntry({
  name: "backend",
  missing: "backend requires vip_address:vip_port:address:port",
  judge(memory, line, source) {
    partsOpen(memory, line);
    const problem = judgeVipName(memory, line, source);
    return problem !== 0 ? problem : judgeTarget(memory, line, source);
  },
  build: addBackend,
});

/** Upstream's grammar and errors; under semantics=strict the address is an IP literal, in brackets if it is IPv6. */
function judgeVip(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const strict = ConfigLine.semantics.get(memory, line) === Semantics.strict;
  if (!strict) {
    const problem = judgeUpstream(memory, line, source);
    ConfigLine.vipPort.set(memory, line, ConfigLine.port.get(memory, line));
    // Upstream does not know more algorithms than its own; we can say what this one needs.
    return problem === ConfigProblem.unknownAlgorithm ? judgeAlgorithm(memory, line, source, ConfigLine.third.at(line)) : problem;
  }
  partsOpen(memory, line);
  const problem = judgeVipName(memory, line, source);
  if (problem !== 0) return problem;
  const address = ConfigLine.first.at(line);
  if (literalFamily(memory, line, source, address) === 0) return fault(memory, line, address, ConfigProblem.invalidAddress);
  takeRest(memory, line, ConfigLine.third.at(line));
  return judgeAlgorithm(memory, line, source, ConfigLine.third.at(line));
}

/** Makes the virtual IP that the present line names, so that backends may stand before it. 0 or outOfMemory; all other problems are left to checkVip(). */
export function createVip(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const problem = judgeVip(memory, line, shared);
  if (problem !== 0 && problem !== ConfigProblem.unknownAlgorithm && problem !== ConfigProblem.needsStrict) return 0;
  const transport = Balancer.attemptTransport.at(balancer);
  const wanted = Balancer.wantedVip.at(balancer);
  wantVip(memory, balancer);
  const added = vipAdd(heap, limits, transport, wanted, shared, problem === 0 ? ConfigLine.algorithm.get(memory, line) : 0);
  if (added < 0) return added === Errno.outOfMemory ? added : 0;
  const made = vipGroup(memory, vipAt(memory, transport, vipFind(memory, transport, wanted, shared)));
  Group.line.set(memory, made, ConfigLine.line.get(memory, line));
  return 0;
}

/** The virtual IP of this line was made by createVip(), unless another line's has its address and port or there was no room. */
function checkVip(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const address = ConfigLine.first.at(line);
  const found = vipNamed(memory, balancer, shared);
  if (found === 0) return TextSpan.bytes.get(memory, address) > limits.textBytesMax ? Errno.messageTooLarge : LbErrno.tableFull;
  return Group.line.get(memory, found) === ConfigLine.line.get(memory, line) ? 0 : fault(memory, line, address, ConfigProblem.duplicateVip);
}

function addBackend(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const line = Balancer.line.at(balancer);
  const found = vipNamed(heap.memory, balancer, shared);
  return found === 0 ? fault(heap.memory, line, ConfigLine.first.at(line), ConfigProblem.unknownVip) : addBackendTo(heap, limits, balancer, shared, found);
}

/** The group of the virtual IP under construction that `first` and vipPort of the present line name, or 0. */
export function vipNamed(memory: Memory, balancer: BalancerAddress, shared: Memory): GroupAddress | 0 {
  const transport = Balancer.attemptTransport.at(balancer);
  wantVip(memory, balancer);
  const index = vipFind(memory, transport, Balancer.wantedVip.at(balancer), shared);
  return index < 0 ? 0 : vipGroup(memory, vipAt(memory, transport, index));
}

function wantVip(memory: Memory, balancer: BalancerAddress): void {
  const line = Balancer.line.at(balancer);
  const address = ConfigLine.first.at(line);
  vipWanted(memory, Balancer.wantedVip.at(balancer), TextSpan.at.get(memory, address), TextSpan.bytes.get(memory, address), ConfigLine.vipPort.get(memory, line));
}
