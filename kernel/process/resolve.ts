/** From the words of a manifest to what the kernel grants: for each need the object's type and number, and the rights. */

import { EndpointRight, ObjectType, Right, TIMER_OBJECT } from "../capability.ts";
import { endpointName } from "../ipc/manifest-lines.ts";
import type { Manifest, ProcessLine } from "../manifest.ts";
import type { NeedKind } from "../service.ts";
import type { ProcessGrant } from "./grants.ts";
import { PROCESS_RIGHTS } from "./grants.ts";

/** Names in the order of the kernel's tables. */
export interface ObjectNames {
  readonly endpoints: readonly string[];
  readonly regions: readonly string[];
}

/** The grants of one process, in the order of its service's needs. The manifest has been checked. */
export function resolveGrants(manifest: Manifest, line: ProcessLine, names: ObjectNames): readonly ProcessGrant[] {
  return Object.freeze(
    Object.entries(line.service.needs).map(([need, kind]) => {
      const { objectType, object, rights } = objectOf(manifest, names, kind, line.grants?.[need] ?? "");
      const added = (line.rights?.[need] ?? []).reduce((sum, name) => sum | Right[name], 0);
      return Object.freeze({ objectType, object, rights: rights | added });
    }),
  );
}

/** The endpoint that a process receives from under this name, its own or another's. */
function endpointNumber(manifest: Manifest, names: ObjectNames, grant: string): number {
  const [process, endpoint] = grant.split(".");
  return names.endpoints.indexOf(endpointName(manifest, process, endpoint));
}

/** Channels are numbered after the endpoints. */
function channelNumber(manifest: Manifest, names: ObjectNames, grant: string): number {
  return names.endpoints.length + Object.keys(manifest.channels ?? {}).indexOf(grant);
}

function objectOf(manifest: Manifest, names: ObjectNames, kind: NeedKind, grant: string): ProcessGrant {
  const device = manifest.devices.findIndex((config) => config.name === grant);
  const region = names.regions.indexOf(grant);
  switch (kind) {
    case "endpoint":
      return { objectType: ObjectType.endpoint, object: endpointNumber(manifest, names, grant), rights: EndpointRight.send };
    case "channel:send":
      return { objectType: ObjectType.endpoint, object: channelNumber(manifest, names, grant), rights: EndpointRight.send };
    case "channel:receive":
      return { objectType: ObjectType.endpoint, object: channelNumber(manifest, names, grant), rights: EndpointRight.receive | EndpointRight.bind };
    case "region:read":
    case "buffers:read":
      return { objectType: ObjectType.memory, object: region, rights: Right.read };
    case "region:write":
    case "buffers:write":
      return { objectType: ObjectType.memory, object: region, rights: Right.read | Right.write };
    case "device":
      return { objectType: ObjectType.device, object: device, rights: Right.read | Right.write };
    case "interrupt":
      return { objectType: ObjectType.interrupt, object: device + 1, rights: EndpointRight.bind };
    case "timer":
      return { objectType: ObjectType.device, object: TIMER_OBJECT, rights: Right.read | Right.write };
    case "process":
      return { objectType: ObjectType.process, object: Object.keys(manifest.processes).indexOf(grant), rights: PROCESS_RIGHTS };
  }
}
