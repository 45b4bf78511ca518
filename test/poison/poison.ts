/** Makes the host's clocks, chance and timers fail at a touch: after this, whoever asks for one of them throws. */

/** What was touched, in order, whether or not the touch was survived. */
export const touched: string[] = [];

const GLOBALS = ["Date", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "fetch", "Promise", "WeakRef", "FinalizationRegistry", "Intl", "BigInt"];

function trap(name: string): () => never {
  return function () {
    touched.push(name);
    throw new Error(`${name} was used`);
  };
}

export function poison(): void {
  for (const name of GLOBALS) Object.defineProperty(globalThis, name, { get: trap(name), configurable: false });
  Object.defineProperty(Math, "random", { value: trap("Math.random") });
  for (const name of ["now", "mark", "measure"]) Object.defineProperty(performance, name, { value: trap(`performance.${name}`) });
  for (const name of ["hrtime", "uptime", "cpuUsage", "memoryUsage", "nextTick"]) Object.defineProperty(process, name, { value: trap(`process.${name}`) });
  for (const name of ["toLocaleString", "toLocaleLowerCase", "toLocaleUpperCase", "localeCompare"]) {
    Object.defineProperty(String.prototype, name, { value: trap(name) });
  }
}
