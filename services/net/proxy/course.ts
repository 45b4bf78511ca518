/**
 * The request at hand and its response, once a backend has been chosen: the head goes to the backend, then both bodies go
 * their way, and the connections go on to what comes next. What goes wrong is failure.ts's.
 */

import type { Address } from "../../../hal/field.ts";
import { ConnectionEnd } from "../../lb/api.ts";
import type { NetContext } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { tcpEnded, tcpReadBytes } from "../tcp/api.ts";
import { endOfExchange, isDraining, refuseRequest } from "./answer.ts";
import { attach } from "./attach.ts";
import { fail, requestFaulty, responseBroken, settle, upstreamBroken } from "./failure.ts";
import type { ClientAddress, UpstreamAddress } from "./records.ts";
import { NO_UPSTREAM, ProxyClient, ProxyState, ProxyUpstream, Stays } from "./records.ts";
import { hasBody } from "./request-at-hand.ts";
import { relayRequest, relayResponse } from "./relay.ts";
import { Heads, relayResponseHead, responseDone } from "./response.ts";
import { count } from "./state.ts";
import { returnUpstream, takeUpstream } from "./upstream.ts";

/** The balancer has chosen: the request goes to the backend of the decision. */
export function forwardExchange(context: NetContext, client: ClientAddress, decision: Address<"DecisionMessage">, counted: number): void {
  const { memory } = context;
  ProxyClient.counted.set(memory, client, counted);
  ProxyClient.tries.set(memory, client, ProxyClient.tries.get(memory, client) + 1);
  const stays = ProxyClient.stays.get(memory, client);
  if (stays !== Stays.no) return answerHere(context, client, stays);
  const upstream = takeUpstream(context, decision);
  // Nothing of it is the backend's fault.
  if (upstream === NO_UPSTREAM || !attach(context, client, upstream)) return fail(context, client, 503, ConnectionEnd.finished);
  pumpExchange(context, client);
}

/** Hands on what there is, both ways, and ends the exchange when the response is through. */
export function pumpExchange(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const upstream = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  // As long as nobody has heard of the request it may be given to somebody else, its body too.
  if (ProxyUpstream.open.get(memory, upstream) === 0) return;
  const faultless = relayRequest(context, client, upstream);
  const connection = ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
  if (ProxyUpstream.headDone.get(memory, upstream) === 0) {
    const heads = relayResponseHead(context, client, upstream);
    if (heads === Heads.bad) return fail(context, client, 502, ConnectionEnd.failed);
    if (heads === Heads.more) {
      if (!faultless) return requestFaulty(context, client);
      // A whole head that waits for room is not lost with its connection.
      if (tcpEnded(memory, connection) && ProxyUpstream.headWaits.get(memory, upstream) === 0) upstreamBroken(context, client);
      return;
    }
  }
  if (!relayResponse(context, client, upstream)) return responseBroken(context, client);
  if (responseDone(context, upstream)) return finishExchange(context, client, upstream);
  if (tcpEnded(memory, connection) && tcpReadBytes(memory, connection) === 0) return responseBroken(context, client);
  if (!faultless) requestFaulty(context, client);
}

/** The balancer has routed it, yet it goes to no backend. */
function answerHere(context: NetContext, client: ClientAddress, stays: number): void {
  count(context, ProxyState.answeredHere);
  settle(context, client, ConnectionEnd.finished);
  // What follows a CONNECT would be its tunnel's.
  if (stays === Stays.notImplemented) ProxyClient.keepAlive.set(context.memory, client, 0);
  refuseRequest(context, client, stays === Stays.options ? 200 : 501);
}

function finishExchange(context: NetContext, client: ClientAddress, upstream: UpstreamAddress): void {
  const { memory } = context;
  const whole = !hasBody(context, client);
  count(context, ProxyState.responses);
  ProxyClient.upstream.set(memory, client, 0);
  settle(context, client, ProxyUpstream.faulty.get(memory, upstream) !== 0 ? ConnectionEnd.failed : ConnectionEnd.finished);
  returnUpstream(context, upstream, whole && ProxyUpstream.keepAlive.get(memory, upstream) !== 0);
  endOfExchange(context, client, ProxyClient.closesAfter.get(memory, client) !== 0 || !whole || isDraining(context));
}
