/** How a worker thread begins, from source and from what was built of it. */

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * What a worker begins with; `module` is its own, without its ending, as named in the module at `here`. From source it
 * needs a loader for TypeScript first. If it cannot begin, it says so as an answer at its `port` and its `bell`; nobody
 * hears its events, since the thread that waits for it does nothing else.
 */
export function workerBeginning(module: string, here: string): string {
  const fromSource = here.endsWith(".ts");
  const entry = JSON.stringify(new URL(`${module}.${fromSource ? "ts" : "js"}`, here).href);
  const loader = fromSource ? `import(${JSON.stringify(loaderUrl(here))}).then((loader) => loader.register())` : "Promise.resolve()";
  const lost = `(error) => { const { port, bell } = require("node:worker_threads").workerData; port.postMessage({ error: String(error?.stack ?? error) }); Atomics.add(bell, 0, 1); Atomics.notify(bell, 0); }`;
  return `${loader}.then(() => import(${entry})).catch(${lost});`;
}

function loaderUrl(here: string): string {
  return pathToFileURL(createRequire(here).resolve("tsx/esm/api").replace(/\.cjs$/, ".mjs")).href;
}
