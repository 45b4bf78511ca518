/** A receiver asks whether a large message's payload is still what its sender summed up. */

import type { Address } from "../../hal/field.ts";
import { Right } from "../capability/right.ts";
import { Cost } from "../costs.ts";
import { cross, refuse } from "../crossing.ts";
import { Errno } from "../errno.ts";
import { grantedRegion, isSpan } from "../granted.ts";
import type { Kernel } from "../kernel.ts";
import { LargeMessage, LargeMessageHeader, MessageFlag, SmallMessage, payloadChecksum } from "../message.ts";
import { ProcessRecord } from "../process.ts";
import { RegionKind, RegionRecord } from "../region.ts";

/**
 * 0 if the large message in the process's registers, whose region `grant` maps, has no checksum or the right one; else
 * invalidMessage: it is no large message, lies in another region, or its payload was changed since it was announced.
 */
export function checkPayload(kernel: Kernel, process: number, grant: number): number {
  const { ram } = kernel;
  const registers = ProcessRecord.registers.at(kernel.processes.at(process));
  const index = grantedRegion(kernel, process, grant, Right.read, RegionKind.plain);
  const region = kernel.regions.at(index);
  const offset = SmallMessage.data1.low(ram, registers);
  const payloadBytes = SmallMessage.data2.low(ram, registers);
  const large = (SmallMessage.flags.get(ram, registers) & MessageFlag.large) !== 0 && SmallMessage.data0.low(ram, registers) === index;
  if (!large || !isSpan(offset, LargeMessage.size + payloadBytes, RegionRecord.regionBytes.get(ram, region))) return refuse(kernel, process, Errno.invalidMessage, index);
  const at = (RegionRecord.base.get(ram, region) + offset) as Address<"LargeMessage">;
  const checksum = LargeMessageHeader.checksum.get(ram, LargeMessage.header.at(at));
  cross(kernel, process, Cost.checksum + (checksum === 0 ? 0 : payloadBytes >> 3));
  const right = checksum === 0 || payloadChecksum(ram, at + LargeMessage.size, payloadBytes) === checksum;
  return right ? Errno.ok : refuse(kernel, process, Errno.invalidMessage, index);
}
