/** TCP of those around a small machine. */

import type { TcpLimits } from "../../services/net/tcp/limits.ts";

const KIB = 1024;

/** As patient as the machine `tiny-proxy` is, and no more: whatever is lost on the way, a run is soon over. */
export const quickHosts: Partial<TcpLimits> = Object.freeze<Partial<TcpLimits>>({
  sendBytesMax: 8 * KIB,
  receiveBytesMax: 8 * KIB - 32,
  timeWaitTicks: 100,
  finWaitTicks: 200,
  retransmitTicksMin: 10,
  retransmitTicksMax: 160,
  acknowledgeTicks: 4,
  connectTriesMax: 3,
  triesMax: 7,
  backlogMax: 16,
});
