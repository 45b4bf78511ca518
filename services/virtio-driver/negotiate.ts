/** What the driver asks a device before it uses it: is it reset, is it a network device, which features, what configuration. */

import { VIRTIO_DEVICE_NET, VIRTIO_MAGIC, VIRTIO_VERSION, VirtioFeature, VirtioRegister as Register, VirtioStatus } from "../../hal/nic/virtio/mmio-registers.ts";
import { VirtioNetConfig, VirtioNetStatus } from "../../hal/nic/virtio/net-layouts.ts";
import { hasRss } from "./control.ts";
import type { DriverContext } from "./state.ts";
import { BUFFER_BYTES, VirtioDriverState as State, hasFeature, stateOf } from "./state.ts";

/** How often a device is asked whether it is reset, and how often its configuration is read while it changes. */
const RESET_READS_MAX = 100;
const CONFIGURATION_READS_MAX = 8;
const ETHERNET_HEADER_BYTES = 14;

/** What a driver that is at work wrote to Status. */
export const AT_WORK = VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER | VirtioStatus.FEATURES_OK | VirtioStatus.DRIVER_OK;

const bit = (feature: number): number => 1 << (feature & 31);

/** Useful with any number of queues: addresses and link state are read, the receive filters are set, rings suppress and chain. */
const WANTED_LOW =
  bit(VirtioFeature.MTU) | bit(VirtioFeature.MAC) | bit(VirtioFeature.STATUS) | bit(VirtioFeature.CTRL_VQ) | bit(VirtioFeature.CTRL_RX) | bit(VirtioFeature.INDIRECT_DESC) | bit(VirtioFeature.EVENT_IDX);
/** Device addresses go through the IOMMU table: a device that says so is believed (6.1). */
const WANTED_HIGH = bit(VirtioFeature.VERSION_1) | bit(VirtioFeature.ACCESS_PLATFORM);
/** Without a control queue there is nobody to ask for these (5.1.3.1). */
const NEED_CONTROL_LOW = bit(VirtioFeature.CTRL_RX) | bit(VirtioFeature.MQ);
const NEED_CONTROL_HIGH = bit(VirtioFeature.RSS);

/** Resets the device and waits until it says that it is (4.2.3.1). False if it does not. */
export function resetDevice(context: DriverContext): boolean {
  const { nic } = context.needs;
  context.registerWrite(nic, Register.Status, 0);
  for (let i = 0; i < RESET_READS_MAX; i++) if (context.registerRead(nic, Register.Status) === 0) return true;
  return false;
}

/** A network device of the version that this driver knows? */
export function identify(context: DriverContext): boolean {
  const { nic } = context.needs;
  return (
    context.registerRead(nic, Register.MagicValue) === VIRTIO_MAGIC &&
    context.registerRead(nic, Register.Version) === VIRTIO_VERSION &&
    context.registerRead(nic, Register.DeviceID) === VIRTIO_DEVICE_NET
  );
}

/** Agrees on features (3.1.1, steps 2 to 6). False if the device is too old, or does not agree. */
export function negotiate(context: DriverContext): boolean {
  const { memory, needs, parameters } = context;
  const state = stateOf(context);
  context.registerWrite(needs.nic, Register.Status, VirtioStatus.ACKNOWLEDGE);
  context.registerWrite(needs.nic, Register.Status, VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER);
  const several = parameters.queuePairs > 1;
  let low = readOffer(context, 0) & (WANTED_LOW | (several ? bit(VirtioFeature.MQ) : 0));
  let high = readOffer(context, 1) & (WANTED_HIGH | (several ? bit(VirtioFeature.RSS) : 0));
  if ((high & bit(VirtioFeature.VERSION_1)) === 0) return false;
  if ((low & bit(VirtioFeature.CTRL_VQ)) === 0) {
    low &= ~NEED_CONTROL_LOW;
    high &= ~NEED_CONTROL_HIGH;
  }
  accept(context, 0, low);
  accept(context, 1, high);
  context.registerWrite(needs.nic, Register.Status, AT_WORK & ~VirtioStatus.DRIVER_OK);
  if ((context.registerRead(needs.nic, Register.Status) & VirtioStatus.FEATURES_OK) === 0) return false;
  State.featuresLow.set(memory, state, low);
  State.featuresHigh.set(memory, state, high);
  return true;
}

/** Reads the configuration, again if it changed meanwhile (2.5.1). False if it never stands still. */
export function readConfiguration(context: DriverContext): boolean {
  const { nic } = context.needs;
  for (let i = 0; i < CONFIGURATION_READS_MAX; i++) {
    const generation = context.registerRead(nic, Register.ConfigGeneration);
    readFields(context);
    if (context.registerRead(nic, Register.ConfigGeneration) === generation) return true;
  }
  return false;
}

/** Reads whether there is a link; always, if the device does not say (5.1.4.2). True if that has changed. */
export function readLink(context: DriverContext): boolean {
  const { memory } = context;
  const state = stateOf(context);
  const before = State.linkUp.get(memory, state);
  if (hasFeature(context, VirtioFeature.STATUS)) setLink(context, readWord(context, VirtioNetConfig.status.offset & ~3));
  if (State.linkUp.get(memory, state) === before) return false;
  State.linkChanges.add(memory, state, 1);
  return true;
}

/** Fields of features that were not agreed on stay as they are without them. */
function readFields(context: DriverContext): void {
  const { memory } = context;
  const state = stateOf(context);
  const several = hasFeature(context, VirtioFeature.MQ) || hasRss(context);
  const addressWord = readWord(context, VirtioNetConfig.mac.offset + 4);
  const pairsWord = readWord(context, VirtioNetConfig.maxVirtqueuePairs.offset);
  State.macLow.set(memory, state, hasFeature(context, VirtioFeature.MAC) ? readWord(context, VirtioNetConfig.mac.offset) : 0);
  State.macHigh.set(memory, state, hasFeature(context, VirtioFeature.MAC) ? addressWord & 0xffff : 0);
  State.linkUp.set(memory, state, 1);
  if (hasFeature(context, VirtioFeature.STATUS)) setLink(context, addressWord);
  State.devicePairs.set(memory, state, several ? pairsWord & 0xffff : 1);
  State.txBytesMax.set(memory, state, hasFeature(context, VirtioFeature.MTU) ? Math.min(BUFFER_BYTES, (pairsWord >>> 16) + ETHERNET_HEADER_BYTES) : BUFFER_BYTES);
  State.rssTableLengthMax.set(memory, state, hasRss(context) ? readWord(context, VirtioNetConfig.duplex.offset) >>> 16 : 0);
  State.hashTypes.set(memory, state, hasRss(context) ? readWord(context, VirtioNetConfig.supportedHashTypes.offset) : 0);
}

/** `word` holds the end of the MAC address, and the status above it. */
function setLink(context: DriverContext, word: number): void {
  State.linkUp.set(context.memory, stateOf(context), ((word >>> 16) & VirtioNetStatus.LINK_UP) !== 0 ? 1 : 0);
}

/** 32 bits of the configuration; registers of this bus are read whole. */
function readWord(context: DriverContext, offset: number): number {
  return context.registerRead(context.needs.nic, Register.Config + offset);
}

function readOffer(context: DriverContext, word: number): number {
  context.registerWrite(context.needs.nic, Register.DeviceFeaturesSel, word);
  return context.registerRead(context.needs.nic, Register.DeviceFeatures);
}

function accept(context: DriverContext, word: number, features: number): void {
  context.registerWrite(context.needs.nic, Register.DriverFeaturesSel, word);
  context.registerWrite(context.needs.nic, Register.DriverFeatures, features);
}
