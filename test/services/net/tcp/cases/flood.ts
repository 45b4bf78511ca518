/** Many peers at once: the backlog and its cookies, records that run out, ports. */

import { row, rowWith } from "../cases.ts";

const narrow = ["limit backlogMax 1"];
const full = ["< S 0 m1400 @5001", "> SA 0 1 @5001"];

export const flood = Object.freeze([
  rowWith(narrow, "4987 3.6", "listen", "at a full backlog a SYN is answered with a cookie, and nothing is kept", ...full, "< S 0 m1460", "> SA 0 1 m1460 s-1", "= none", "count cookiesSent 1"),
  rowWith(narrow, "4987 3.6", "listen", "the cookie's acknowledgement opens", ...full, "< S 0 m1460", "> SA 0 1", "< A 1 1", "= established", "! opened", "count cookiesTaken 1", "write 1460", "> A 1 1 +1460"),
  rowWith(narrow, "4987 3.6", "listen", "with data, too, and it is read", ...full, "< S 0", "> SA 0 1", "< A 1 1 +5", "= established", "! opened readable", "text abcde", "tick 40", "> A 1 6"),
  rowWith(narrow, "4987 3.6", "listen", "the cookie knows the MSS, rounded down", ...full, "< S 0 m1300", "> SA 0 1", "< A 1 1", "! opened", "write 1300", "> A 1 1 +1200", "> A 1201 1 +100"),
  rowWith(narrow, "4987 3.6", "listen", "a cookie that is not ours is reset", ...full, "< S 0", "> SA 0 1", "< A 1 2", "> R 2", "< A 2 1", "> R 1", "= none", "count cookiesBad 2"),
  rowWith(narrow, "4987 3.6", "listen", "another peer's cookie is reset", ...full, "< S 0 @5002", "> SA 0 1 @5002", "< A 1 1 @5003", "> R 1 @5003", "= none"),
  rowWith(["limit backlogMax 1", "limit connectTriesMax 1"], "4987 3.6", "listen", "an old cookie is reset", ...full, "< S 0", "> SA 0 1", "tick 1000", "> SA 0 1 @5001", "tick 127500", "< A 1 1", "> R 1", "= none"),
  rowWith(["limit backlogMax 1", "limit connectTriesMax 1"], "4987 3.6", "listen", "an old cookie is reset even while new ones are given", ...full, "< S 0", "> SA 0 1", "tick 1000", "> SA 0 1 @5001", "tick 127500", "< S 0 @5003", "> SA 0 1 @5003", "< S 0 @5004", "> SA 0 1 @5004", "< A 1 1", "> R 1", "= none", "count cookiesBad 1", "< A 1 1 @5004", "count cookiesTaken 1"),
  rowWith([...narrow, "limit receiveBytesMax 131072", "limit segmentBytesMax 16384"], "4987 3.6", "listen", "the cookie remembers no scaling", ...full, "< S 0 s7", "> SA 0 1 w65535 s-1", "< A 1 1 w100", "! opened", "write 200", "> A 1 1 +100 w65535"),
  rowWith(narrow, "4987 3.6", "listen", "without a flood nobody tries cookies", "< A 1 12345", "> R 12345", "count cookiesBad 0"),
  rowWith(narrow, "4987 3.6", "listen", "whoever opens makes room in the backlog", ...full, "< A 1 1 @5001", "< S 0", "> SA 0 1", "= synReceived", "count cookiesSent 0"),
  rowWith(narrow, "4987 3.6", "listen", "nobody listens any more when the cookie comes back", ...full, "< S 0", "> SA 0 1", "listen 0", "< A 1 1", "> R 1", "= none"),
  rowWith(narrow, "9293 3.10.7.4", "listen", "a reset makes room in the backlog", ...full, "< R 1 @5001", "< S 0", "> SA 0 1", "= synReceived"),
  rowWith(["limit connectionsMax 2"], "9293 3.9.2", "listen", "without a record the oldest half-open one goes", "< S 0 @5001", "> SA 0 1 @5001", "< S 0 @5002", "> SA 0 1 @5002", "< S 0", "> SA 0 1", "= synReceived", "count evicted 1", "< A 1 1 @5001", "> R 1 @5001"),
  rowWith(["limit connectionsMax 1"], "9293 3.9.2", "established", "without a record a SYN is dropped, not answered", "< S 0 @5001", "count synsDropped 1", "= established"),
  rowWith(["limit connectionsMax 1"], "9293 3.4.2", "timeWait", "one in TIME-WAIT that nobody owns makes room", "release", "< S 0 @5001", "> SA 0 1 @5001", "count evicted 1"),
  rowWith(["limit connectionsMax 1"], "9293 3.4.2", "timeWait", "one that is owned does not", "< S 0 @5001", "= timeWait", "count synsDropped 1"),
  row("9293 3.10.1", "established", "the same key is not opened twice", "count inUse 1", "connect", "count inUse 1"),
]);
