import { e1000Kind } from "./e1000-kind.ts";
import { receiveCases } from "./receive-cases.ts";

receiveCases(e1000Kind);
