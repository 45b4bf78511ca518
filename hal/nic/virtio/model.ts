/**
 * What stands behind a virtio transport: one kind of device (the network device). The transport owns the register
 * window and the queues; it asks and tells its model through this interface, always from within an access of the driver.
 */

export interface VirtioModel {
  /** Subsystem of chapter 5: VIRTIO_DEVICE_NET. */
  readonly deviceId: number;
  /** What it offers: feature bits 0 to 31, and 32 to 63. VERSION_1 is among them. */
  readonly featuresLow: number;
  readonly featuresHigh: number;
  /**
   * The driver writes FEATURES_OK: may this choice stand? It is a part of the offer and holds VERSION_1; false when a
   * feature lacks another that it requires. Changes nothing.
   */
  acceptsFeatures(low: number, high: number): boolean;
  /** A 32-bit read of the configuration space at a byte offset that is a multiple of 4; 0 beyond its end. */
  readConfiguration(offset: number): number;
  /** A 32-bit write; what may not be written is ignored. */
  writeConfiguration(offset: number, value: number): void;
  /** FEATURES_OK and DRIVER_OK are set: queues may be used from now on. Frames that came before are not for the driver. */
  driverOk(): void;
  /** The driver says that a queue that is in use has new buffers. */
  notified(queue: number): void;
  /** The driver made a queue that was ready not ready: a chain taken from it is gone, it must not be touched. */
  queueStopped(queue: number): void;
  /** The driver writes 0 to Status: the device goes back to its power-on state, and calls `VirtioTransport.reset()`. */
  reset(): void;
}
