import { driverCases } from "./driver-cases.ts";
import { virtioKind } from "./virtio-kind.ts";

driverCases(virtioKind(1, "virtio"));
