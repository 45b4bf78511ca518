/** First in, first out: frames of a queue reach net in the order of their arrival, and requests of a flow the balancer in theirs. */

import type { Address } from "../../hal/field.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import { ProcessRecord } from "../../kernel/process.ts";
import type { ProcessAddress } from "../../kernel/process.ts";
import { SmallMessage } from "../../kernel/message.ts";
import { Delivery } from "../../kernel/service.ts";
import { DriverOpcode, ReceivedFrameMessage } from "../../services/driver-api.ts";
import { LbOpcode, RequestDescriptor } from "../../services/lb/api.ts";
import type { Checker, Watched } from "./checker.ts";
import { endpointNumber, partOf, processNumber } from "./places.ts";
import { remembering } from "./remembering.ts";

interface Heard {
  /** By queue: ordinal of the last frame that net was given. */
  readonly frames: Map<number, number>;
  /** By flow of the net at hand: number of its last request that the balancer was given. */
  readonly requests: Map<number, number>;
}

/** Of a request's id, behind slot and uses (services/net/request-table.ts): net's generation. */
const GENERATION_SHIFT = 26;
const FLOWS = 0x1_0000_0000;

export const order: Checker = Object.freeze<Checker>({
  name: "order",
  law: "frames of a queue and requests of a flow keep their order, and none comes twice",
  fits: ({ machine }) => processNumber(machine, "net") >= 0 && processNumber(machine, "lb") >= 0,
  begin: (watched) => {
    const { machine } = watched.world;
    const processes = partOf(machine, "processes")!.base;
    const [net, lb] = ["net", "lb"].map((name) => processNumber(machine, name));
    const frames = endpointNumber(machine, "net", "frames");
    const state: Heard = { frames: new Map(), requests: new Map() };
    return remembering(state, {
      probe: (kind, process, delivery, opcode) => {
        // A net that begins anew counts its flows anew.
        if (kind === KernelTrace.restarted && delivery === net) state.requests.clear();
        if (kind !== KernelTrace.dispatch || delivery !== Delivery.message || (process !== net && process !== lb)) return;
        const record = (processes + process * ProcessRecord.size) as ProcessAddress;
        if (process === net) {
          if (opcode === DriverOpcode.received && ProcessRecord.loadedEndpoint.get(machine.ram, record) === frames) hearFrame(watched, state, record);
        } else if (opcode === LbOpcode.request) hearRequest(watched, state, record);
      },
    });
  },
});

function hearFrame({ world, fail }: Watched, { frames }: Heard, record: ProcessAddress): void {
  const { ram } = world.machine;
  const message = ProcessRecord.registers.at(record) as Address as Address<"ReceivedFrameMessage">;
  const queue = ReceivedFrameMessage.queue.get(ram, message);
  const ordinal = ReceivedFrameMessage.ordinal.get(ram, message) | 0;
  const last = frames.get(queue);
  // Ordinals wrap; those of a driver that began anew are far ahead.
  if (last !== undefined && ((ordinal - last) | 0) <= 0) fail(`queue ${queue}`, `net is given frame ${ordinal >>> 0} behind frame ${last >>> 0}`);
  frames.set(queue, ordinal);
}

function hearRequest({ world, fail }: Watched, { requests }: Heard, record: ProcessAddress): void {
  const { ram } = world.machine;
  const offset = SmallMessage.data0.low(ram, ProcessRecord.registers.at(record));
  const region = partOf(world.machine, "region.requests")!;
  if (offset < 0 || offset + RequestDescriptor.size > region.bytes) return;
  const request = (region.base + offset) as Address<"RequestDescriptor">;
  // Net may have begun anew, and written another request's descriptor there.
  if (RequestDescriptor.requestId.get(ram, request) !== SmallMessage.data1.low(ram, ProcessRecord.registers.at(record))) return;
  const flow = RequestDescriptor.flow.get(ram, request);
  // A net that began anew names flows as the one before did, of which requests may still be queued: ids tell them apart.
  const name = (RequestDescriptor.requestId.get(ram, request) >>> GENERATION_SHIFT) * FLOWS + flow;
  const nth = RequestDescriptor.nthInFlow.get(ram, request);
  const last = requests.get(name);
  // One that was routed to a backend which broke off may be asked about once more.
  if (last !== undefined && nth < last) fail(`flow ${flow}`, `its request ${nth} is asked about behind request ${last}`);
  requests.set(name, nth);
}
