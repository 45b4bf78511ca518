/** The NIC of a world, as the entity that faults act upon: its device number. */

import type { NetworkDevice } from "../../../hal/device.ts";
import { isNetworkDevice } from "../../../hal/device.ts";
import type { World } from "../../world.ts";

/** None, or one. */
export function nicsOf({ machine, nic }: World): readonly number[] {
  const device = machine.board.device(nic);
  return device === undefined ? [] : [device.number];
}

/** What nicsOf() named. */
export function nicAt({ machine }: World, entity: number): NetworkDevice {
  const device = machine.board.devices[entity];
  if (device === undefined || !isNetworkDevice(device)) throw new RangeError(`device ${entity} is no NIC`);
  return device;
}
