/** Goal: nothing goes wrong after two gibibytes, when numbers that were left behind seem to lie ahead. Method: the record is set as it would be then. */

import { expect, test } from "vitest";
import { TcpConnection } from "../../../../services/net/tcp/api.ts";
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
