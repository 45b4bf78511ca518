/**
 * The register map of Intel's 82540EM, as its drivers see it: byte offsets in the register window and the names of
 * bits, both as the manual ("PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual") names them,
 * section 13.4. Which registers have an effect here, and which are only stored, stands in e1000-file.ts.
 */

/** Size of the register window. */
export const E1000_REGISTER_BYTES = 0x2_0000;

export const E1000Register = Object.freeze({
  CTRL: 0x0000,
  STATUS: 0x0008,
  EECD: 0x0010,
  EERD: 0x0014,
  CTRL_EXT: 0x0018,
  MDIC: 0x0020,
  FCAL: 0x0028,
  FCAH: 0x002c,
  FCT: 0x0030,
  VET: 0x0038,
  /** Reading clears. */
  ICR: 0x00c0,
  ITR: 0x00c4,
  /** Writing raises causes. */
  ICS: 0x00c8,
  /** Writing sets mask bits; reading gives the mask. */
  IMS: 0x00d0,
  /** Writing clears mask bits. */
  IMC: 0x00d8,
  RCTL: 0x0100,
  FCTTV: 0x0170,
  TCTL: 0x0400,
  TIPG: 0x0410,
  AIT: 0x0458,
  LEDCTL: 0x0e00,
  PBA: 0x1000,
  FCRTL: 0x2160,
  FCRTH: 0x2168,
  /** Diagnostics of the packet buffer (13.8): storage. */
  RDFH: 0x2410,
  RDFT: 0x2418,
  RDFHS: 0x2420,
  RDFTS: 0x2428,
  RDFPC: 0x2430,
  RDBAL: 0x2800,
  RDBAH: 0x2804,
  RDLEN: 0x2808,
  RDH: 0x2810,
  RDT: 0x2818,
  RDTR: 0x2820,
  RXDCTL: 0x2828,
  RADV: 0x282c,
  /** Frames up to this size interrupt at once. */
  RSRPD: 0x2c00,
  TDFH: 0x3410,
  TDFT: 0x3418,
  TDFHS: 0x3420,
  TDFTS: 0x3428,
  TDFPC: 0x3430,
  TDBAL: 0x3800,
  TDBAH: 0x3804,
  TDLEN: 0x3808,
  TDH: 0x3810,
  TDT: 0x3818,
  TIDV: 0x3820,
  TXDCTL: 0x3828,
  TADV: 0x382c,
  /** Statistics: 64 words from here on, E1000Statistic says which. */
  CRCERRS: 0x4000,
  RXCSUM: 0x5000,
  /** Multicast table array: 128 words. */
  MTA: 0x5200,
  /** Receive addresses: 16 pairs of words, low and high. */
  RAL0: 0x5400,
  RAH0: 0x5404,
  /** VLAN filter table array: 128 words. */
  VFTA: 0x5600,
  WUC: 0x5800,
  WUFC: 0x5808,
  WUS: 0x5810,
  MANC: 0x5820,
  /** Addresses and patterns that wake the machine up (13.6): storage. */
  IPAV: 0x5838,
  IP4AT: 0x5840,
  IP6AT: 0x5880,
  WUPM: 0x5a00,
  SWSM: 0x5b50,
  FFLT: 0x5f00,
});

/** Statistics registers (13.7): 32-bit counters that stick at their largest value, cleared by reading. */
export const E1000Statistic = Object.freeze({
  /** Missed packets: no room anywhere. */
  MPC: 0x4010,
  /** Receive length errors. */
  RLEC: 0x4040,
  /** Received by length with FCS: 64, to 127, to 255, to 511, to 1023, and longer. */
  PRC64: 0x405c,
  PRC127: 0x4060,
  PRC255: 0x4064,
  PRC511: 0x4068,
  PRC1023: 0x406c,
  PRC1522: 0x4070,
  /** Good packets received, of these broadcasts and multicasts. */
  GPRC: 0x4074,
  BPRC: 0x4078,
  MPRC: 0x407c,
  /** Good packets transmitted. */
  GPTC: 0x4080,
  /** Good octets, two words each: both clear when the high one is read. */
  GORCL: 0x4088,
  GORCH: 0x408c,
  GOTCL: 0x4090,
  GOTCH: 0x4094,
  /** Receive no buffers: packets for which no descriptor was free. */
  RNBC: 0x40a0,
  /** Receive oversize. */
  ROC: 0x40ac,
  TORL: 0x40c0,
  TORH: 0x40c4,
  TOTL: 0x40c8,
  TOTH: 0x40cc,
  /** Total packets received and transmitted. */
  TPR: 0x40d0,
  TPT: 0x40d4,
  PTC64: 0x40d8,
  PTC127: 0x40dc,
  PTC255: 0x40e0,
  PTC511: 0x40e4,
  PTC1023: 0x40e8,
  PTC1522: 0x40ec,
  MPTC: 0x40f0,
  BPTC: 0x40f4,
  /** TCP segmentation contexts: sent, and ended before their time. */
  TSCTC: 0x40f8,
  TSCTFC: 0x40fc,
});

