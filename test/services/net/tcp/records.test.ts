/** Goal: what a script cannot say: numbers that were left behind long ago, where the next connection begins, how one ended. Method: scripts, and a look into the record. */

import { expect, test } from "vitest";
import { TcpConnection, tcpEnded, tcpEndedWell } from "../../../../services/net/tcp/api.ts";
import { OPENINGS } from "./cases.ts";
import { Script } from "./script.ts";

test("a loss long ago does not forbid fast retransmission (RFC 6582, 3.2)", () => {
  const script = new Script([]);
  for (const line of OPENINGS["established"]!) script.line(line);
  const { host } = script;
  const connection = host.find(4000, 80);
  const unacknowledged = TcpConnection.sendUnacknowledged.get(host.memory, connection);
  TcpConnection.recover.set(host.memory, connection, (unacknowledged - 0x7fff_f9bf) | 0);
  for (const line of ["write 2000", "> A 1 1 +1460", "> A 1461 1 +540", "< A 1 1461", "< A 1 2001", "write 1460", "> A 2001 1 +1460", "< A 1 2001", "< A 1 2001", "< A 1 2001", "> A 2001 1 +1460", "count fastRetransmissions 1", "< A 1 3461"]) script.line(line);
  script.end();
});

test("and numbers that pass half of all in one go neither", () => {
  const script = new Script(["initial 2147483000"]);
  for (const line of [...OPENINGS["established"]!, "< A 1 1 +1460", "< A 1461 1 +1460", "> A 1 2921", "read 2920", "> A 1 2921", "< FA 2921 1", "> A 1 2922", "= closeWait"]) script.line(line);
  expect(script.host.count("unacceptable")).toBe(0);
  script.end();
});

test("a connection that follows one in TIME-WAIT begins behind all that the old one sent (RFC 9293, 3.6.1)", () => {
  const script = new Script([]);
  for (const line of OPENINGS["timeWait"]!) script.line(line);
  const { host } = script;
  const sent = TcpConnection.sendMax.get(host.memory, host.find(4000, 80));
  script.line("< S 100");
  expect((host.sent[0]!.sequence - sent) | 0).toBeGreaterThan(65_535);
  for (const line of ["> SA 0 101", "= synReceived"]) script.line(line);
  script.end();
});

test("only a FIN before which nothing is missing ends well", () => {
  for (const [lines, well] of [[["< FA 6 1", "> A 1 1", "< R 1"], false], [["< R 1"], false], [["< FA 1 1", "> A 1 2", "< R 2"], true], [["< FA 6 1", "> A 1 1", "< A 1 1 +5", "> A 1 7", "< R 7"], true]] as const) {
    const script = new Script([]);
    for (const line of OPENINGS["established"]!) script.line(line);
    const connection = script.host.find(4000, 80);
    for (const line of [...lines, "= closed"]) script.line(line);
    expect([tcpEnded(script.host.memory, connection), tcpEndedWell(script.host.memory, connection)]).toEqual([true, well]);
    script.end();
  }
});
