/** The records by which net says what to send on: one Emitter for the process, one Emission for the call at hand. */

import { bytes, i32, u16, u32, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";

/** What all emissions share: made once by `emitterCreate`. */
export const Emitter = layout("Emitter", 64, {
  /** Grant of the DMA pool and of the driver's transmit endpoint: addresses of their tokens. */
  pool: i32("identity"),
  transmit: i32("identity"),
  /** Address of the NeighbourTable. */
  neighbours: i32("identity"),
  /** Largest IP packet. */
  mtu: i32,
  /** IPv4 identification of the next packet. */
  identification: u32,
  mac: bytes(6),
  reserved: u16,
  frames: i32("statistic"),
  frameBytes: i32("statistic"),
  /** Segments not sent because no DMA buffer was free, or because the driver's queue was full or gone. */
  noBuffer: i32("statistic"),
  notSent: i32("statistic"),
  reserved1: u32,
  reserved2: u32,
  reserved3: u32,
  reserved4: u32,
  reserved5: u32,
  reserved6: u32,
});

/** From whom, to whom, and where in the client's stream. Addresses in network order, as in RequestDescriptor. */
export const Emission = layout("Emission", 56, {
  source: bytes(16),
  destination: bytes(16),
  /** TCP sequence number of the first byte, acknowledgement number and window, as the client sent them. */
  sequence: i32,
  acknowledgement: i32,
  sourcePort: u16,
  destinationPort: u16,
  window: u16,
  /** 4 or 6. */
  family: u8,
  reserved0: u8,
  /** Set by each call: segments handed to the driver. */
  segments: i32,
  reserved1: u32,
});
