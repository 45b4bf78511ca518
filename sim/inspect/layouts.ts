/**
 * Every layout that a part of RAM can have, by which a dump's directory gets its fields back. A service that is not
 * known here keeps its name, and its state is bytes.
 */

import { BootHeader, BootPart } from "../../hal/boot-record.ts";
import { ClockRecord } from "../../hal/clock.ts";
import { EventQueueRecord, EventRecord } from "../../hal/event-queue.ts";
import { InterruptRecord } from "../../hal/interrupt-controller.ts";
import { IommuAccount, IommuRange } from "../../hal/iommu.ts";
import type { LayoutInfo } from "../../hal/layout.ts";
import { MailboxRecord } from "../../hal/mailbox.ts";
import { NicAccount } from "../../hal/nic/account.ts";
import { E1000File } from "../../hal/nic/e1000-file.ts";
import { E1000Phy } from "../../hal/nic/e1000-phy.ts";
import { E1000State } from "../../hal/nic/e1000-state.ts";
import { E1000TransmitState } from "../../hal/nic/e1000-transmit-state.ts";
import { VirtioNetConfig } from "../../hal/nic/virtio/net-layouts.ts";
import { FlowFields, VirtioNetFlow, VirtioNetPair, VirtioNetState } from "../../hal/nic/virtio/net-state.ts";
import { VirtioQueue, VirtioRegisters } from "../../hal/nic/virtio/transport-state.ts";
import { RecordRingState } from "../../hal/record-ring.ts";
import { TraceRecord, TraceState } from "../../hal/trace.ts";
import { WireFrame } from "../../hal/wire-frame.ts";
import { WireState } from "../../hal/wire.ts";
import { KERNEL_LAYOUTS } from "../../kernel/invariants/tables.ts";
import { e1000Driver } from "../../services/e1000-driver.ts";
import { echo } from "../../services/examples/echo.ts";
import { keyValueStore } from "../../services/examples/key-value-store.ts";
import { nameServer } from "../../services/examples/name-server.ts";
import { visitor } from "../../services/examples/visitor.ts";
import { gateway } from "../../services/gateway.ts";
import { loadBalancer } from "../../services/lb/service.ts";
import { net } from "../../services/net/service.ts";
import { operator } from "../../services/operator/operator.ts";
import { supervisor } from "../../services/supervisor/supervisor.ts";
import { virtioDriver } from "../../services/virtio-driver.ts";

const HAL_LAYOUTS: readonly LayoutInfo[] = Object.freeze([
  BootHeader, BootPart, ClockRecord, EventQueueRecord, EventRecord, InterruptRecord, IommuAccount, IommuRange, MailboxRecord, NicAccount, E1000File, FlowFields,
  E1000Phy, E1000State, E1000TransmitState, RecordRingState, TraceRecord, TraceState, VirtioNetConfig, VirtioNetFlow, VirtioNetPair, VirtioNetState, VirtioQueue,
  VirtioRegisters, WireFrame, WireState,
]);

const SERVICES = Object.freeze([e1000Driver, virtioDriver, net, loadBalancer, operator, gateway(0), supervisor([]), echo, keyValueStore, nameServer(1), visitor]);

export const LAYOUTS: readonly LayoutInfo[] = Object.freeze([...HAL_LAYOUTS, ...KERNEL_LAYOUTS, ...SERVICES.map((service): LayoutInfo => service.state)]);
