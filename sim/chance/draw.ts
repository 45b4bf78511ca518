/**
 * A draw is a hash of who asks for what the how-manieth time: there is no stream of random numbers that one more question
 * would shift. Whole numbers only, the same on every host.
 */

/** 32 bits from four words; mixing constants after MurmurHash3 (Appleby, public domain). */
export function drawWord(seed: number, site: number, entity: number, ordinal: number): number {
  let word = mix(seed ^ 0x9e37_79b9);
  word = mix(word ^ Math.imul(site, 0x85eb_ca6b));
  word = mix(word ^ Math.imul(entity, 0xc2b2_ae35));
  return mix(word ^ ordinal);
}

/** 0 to n - 1, for n up to 2^31 - 1. The bias is below n / 2^32. */
export function drawBelow(n: number, seed: number, site: number, entity: number, ordinal: number): number {
  return Math.floor(((drawWord(seed, site, entity, ordinal) >>> 0) * n) / 0x1_0000_0000);
}

const MILLION = 1_000_000;

/** True in `parts` of a million cases. Of 0 nothing is asked. */
export function drawChance(parts: number, seed: number, site: number, entity: number, ordinal: number): boolean {
  return parts > 0 && drawBelow(MILLION, seed, site, entity, ordinal) < parts;
}

function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x7feb_352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846c_a68b);
  return mixed ^ (mixed >>> 16);
}

/** Sites of draws in the living world. */
export const DrawSite = Object.freeze({
  linkLoss: 1,
  linkReorder: 2,
  linkReorderBy: 3,
  linkDuplicate: 4,
  linkCorrupt: 5,
  linkCorruptBit: 6,
  clientArrival: 10,
  clientThink: 11,
  clientRequest: 12,
  clientBody: 13,
  clientPipeline: 14,
  clientKeepAlive: 15,
  clientSlow: 16,
  clientSession: 17,
  clientContent: 18,
  clientVersion: 19,
  backendService: 20,
  backendFailure: 21,
  backendReset: 22,
  backendBody: 23,
  backendKeepAlive: 24,
  backendChunked: 25,
  backendContent: 26,
  backendErrors: 27,
  backendSilent: 28,
  backendHalf: 29,
  backendGarbled: 30,
  backendUntilClose: 31,
  backendBreak: 32,
  clientAbort: 40,
  clientAbortAt: 41,
});
