import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inspectRecord } from "../../hal/inspect.ts";
import { DmaRight } from "../../hal/iommu.ts";
import type { HalLimits } from "../../hal/limits.ts";
import type { MailboxParts } from "../../hal/mailbox.ts";
import { Mailbox, MailboxRecord } from "../../hal/mailbox.ts";
import { MailboxRegister, MailboxStatus } from "../../hal/mailbox-registers.ts";
import { bench } from "./fixture.ts";

function makeMailbox(limits: Partial<HalLimits> = {}) {
  const made = bench({ limits });
  const mailbox = made.board.devices[0] as Mailbox;
  made.board.interrupts.unmask(mailbox.line);
  made.board.iommu.grant(0, made.plain, 1024, DmaRight.read | DmaRight.write);
  const parts = made.boardParts.devices[0].parts as MailboxParts;
  return { ...made, mailbox, account: () => inspectRecord(made.ram, MailboxRecord, parts.record) };
}

type Bench = ReturnType<typeof makeMailbox>;

const lineIsHigh = ({ board, mailbox }: Bench): boolean => (board.interrupts.pendingUnmasked() & (1 << mailbox.line)) !== 0;

/** The operator's side: takes the first record; null and the status if there is none. */
function take(on: Bench, bytesMax = 1024): Uint8Array | number {
  const { mailbox, ram, plain } = on;
  const recordBytes = mailbox.read(MailboxRegister.inboundBytes);
  mailbox.write(MailboxRegister.inboundAddress, plain);
  mailbox.write(MailboxRegister.take, bytesMax);
  const status = mailbox.read(MailboxRegister.status);
  return status === MailboxStatus.ok ? ram.u8.slice(plain, plain + Math.min(recordBytes, bytesMax)) : status;
}

function send(on: Bench, record: Uint8Array): number {
  const { mailbox, ram, plain } = on;
  ram.u8.set(record, plain);
  mailbox.write(MailboxRegister.outboundAddress, plain);
  mailbox.write(MailboxRegister.send, record.length);
  return mailbox.read(MailboxRegister.status);
}

const RING = 64;
const tight = { mailboxInboundBytes: RING, mailboxOutboundBytes: RING };
const space = (records: Uint8Array[]): number => RING - records.reduce((sum, record) => sum + 4 + Math.ceil(record.length / 4) * 4, 0);
const record = fc.uint8Array({ minLength: 1, maxLength: 70 });
const action = fc.oneof(
  fc.record({ do: fc.constant("in" as const), record }),
  fc.record({ do: fc.constant("take" as const) }),
  fc.record({ do: fc.constant("out" as const), record }),
  fc.record({ do: fc.constant("receive" as const) }),
);

