/** The machines that can be chosen by name. */

import type { MachineModel } from "./model.ts";
import { standard } from "./standard.ts";
import { tiny } from "./tiny.ts";

export const MACHINES: readonly MachineModel[] = Object.freeze([standard, tiny]);

export { standard, tiny };
