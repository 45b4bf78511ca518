/**
 * Choosing a backend of a group under semantics=strict: first pickKey() says what the request is known by, then
 * groupPick() asks the group's algorithm. Nothing is counted here.
 */

import type { Memory } from "../../../hal/memory.ts";
import { KeyHash } from "../algorithm/algorithm.ts";
import { ALGORITHM_TABLE } from "../algorithm/algorithms.ts";
import { firstReference, nextReference } from "../algorithm/references.ts";
import { PickRequest } from "../algorithm/pick-request.ts";
import type { PickRequestAddress } from "../algorithm/pick-request.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { CRC32_BEGIN, crc32Byte, mixBegin, mixByte, mixWord } from "../hash.ts";
import { foldByte, headerLinesOpen, requestHeaderNext } from "../header-lines.ts";
import { RequestView } from "../request-view.ts";
import type { RequestViewAddress } from "../request-view.ts";
import { cookieValue } from "../session/cookie.ts";
import type { TextAddress } from "../text.ts";
import { Backend, BackendReference } from "./backend.ts";
import type { BackendAddress } from "./backend.ts";
import { isInService } from "./candidate.ts";
import { GroupPolicy, HashKey } from "./group-policy.ts";
import { Group, groupBackendCount } from "./group.ts";
import type { GroupAddress } from "./group.ts";

/** No backend is in service. */
export const NONE_IN_SERVICE = -1;
/** There are some, but none may take one more. */
export const ALL_FULL = -2;

/**
 * Position of the backend that takes the request, or NONE_IN_SERVICE, or ALL_FULL (or the only one left is excluded).
 * Time has been brought up to date before (health/availability.ts); `tick` is for slow start and latencies. Moves turns
 * and draws on, and counts nothing.
 */
export function groupPick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  if (Group.availableCount.get(memory, group) === 0 && Group.panicking.get(memory, group) === 0) return NONE_IN_SERVICE;
  const picked = ALGORITHM_TABLE[Group.algorithm.get(memory, group)]!.pick(memory, group, request, tick);
  if (picked >= 0) return picked;
  return someInService(memory, group) ? ALL_FULL : NONE_IN_SERVICE;
}

/** A backend of weight 0 serves nobody. */
function someInService(memory: Memory, group: GroupAddress): boolean {
  let reference = firstReference(memory, group);
  for (let i = groupBackendCount(memory, group); i > 0; i--) {
    const backend = BackendReference.backend.get(memory, reference) as BackendAddress;
    if (Backend.weight.get(memory, backend) !== 0 && isInService(memory, group, backend)) return true;
    reference = nextReference(reference);
  }
  return false;
}

/**
 * Fills Balancer.pick for a choice in that group from the request that Balancer.request describes, its bytes in `source`:
 * client and family, the key's hash if the group's algorithm wants one, nobody excluded. Moves the view's header cursor.
 */
export function pickKey(memory: Memory, balancer: BalancerAddress, group: GroupAddress, source: Memory): void {
  const pick = Balancer.pick.at(balancer);
  const request = Balancer.request.at(balancer);
  PickRequest.excluded.set(memory, pick, 0);
  PickRequest.key.set(memory, pick, 0);
  PickRequest.keyless.set(memory, pick, 0);
  PickRequest.family.set(memory, pick, RequestView.family.get(memory, request));
  memory.copy(PickRequest.client.at(pick), RequestView.client.at(request), RequestView.client.width);
  const keyHash = ALGORITHM_TABLE[Group.algorithm.get(memory, group)]!.keyHash;
  if (keyHash === KeyHash.none) return;
  const policy = Group.policy.at(group);
  const name = GroupPolicy.hashName.get(memory, policy) as TextAddress;
  switch (GroupPolicy.hashKey.get(memory, policy)) {
    case HashKey.path:
      return setKey(memory, pick, source, RequestView.pathAt.get(memory, request), RequestView.pathBytes.get(memory, request), keyHash);
    case HashKey.host:
      return setHostKey(memory, pick, request, source, keyHash);
    case HashKey.header:
      headerLinesOpen(memory, request);
      return setFoundKey(memory, pick, request, source, name !== 0 && requestHeaderNext(memory, request, source, name), keyHash);
    case HashKey.cookie:
      return setFoundKey(memory, pick, request, source, name !== 0 && cookieValue(memory, request, source, name), keyHash);
    default:
      return setClientKey(memory, pick, request, source, keyHash);
  }
}

/** The value at the view's header cursor, or nothing. */
function setFoundKey(memory: Memory, pick: PickRequestAddress, request: RequestViewAddress, source: Memory, found: boolean, keyHash: number): void {
  setKey(memory, pick, source, RequestView.valueAt.get(memory, request), found ? RequestView.valueBytes.get(memory, request) : 0, keyHash);
}

/** The address's bytes; of a client without one, its name. */
function setClientKey(memory: Memory, pick: PickRequestAddress, request: RequestViewAddress, source: Memory, keyHash: number): void {
  const family = PickRequest.family.get(memory, pick);
  if (family !== 0) return setKey(memory, pick, memory, PickRequest.client.at(pick), family === 4 ? 4 : 16, keyHash);
  const keeper = RequestView.clientKept.get(memory, request) === 0 ? source : memory;
  setKey(memory, pick, keeper, RequestView.clientAt.get(memory, request), RequestView.clientBytes.get(memory, request), keyHash);
}

const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const COLON = 0x3a;
const DOT = 0x2e;

/** The host without its port and the dot at its end: whoever writes a host differently means the same one (RFC 9110 4.2.3). */
function setHostKey(memory: Memory, pick: PickRequestAddress, request: RequestViewAddress, source: Memory, keyHash: number): void {
  const at = RequestView.hostAt.get(memory, request);
  const bytes = RequestView.hostBytes.get(memory, request);
  const last = bytes > 0 && source.u8[at] === OPENING_BRACKET ? CLOSING_BRACKET : COLON;
  let length = 0;
  while (length < bytes && source.u8[at + length] !== last) length++;
  if (last === CLOSING_BRACKET && length < bytes) length++;
  if (length > 0 && source.u8[at + length - 1] === DOT) length--;
  setKey(memory, pick, source, at, length, keyHash, true);
}

/** Hashes `bytes` bytes at `at`; `folded`: ASCII capitals as small letters. */
function setKey(memory: Memory, pick: PickRequestAddress, source: Memory, at: number, bytes: number, keyHash: number, folded = false): void {
  PickRequest.keyless.set(memory, pick, bytes === 0 ? 1 : 0);
  let hash = keyHash === KeyHash.crc32 ? CRC32_BEGIN : mixBegin(bytes, 0);
  for (let i = 0; i < bytes; i++) {
    const byte = folded ? foldByte(source.u8[at + i]) : source.u8[at + i];
    hash = keyHash === KeyHash.crc32 ? crc32Byte(hash, byte) : mixByte(hash, byte);
  }
  PickRequest.key.set(memory, pick, keyHash === KeyHash.crc32 ? ~hash : mixWord(hash));
}