describe("the mailbox", () => {
  test("is two bounded queues of records, whatever their lengths and wherever the rings wrap", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const on = makeMailbox(tight);
        const inbound: Uint8Array[] = [];
        const outbound: Uint8Array[] = [];
        let wanted = 0;
        for (const step of actions) {
          if (step.do === "in") {
            const fits = 4 + Math.ceil(step.record.length / 4) * 4 <= space(inbound);
            expect(on.mailbox.send(step.record)).toBe(fits);
            if (fits) inbound.push(step.record);
          } else if (step.do === "take") {
            expect(on.mailbox.read(MailboxRegister.inboundBytes)).toBe(inbound[0]?.length ?? 0);
            expect(take(on)).toEqual(inbound.shift() ?? MailboxStatus.noRecord);
          } else if (step.do === "out") {
            const needed = 4 + Math.ceil(step.record.length / 4) * 4;
            const status = step.record.length > RING - 4 ? MailboxStatus.tooLong : needed > space(outbound) ? MailboxStatus.noRoom : MailboxStatus.ok;
            expect(send(on, step.record)).toBe(status);
            if (status === MailboxStatus.ok) outbound.push(step.record);
            wanted = status === MailboxStatus.noRoom ? needed : 0;
          } else expect(on.mailbox.receive()).toEqual(outbound.shift() ?? null);
          expect(on.mailbox.read(MailboxRegister.outboundSpace)).toBe(space(outbound) - 4);
          expect(lineIsHigh(on)).toBe(wanted > 0 ? wanted <= space(outbound) : inbound.length > 0);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("a full ring answers false and counts it; so does a record longer than the ring, and an empty one", () => {
    const on = makeMailbox(tight);
    expect(on.mailbox.inboundRecordBytesMax).toBe(60);
    expect(on.mailbox.send(new Uint8Array(61))).toBe(false);
    expect(on.mailbox.send(new Uint8Array(0))).toBe(false);
    expect(on.mailbox.send(new Uint8Array(60))).toBe(true);
    expect(on.mailbox.send(new Uint8Array(1))).toBe(false);
    expect(on.account()).toMatchObject({ received: 1, refused: 3 });
    expect((take(on) as Uint8Array).length).toBe(60);
    expect(on.mailbox.send(new Uint8Array(1))).toBe(true);
  });

  test("a record may be taken in part, or dropped", () => {
    const on = makeMailbox();
    on.mailbox.send(Uint8Array.of(1, 2, 3, 4, 5));
    on.mailbox.send(Uint8Array.of(6));
    on.mailbox.send(Uint8Array.of(7));
    on.ram.fill(on.plain, 8, 0xee);
    expect(take(on, 2)).toEqual(Uint8Array.of(1, 2));
    expect(on.ram.u8[on.plain + 2]).toBe(0xee);
    take(on, 0);
    expect(take(on)).toEqual(Uint8Array.of(7));
  });

  test("what the IOMMU table does not grant is not copied; the record stays, the miss is counted", () => {
    const on = makeMailbox();
    const { mailbox, board, ram, plain } = on;
    mailbox.send(Uint8Array.of(1, 2, 3, 4, 5));
    const outside = plain + 1022;
    mailbox.write(MailboxRegister.inboundAddress, outside);
    const before = ram.u8.slice(outside);
    mailbox.write(MailboxRegister.take, 100);
    expect(mailbox.read(MailboxRegister.status)).toBe(MailboxStatus.dmaRefused);
    expect(ram.u8.slice(outside)).toEqual(before);
    expect(mailbox.read(MailboxRegister.inboundBytes)).toBe(5);
    mailbox.write(MailboxRegister.outboundAddress, -4);
    mailbox.write(MailboxRegister.send, 8);
    expect(mailbox.read(MailboxRegister.status)).toBe(MailboxStatus.dmaRefused);
    expect(mailbox.receive()).toBeNull();
    expect([board.iommu.misses(0), on.account().dmaRefused]).toEqual([2, 2]);
    expect(take(on)).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
  });

  test("nothing, or less, cannot be sent", () => {
    const on = makeMailbox();
    expect(send(on, new Uint8Array(0))).toBe(MailboxStatus.noRecord);
    on.mailbox.write(MailboxRegister.send, -1);
    expect(on.mailbox.read(MailboxRegister.status)).toBe(MailboxStatus.noRecord);
  });

  test("while an answer waits for room, the line waits for that and not for records", () => {
    const on = makeMailbox(tight);
    expect(send(on, new Uint8Array(40))).toBe(MailboxStatus.ok);
    expect(send(on, new Uint8Array(20))).toBe(MailboxStatus.noRoom);
    on.mailbox.send(Uint8Array.of(1));
    expect(lineIsHigh(on)).toBe(false);
    on.mailbox.receive();
    expect(lineIsHigh(on)).toBe(true);
    expect(send(on, new Uint8Array(20))).toBe(MailboxStatus.ok);
    expect(lineIsHigh(on)).toBe(true);
    take(on);
    expect(lineIsHigh(on)).toBe(false);
  });

  test("unknown registers read 0 and take no write; a reset empties everything", () => {
    const on = makeMailbox();
    const { mailbox } = on;
    mailbox.write(MailboxRegister.inboundBytes, 7);
    mailbox.write(0x100, 7);
    expect([mailbox.read(0x100), mailbox.read(MailboxRegister.inboundBytes)]).toEqual([0, 0]);
    mailbox.send(new Uint8Array(9));
    send(on, new Uint8Array(9));
    mailbox.reset();
    expect([lineIsHigh(on), mailbox.receive(), mailbox.read(MailboxRegister.inboundBytes)]).toEqual([false, null, 0]);
    expect(Object.values(on.account()).every((value) => value === 0)).toBe(true);
  });
});
