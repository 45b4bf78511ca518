/** What services/ offers to the rooms on its right and to users of the package: the processes, and what they say to each other. */

export { DriverOpcode, ReceivedFrameMessage, TransmitFrameMessage } from "./driver-api.ts";
export { e1000Driver } from "./e1000-driver.ts";
export { EchoOpcode } from "./examples/echo-api.ts";
export { echo } from "./examples/echo.ts";
export { StoreOpcode } from "./examples/key-value-store-api.ts";
export { keyValueStore } from "./examples/key-value-store.ts";
export { NameOpcode } from "./examples/name-server-api.ts";
export { nameServer } from "./examples/name-server.ts";
export { VisitEnd, VisitorOpcode } from "./examples/visitor-api.ts";
export { visitor } from "./examples/visitor.ts";
export { GatewayAnswer, GatewayRequest } from "./gateway-api.ts";
export { EXCHANGE_BYTES, gateway, targetNeed } from "./gateway.ts";
export { DecisionMessage, HeaderEntry, HeadPlace, LbOpcode, Outcome, OUTCOMES, RequestDescriptor } from "./lb/api.ts";
export { ALGORITHMS, ControlOperation, LbErrno } from "./lb/control.ts";
export { ConfigProblem } from "./lb/config/problem-codes.ts";
export { loadBalancer } from "./lb/service.ts";
export type { LbLimits, NetLimits } from "./limits.ts";
export { lbStandard, lbTiny, netStandard, netTiny } from "./limits.ts";
export type { NetParameters } from "./net/api.ts";
export { Ignored, IGNORED_REASONS, NetOpcode, NetTrace } from "./net/api.ts";
export { net } from "./net/service.ts";
export { MailboxAnswer, MailboxRequest, OperatorTarget } from "./operator-api.ts";
export { operator } from "./operator/operator.ts";
export type { RestartPolicyName, SupervisionRule, SupervisorParameters } from "./supervisor/api.ts";
export { RestartPolicy, Supervised, SupervisedPhase } from "./supervisor/api.ts";
export { SupervisorState, supervisor } from "./supervisor/supervisor.ts";
export { virtioDriver, virtioRingsBytes } from "./virtio-driver.ts";
