/** The standard machine with a virtio network device in place of its E1000, of one, two or four queue pairs. */

import { balancerModel } from "./balancer.ts";
import type { MachineModel, Setting } from "./model.ts";
import { standardNumbers } from "./standard.ts";

const MIB = 1024 * 1024;

function virtioModel(name: string, queuePairs: number, ramBytes: number): MachineModel {
  return balancerModel({
    ...standardNumbers,
    name,
    summary: `the standard machine with a virtio NIC of ${queuePairs === 1 ? "one queue pair" : `${queuePairs} queue pairs`}`,
    ramBytes,
    nic: Object.freeze({ kind: "virtio-net", queuePairs }),
    settings: settingsFor(queuePairs),
  });
}

/** Each further pair has its own 64 buffers posted, and up to 32 on their way out. */
function settingsFor(queuePairs: number): Readonly<Record<string, Setting>> {
  const { buffers, ...others } = standardNumbers.settings;
  const each = others["rx.posted"].value + others["tx.descriptors"].value;
  return Object.freeze({ ...others, buffers: { ...buffers, value: buffers.value + (queuePairs - 1) * each } });
}

/** A DMA buffer takes 4 KiB: 96 more of them for each further pair, and their rings. */
export const virtio = virtioModel("virtio", 1, 4 * MIB);
export const virtio2 = virtioModel("virtio-2", 2, 5 * MIB);
export const virtio4 = virtioModel("virtio-4", 4, 6 * MIB);
