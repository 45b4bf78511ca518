/** Sizes as people write them: `4096`, `64K`, `4M`, `1G` (powers of 1024). */

const UNITS = Object.freeze({ K: 1024, M: 1024 * 1024, G: 1024 * 1024 * 1024 });

/** Bytes, or -1 if the text is no size. Fractions are none: `1.5M` is `1536K`. */
export function parseSize(text: string): number {
  const match = /^([0-9]{1,15})([KMG]?)$/.exec(text);
  if (match === null) return -1;
  const unit = match[2] === "" ? 1 : UNITS[match[2] as keyof typeof UNITS];
  const bytes = Number(match[1]) * unit;
  return Number.isSafeInteger(bytes) ? bytes : -1;
}

/** The shortest exact spelling that `parseSize` reads back: 4096 is "4K", 4097 is "4097". */
export function sizeText(bytes: number): string {
  for (const unit of ["G", "M", "K"] as const) {
    if (bytes >= UNITS[unit] && bytes % UNITS[unit] === 0) return `${bytes / UNITS[unit]}${unit}`;
  }
  return String(bytes);
}

/** For reading, rounded to one decimal: 1536 is "1.5 KiB". */
export function sizeWords(bytes: number): string {
  if (bytes < UNITS.K) return `${bytes} B`;
  const [unit, name] = bytes < UNITS.M ? [UNITS.K, "KiB"] : bytes < UNITS.G ? [UNITS.M, "MiB"] : [UNITS.G, "GiB"];
  const tenths = Math.round((bytes * 10) / unit);
  return tenths % 10 === 0 ? `${tenths / 10} ${name}` : `${Math.floor(tenths / 10)}.${tenths % 10} ${name}`;
}
