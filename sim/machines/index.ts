/** The machines that can be chosen by name. */

import type { MachineModel } from "./model.ts";
import { large } from "./large.ts";
import { standard } from "./standard.ts";
import { tiny } from "./tiny.ts";

export const MACHINES: readonly MachineModel[] = Object.freeze([standard, tiny, large]);

export { large, standard, tiny };
