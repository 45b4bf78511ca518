/**
 * The register window of a virtio device on a memory-mapped bus: byte offsets and bits as "Virtual I/O Device (VIRTIO)
 * Version 1.2" names them, section 4.2.2. Registers are 32 bits wide; the device's own configuration follows them.
 */

/** Size of the register window, the configuration space included. */
export const VIRTIO_REGISTER_BYTES = 0x200;

export const VirtioRegister = Object.freeze({
  MagicValue: 0x000,
  Version: 0x004,
  DeviceID: 0x008,
  VendorID: 0x00c,
  DeviceFeatures: 0x010,
  DeviceFeaturesSel: 0x014,
  DriverFeatures: 0x020,
  DriverFeaturesSel: 0x024,
  QueueSel: 0x030,
  QueueNumMax: 0x034,
  QueueNum: 0x038,
  QueueReady: 0x044,
  QueueNotify: 0x050,
  InterruptStatus: 0x060,
  InterruptACK: 0x064,
  Status: 0x070,
  QueueDescLow: 0x080,
  QueueDescHigh: 0x084,
  QueueDriverLow: 0x090,
  QueueDriverHigh: 0x094,
  QueueDeviceLow: 0x0a0,
  QueueDeviceHigh: 0x0a4,
  SHMSel: 0x0ac,
  SHMLenLow: 0x0b0,
  SHMLenHigh: 0x0b4,
  SHMBaseLow: 0x0b8,
  SHMBaseHigh: 0x0bc,
  QueueReset: 0x0c0,
  ConfigGeneration: 0x0fc,
  Config: 0x100,
});

/** "virt". */
export const VIRTIO_MAGIC = 0x7472_6976;
export const VIRTIO_VERSION = 2;
export const VIRTIO_DEVICE_NET = 1;
/** The vendor is free to choose; this is the one that drivers meet most: "QEMU". */
export const VIRTIO_VENDOR = 0x554d_4551;

/** Status (2.1). */
export const VirtioStatus = Object.freeze({
  ACKNOWLEDGE: 1,
  DRIVER: 2,
  DRIVER_OK: 4,
  FEATURES_OK: 8,
  DEVICE_NEEDS_RESET: 64,
  FAILED: 128,
});

/** InterruptStatus (4.2.2): a used buffer, a change of configuration. */
export const VirtioInterrupt = Object.freeze({ usedBuffer: 1, configuration: 2 });

/** Feature bits by number (5.1.3 and chapter 6). */
export const VirtioFeature = Object.freeze({
  MTU: 3,
  MAC: 5,
  MRG_RXBUF: 15,
  STATUS: 16,
  CTRL_VQ: 17,
  CTRL_RX: 18,
  CTRL_VLAN: 19,
  CTRL_RX_EXTRA: 20,
  MQ: 22,
  CTRL_MAC_ADDR: 23,
  INDIRECT_DESC: 28,
  EVENT_IDX: 29,
  VERSION_1: 32,
  ACCESS_PLATFORM: 33,
  RSS: 60,
  SPEED_DUPLEX: 63,
});
