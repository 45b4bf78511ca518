/** What a virtio network device and its driver hand each other besides frames (VIRTIO 1.2, 5.1): header, configuration, control commands. */

import { bytes, i32, u16, u8 } from "../../field.ts";
import { layout } from "../../layout.ts";

/** In front of every frame, both ways (5.1.6); nothing is offloaded here, so most of it is 0. */
export const VirtioNetHeader = layout("VirtioNetHeader", 12, {
  flags: u8,
  gsoType: u8,
  headerBytes: u16,
  gsoBytes: u16,
  checksumStart: u16,
  checksumOffset: u16,
  /** Chains that the frame was written to: 1 without MRG_RXBUF. */
  buffers: u16,
});

/** The configuration space (5.1.4). */
export const VirtioNetConfig = layout("VirtioNetConfig", 24, {
  mac: bytes(6),
  /** VirtioNetStatus. */
  status: u16,
  maxVirtqueuePairs: u16,
  mtu: u16,
  /** In units of 1 Mbit/s; 0xffffffff for unknown. */
  speed: i32,
  /** 1 full, 0 half, 0xff unknown. */
  duplex: u8,
  rssMaxKeyBytes: u8,
  rssMaxIndirectionTableLength: u16,
  supportedHashTypes: i32,
});

export const VirtioNetStatus = Object.freeze({ LINK_UP: 1, ANNOUNCE: 2 });

/** A command on the control queue (5.1.6.5): class, command, data; the device writes one byte of VirtioNetAck behind it. */
export const VirtioNetControl = layout("VirtioNetControl", 2, {
  class: u8,
  command: u8,
});

export const VirtioNetAck = Object.freeze({ OK: 0, ERR: 1 });

export const VirtioNetClass = Object.freeze({ RX: 0, MAC: 1, VLAN: 2, MQ: 4 });

export const VirtioNetRxCommand = Object.freeze({ PROMISC: 0, ALLMULTI: 1, ALLUNI: 2, NOMULTI: 3, NOUNI: 4, NOBCAST: 5 });
export const VirtioNetMacCommand = Object.freeze({ TABLE_SET: 0, ADDR_SET: 1 });
export const VirtioNetVlanCommand = Object.freeze({ ADD: 0, DEL: 1 });
export const VirtioNetMqCommand = Object.freeze({ VQ_PAIRS_SET: 0, RSS_CONFIG: 1 });

/** Hash types (5.1.6.4.3.1). */
export const VirtioNetHash = Object.freeze({ IPv4: 1, TCPv4: 2, UDPv4: 4, IPv6: 8, TCPv6: 16, UDPv6: 32 });

/** The head of an RSS_CONFIG (5.1.6.5.7); the indirection table, `maxTxQueue`, key length and key follow it. */
export const VirtioNetRssConfig = layout("VirtioNetRssConfig", 8, {
  hashTypes: i32,
  indirectionTableMask: u16,
  unclassifiedQueue: u16,
});

/** Bytes of the Toeplitz key, and entries of the indirection table that the device keeps at most. */
export const RSS_KEY_BYTES = 40;
export const RSS_TABLE_LENGTH_MAX = 128;
