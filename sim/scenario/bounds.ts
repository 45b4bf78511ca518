/** Bounds of what a scenario file may ask for: whoever writes one is not trusted with this computer's memory and time. */

export const ScenarioBounds = Object.freeze({
  /** Characters of a file, and of one text in it. */
  fileCharactersMax: 4 * 1024 * 1024,
  textCharactersMax: 8192,
  summaryCharactersMax: 1000,
  /** An hour of machine time, and an arrival, an event or a pause at its end. */
  ticksMax: 3_600_000,
  clientPlansMax: 64,
  /** Of one plan, and of all together: 65,534 is what the hosts of a /16 are. */
  clientsMax: 65_534,
  backendPlansMax: 256,
  requestPlansMax: 100_000,
  headersMax: 64,
  stepsMax: 64,
  eventsMax: 1024,
  arrivalsMax: 1_000_000,
  requestsPerSessionMax: 1_000_000,
  bodyBytesMax: 1024 * 1024 * 1024,
  pipelineMax: 64,
  retriesMax: 100,
  concurrencyMax: 65_535,
  weightMax: 1_000_000,
  /** A second, and a byte a microsecond: 8 kbit/s. */
  linkCyclesMax: 1_000_000_000,
  cyclesPerByteMax: 1_000_000,
  framesMax: 65_536,
  worldBytesMin: 256 * 1024,
  worldBytesMax: 1024 * 1024 * 1024,
  seedMax: 0xffff_ffff,
});

/** Chances are parts of so many. */
export const MILLION = 1_000_000;
