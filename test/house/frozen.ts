/** Finds what could still change in a value that should be fixed: unfrozen objects, however deep. */

/** Where such an object lies, as a path from `name`; views on the machine's bytes are left out when `viewsAllowed`. */
export function findUnfrozen(name: string, value: unknown, viewsAllowed: boolean, seen: Set<unknown> = new Set()): string[] {
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return viewsAllowed ? [] : [`${name}: bytes can always change`];
  if (value instanceof Map || value instanceof Set) return [`${name}: a ${value.constructor.name} can always change`];
  const own = Object.isFrozen(value) ? [] : [name];
  const inner = Object.entries(Object.getOwnPropertyDescriptors(value)).flatMap(([key, property]) => findUnfrozen(`${name}.${key}`, property.value, viewsAllowed, seen));
  return [...own, ...inner];
}
