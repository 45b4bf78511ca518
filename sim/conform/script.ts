/**
 * Conformance scripts: operations on the load balancer with the result that the reference gave for each. One file, one
 * script, starting from a fresh balancer.
 */

export interface ScriptBackend {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly healthy: boolean;
  readonly active_connections: number;
}

/** Name and value. */
export type ScriptHeader = readonly [string, string];

export interface ScriptRoute {
  readonly path_prefix: string;
  readonly host: string;
  readonly headers: readonly ScriptHeader[];
  readonly backend_group: string;
}

export type Operation =
  | { readonly op: "new" }
  | { readonly op: "add_group"; readonly name: string; readonly algorithm: string; readonly backends: readonly ScriptBackend[] }
  | { readonly op: "add_rule"; readonly routes: readonly ScriptRoute[]; readonly default_backend: string }
  | { readonly op: "route"; readonly path: string; readonly host: string; readonly headers: readonly ScriptHeader[] }
  | { readonly op: "set_defaults"; readonly rps: number; readonly burst: number }
  | { readonly op: "rate"; readonly client: string; readonly tick: number }
  | { readonly op: "sticky_set"; readonly session: string; readonly index: number }
  | { readonly op: "sticky_get"; readonly session: string }
  | { readonly op: "counts" }
  | { readonly op: "dump_group"; readonly name: string }
  | { readonly op: "parse"; readonly text: string }
  | TransportOperation
  | PartOperation;

interface ScriptVip {
  readonly vip: string;
  readonly port: number;
}

export type TransportOperation =
  | { readonly op: "health_check" | "dump" }
  | (ScriptVip & { readonly op: "remove_vip" | "get_vip" })
  | (ScriptVip & { readonly op: "add_vip"; readonly algorithm: string })
  | (ScriptVip & { readonly op: "add_backend"; readonly backend: ScriptBackend })
  | (ScriptVip & { readonly op: "remove_backend"; readonly address: string })
  | (ScriptVip & { readonly op: "set_health"; readonly address: string; readonly healthy: boolean })
  | (ScriptVip & { readonly op: "select"; readonly client_ip: number });

export type PartOperation =
  | { readonly op: "bucket_new"; readonly id: string; readonly rps: number; readonly burst: number }
  | { readonly op: "bucket_allow"; readonly id: string; readonly tick: number }
  | { readonly op: "bucket_get" | "session_count" | "group_select" | "group_dump" | "group_install"; readonly id: string }
  | { readonly op: "session_new"; readonly id: string; readonly cookie_name: string }
  | { readonly op: "session_set"; readonly id: string; readonly session: string; readonly index: number }
  | { readonly op: "session_get" | "session_remove"; readonly id: string; readonly session: string }
  | { readonly op: "group_new"; readonly id: string; readonly name: string; readonly algorithm: string; readonly backends: readonly ScriptBackend[] }
  | { readonly op: "group_push"; readonly id: string; readonly backend: ScriptBackend }
  | { readonly op: "group_patch"; readonly id: string; readonly index: number; readonly healthy?: boolean; readonly active_connections?: number }
  | { readonly op: "group_set_algorithm"; readonly id: string; readonly algorithm: string }
  | { readonly op: "route_matches"; readonly route: ScriptRoute; readonly path: string; readonly host: string; readonly headers: readonly ScriptHeader[] };

export type Result = { readonly ok: unknown } | { readonly err: string; readonly arg?: string };

export interface Script {
  readonly name: string;
  /** "l7", "l7-parts", "l4" or "config". */
  readonly kind: string;
  readonly description: string;
  readonly ops: readonly Operation[];
  /** results[i] belongs to ops[i]. */
  readonly results: readonly Result[];
}
