import { driverCases } from "./driver-cases.ts";
import { e1000Kind } from "./e1000-kind.ts";

driverCases(e1000Kind);
