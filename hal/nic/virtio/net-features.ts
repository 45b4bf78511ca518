/** The features of a virtio network device (VIRTIO 1.2, 5.1.3 and chapter 6): what is offered, and what a choice must hold. */

import { VirtioFeature } from "./mmio-registers.ts";

/** The parts of a device's configuration that decide what is offered. */
interface Offer {
  readonly queuePairs: number;
  readonly multiqueue?: boolean;
  readonly accessPlatform?: boolean;
  readonly mtu?: number;
}

/** A feature's bit within its word of 32. */
const bit = (feature: number): number => 1 << (feature & 31);

const ALWAYS_LOW =
  bit(VirtioFeature.MAC) |
  bit(VirtioFeature.MRG_RXBUF) |
  bit(VirtioFeature.STATUS) |
  bit(VirtioFeature.CTRL_VQ) |
  bit(VirtioFeature.CTRL_RX) |
  bit(VirtioFeature.CTRL_VLAN) |
  bit(VirtioFeature.CTRL_RX_EXTRA) |
  bit(VirtioFeature.CTRL_MAC_ADDR) |
  bit(VirtioFeature.INDIRECT_DESC) |
  bit(VirtioFeature.EVENT_IDX);

const ALWAYS_HIGH = bit(VirtioFeature.VERSION_1) | bit(VirtioFeature.SPEED_DUPLEX);

/** Those that require CTRL_VQ (5.1.3.1; of CTRL_RX_EXTRA, 5.1.4.2 says it). */
const NEED_CONTROL_LOW =
  bit(VirtioFeature.CTRL_RX) | bit(VirtioFeature.CTRL_VLAN) | bit(VirtioFeature.CTRL_RX_EXTRA) | bit(VirtioFeature.MQ) | bit(VirtioFeature.CTRL_MAC_ADDR);
const NEED_CONTROL_HIGH = bit(VirtioFeature.RSS);

/** Feature bits 0 to 31. */
export function offeredLow(offer: Offer): number {
  const isMultiqueue = offer.queuePairs > 1 || offer.multiqueue === true;
  return ALWAYS_LOW | (isMultiqueue ? bit(VirtioFeature.MQ) : 0) | (offer.mtu === undefined ? 0 : bit(VirtioFeature.MTU));
}

/** Feature bits 32 to 63. */
export function offeredHigh(offer: Offer): number {
  return ALWAYS_HIGH | (offer.queuePairs > 1 ? bit(VirtioFeature.RSS) : 0) | (offer.accessPlatform === true ? bit(VirtioFeature.ACCESS_PLATFORM) : 0);
}

/** Does a choice hold what its features require, and ACCESS_PLATFORM if it is offered? */
export function hasRequired(low: number, high: number, offeredHighWord: number): boolean {
  const needsControl = (low & NEED_CONTROL_LOW) !== 0 || (high & NEED_CONTROL_HIGH) !== 0;
  if (needsControl && (low & bit(VirtioFeature.CTRL_VQ)) === 0) return false;
  return (offeredHighWord & ~high & bit(VirtioFeature.ACCESS_PLATFORM)) === 0;
}
