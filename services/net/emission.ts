/** The records by which net says what to send on: one Emitter for the process, one Emission for the call at hand. */

import { bytes, i32, nested, u16, u32, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { IpAddress, MAC_BYTES } from "./neighbour.ts";

/** What all emissions share: made once by `emitterCreate`. */
export const Emitter = layout("Emitter", 48, {
  /** Grants of the pool of DMA buffers and of the driver's transmit endpoint: addresses of their tokens. */
  pool: i32("identity"),
  transmit: i32("identity"),
  /** Address of the NeighbourTable. */
  neighbours: i32("identity"),
  /** Largest IP packet. */
  mtu: i32,
  /** IPv4 identification of the next packet: its low 16 bits go out. */
  identification: u32,
  mac: bytes(MAC_BYTES),
  reserved0: u16,
  /** Frames handed to the driver, and the bytes in them; both wrap at 2^32. */
  frames: u32("statistic"),
  frameBytes: u32("statistic"),
  /** Calls that ended early because no DMA buffer was free. */
  noBuffer: u32("statistic"),
  /** Calls that ended early because the driver's queue was full or gone. */
  notSent: u32("statistic"),
  reserved1: u32,
});

/** From whom, to whom, and where in the client's stream. Addresses in network order, as in RequestDescriptor. */
export const Emission = layout("Emission", 56, {
  source: nested(IpAddress),
  destination: nested(IpAddress),
  /** TCP sequence number of the first byte, acknowledgement number and window, as the client sent them. */
  sequence: i32,
  acknowledgement: i32,
  sourcePort: u16,
  destinationPort: u16,
  window: u16,
  /** 4 or 6. */
  family: u8,
  reserved0: u8,
  /** Transmit queue. */
  queue: u16,
  reserved1: u16,
  /** Set by each call: frames handed to the driver. */
  segments: i32,
});
