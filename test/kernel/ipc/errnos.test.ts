import { expect, test } from "vitest";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { Errno } from "../../../kernel/errno.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import type { Context, Grant, Message, NeedKind } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import type { PrototypeLine } from "../../../sim/prototype.ts";
import { prototype } from "../../../sim/prototype.ts";

type Tried = Context<Record<never, never>, Readonly<Record<string, any>>, readonly string[], unknown>;

/** The errno is what a call answers, or what is delivered next and handed on. */
interface Situation {
  readonly name: keyof typeof Errno;
  readonly words: string;
  readonly needs?: Readonly<Record<string, NeedKind>>;
  readonly line?: Partial<PrototypeLine>;
  readonly peer?: (message: Message, context: Tried) => void;
  /** Its answer, unless it is 0 and something is delivered. */
  readonly attempt: (context: Tried) => number;
}

const PEER = { needs: { peer: "endpoint" }, line: { grants: { peer: "peer.requests" } } } as const;
const peerOf = (context: Tried): Grant<"endpoint"> => context.needs.peer!;
const isMessage = (message: Message): boolean => message.delivery === Delivery.message;

const SITUATIONS: readonly Situation[] = [
  { name: "invalidCapability", words: "a token that the process made up", ...PEER, attempt: (context) => ((context.memory.i32[peerOf(context) >> 2]! ^= 0x1000), context.send(peerOf(context), 1)) },
  { name: "processNotFound", words: "to restart what is no process", ...PEER, attempt: (context) => context.processRestart(context.needs.peer!) },
  { name: "endpointNotFound", words: "a call to an endpoint whose process ends instead of answering", ...PEER, peer: (message, context) => (isMessage(message) ? context.exit() : undefined), attempt: (context) => context.call(peerOf(context), 1) },
  { name: "messageTooLarge", words: "a payload that the region cannot hold", needs: { ...PEER.needs, papers: "region:write" }, line: { grants: { ...PEER.line.grants, papers: "exchange" } }, attempt: (context) => context.sendLarge(peerOf(context), 1, context.needs.papers!, 0, 1 << 20) },
  { name: "outOfMemory", words: "more memory than the arena has", attempt: (context) => context.allocate(1 << 20) },
  { name: "wouldBlock", words: "sendFast to a receiver that does not wait", ...PEER, peer: (message, context) => (message.delivery === Delivery.start ? void context.sleep(50) : undefined), attempt: (context) => context.sendFast(peerOf(context), 1) },
  { name: "rateLimitExceeded", words: "a second message where the manifest allows one a second", ...PEER, line: { ...PEER.line, rate: { messagesPerSecond: 1, bytesPerSecond: 1000 } }, attempt: (context) => context.send(peerOf(context), 1) || context.send(peerOf(context), 1) },
  { name: "timeout", words: "a call to a process that sleeps longer than the caller waits", ...PEER, peer: (message, context) => (message.delivery === Delivery.start ? void context.sleep(50) : undefined), attempt: (context) => context.waitAtMost(3) || context.call(peerOf(context), 1) },
  { name: "permissionDenied", words: "to put a message into a channel that one may only read", needs: { news: "channel:receive" }, line: { grants: { news: "news" } }, attempt: (context) => context.channelSend(context.needs.news!, 1) },
  { name: "invalidMessage", words: "a flag that only the kernel sets", ...PEER, attempt: (context) => (SmallMessage.flags.set(context.memory, context.outgoing, MessageFlag.isReply), context.sendMessage(peerOf(context), context.outgoing)) },
  { name: "channelFull", words: "one message more than the queue takes", ...PEER, peer: (message, context) => (message.delivery === Delivery.start ? void context.sleep(50) : undefined), attempt: (context) => context.send(peerOf(context), 1) || context.send(peerOf(context), 1) },
  { name: "channelEmpty", words: "to take a message from a channel without one", needs: { news: "channel:receive" }, line: { grants: { news: "news" } }, attempt: (context) => context.channelReceive(context.needs.news!, context.outgoing) },
  { name: "endpointBusy", words: "sendFast to an endpoint where others' messages wait", ...PEER, peer: (message, context) => (message.delivery === Delivery.start ? void context.sleep(50) : undefined), attempt: (context) => context.send(peerOf(context), 1) || context.sendFast(peerOf(context), 1) },
  { name: "invalidMemoryRegion", words: "a large message that ends behind its region", needs: { ...PEER.needs, papers: "region:write" }, line: { grants: { ...PEER.line.grants, papers: "exchange" } }, attempt: (context) => context.sendLarge(peerOf(context), 1, context.needs.papers!, context.regionBytes(context.needs.papers!) - 64, 8) },
  { name: "resourceBusy", words: "a call to oneself", needs: { self: "endpoint" }, line: { grants: { self: "subject.requests" } }, attempt: (context) => context.call(context.needs.self!, 1) },
  { name: "notInitialized", words: "a batch that the manifest does not give", attempt: (context) => context.batchAdd(1) },
];

const NOTED = layout("NotedState", { errno: i32 });

/** Tries once, when it starts, and answers whoever asks with the errno that it got. */
function subject(situation: Situation) {
  return service({
    name: "subject",
    state: NOTED,
    needs: (situation.needs ?? {}) as Readonly<Record<string, NeedKind>>,
    receives: ["requests"],
    handle(message, context) {
      const tried = context as unknown as Tried;
      if (message.delivery === Delivery.start) context.state.errno = situation.attempt(tried);
      else if (message.delivery === Delivery.reply || message.delivery === Delivery.sent) context.state.errno = message.status;
      else if (message.delivery === Delivery.message) context.reply(context.state.errno);
    },
  });
}

function peer(situation: Situation) {
  return service({
    name: "peer",
    state: NOTED,
    receives: ["requests"],
    handle: (message, context) => situation.peer?.(message, context as unknown as Tried),
  });
}

for (const situation of SITUATIONS) {
  test(`${situation.name} (${Errno[situation.name]}): ${situation.words}`, () => {
    const bench = prototype({
      // First, so that the peer is what it says it is before the subject tries.
      peer: { service: peer(situation), priority: "systemHigh", queues: { requests: 1 } },
      subject: { service: subject(situation), ...situation.line },
    }, { channels: { news: {} } });
    expect(bench.call("subject.requests", 1).status).toBe(Errno[situation.name]);
  });
}

test("the table has each of VeridianOS's sixteen IPC errors, in their order", () => {
  expect(SITUATIONS.map((situation) => Errno[situation.name])).toEqual(Array.from({ length: 16 }, (_, n) => -1 - n));
});
