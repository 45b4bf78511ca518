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
  | { readonly op: "parse"; readonly text: string };

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
