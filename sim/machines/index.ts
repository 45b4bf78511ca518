/** The machines that can be chosen by name. */

import type { MachineModel } from "./model.ts";
import { large } from "./large.ts";
import { e1000, standard } from "./standard.ts";
import { proxy } from "./proxy.ts";
import { tiny } from "./tiny.ts";
import { tinyProxy } from "./tiny-proxy.ts";
import { virtio, virtio2, virtio4 } from "./virtio.ts";

export const MACHINES: readonly MachineModel[] = Object.freeze([standard, tiny, large, e1000, virtio, virtio2, virtio4, proxy, tinyProxy]);

export { e1000, large, proxy, standard, tiny, tinyProxy, virtio, virtio2, virtio4 };