/** CTRL (13.4.1). */
export const ControlBit = Object.freeze({
  FD: 1 << 0,
  /** Set link up. */
  SLU: 1 << 6,
  SPEED_1000: 2 << 8,
  SWDPIN0: 1 << 18,
  ADVD3WUC: 1 << 20,
  /** Device reset; clears itself. */
  RST: 1 << 26,
  /** VLAN mode: tags are stripped, and inserted where a descriptor asks for it. */
  VME: 1 << 30,
  /** Holds the PHY in reset while it is set. */
  PHY_RST: 1 << 31,
});

/** STATUS (13.4.2). */
export const StatusBit = Object.freeze({
  FD: 1 << 0,
  /** Link up. */
  LU: 1 << 1,
  SPEED_1000: 2 << 6,
  /** Speed as it was detected. */
  ASDV_1000: 3 << 8,
  /** The PHY gives the transmitter its clock. */
  MTXCKOK: 1 << 10,
  /** Two bits without a meaning in this device, which it has set. */
  RESERVED_19: 1 << 19,
  RESERVED_31: 1 << 31,
});

/** EERD (13.4.4). */
export const EepromReadBit = Object.freeze({ START: 1 << 0, DONE: 1 << 4 });
export const EEPROM_ADDRESS_SHIFT = 8;
export const EEPROM_DATA_SHIFT = 16;

/** RCTL (13.4.22). */
export const ReceiveControlBit = Object.freeze({
  EN: 1 << 1,
  /** Store bad packets: the length limit is lifted too. */
  SBP: 1 << 2,
  /** Unicast and multicast promiscuous. */
  UPE: 1 << 3,
  MPE: 1 << 4,
  /** Long packet enable. */
  LPE: 1 << 5,
  /** Broadcast accept mode. */
  BAM: 1 << 15,
  /** VLAN filter by VFTA; with it, by the CFI bit too: the value wanted, and whether it is compared. */
  VFE: 1 << 18,
  CFIEN: 1 << 19,
  CFI: 1 << 20,
  /** Buffer size extension: sizes times 16. */
  BSEX: 1 << 25,
  /** Strip Ethernet CRC. */
  SECRC: 1 << 26,
});
/** Two bits: RXDMT0 at 1/2, 1/4, 1/8 of the ring free; the reserved 3 goes on to 1/16. */
export const RDMTS_SHIFT = 8;
/** Two bits: which 12 bits of a multicast address are its hash. */
export const MO_SHIFT = 12;
/** Two bits: 2048, 1024, 512, 256 bytes. */
export const BSIZE_SHIFT = 16;

/** TCTL (13.4.33). */
export const TransmitControlBit = Object.freeze({
  EN: 1 << 1,
  /** Pad short packets. */
  PSP: 1 << 3,
});

/** ICR, ICS, IMS and IMC (13.4.17 to 13.4.21). */
export const InterruptCause = Object.freeze({
  /** Transmit descriptor written back. */
  TXDW: 1 << 0,
  /** Transmit queue empty. */
  TXQE: 1 << 1,
  /** Link status change. */
  LSC: 1 << 2,
  /** Receive descriptor minimum threshold reached. */
  RXDMT0: 1 << 4,
  /** Receiver overrun. */
  RXO: 1 << 6,
  /** Receiver timer: a frame has been written back. */
  RXT0: 1 << 7,
  /** MDIC is done. */
  MDAC: 1 << 9,
  /** Few transmit descriptors are left to work on (TXDCTL.LWTHRESH). */
  TXD_LOW: 1 << 15,
  /** A small frame was received. */
  SRPD: 1 << 16,
});

/** RDTR (13.4.30): what waits is announced now; clears itself. */
export const RDTR_FPD = 1 << 31;

/** RXCSUM (13.4.47): where the packet checksum starts, and which checksums are judged. */
export const ReceiveChecksumBit = Object.freeze({ PCSS: 0xff, IPOFLD: 1 << 8, TUOFLD: 1 << 9 });

/** RAH (13.5.3): the address is valid; two bits say which address of a frame it is compared with. */
export const RAH_AV = 1 << 31;
export const RAH_AS_SHIFT = 16;
/** Values of the two bits; the others match nothing. */
export const AddressSelect = Object.freeze({ destination: 0, source: 1 });
