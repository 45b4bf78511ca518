/** What a connection receives: order, overlaps, wrapped numbers, acknowledgements and their delay, the window it offers. */

import { row, rowWith } from "../cases.ts";

const small = ["limit receiveBytesMax 2048"];

export const receiving = Object.freeze([
  row("9293 3.8.6.3", "established", "the first segment is acknowledged a little later", "< A 1 1 +5", "! readable", "tick 39", "tick 1", "> A 1 6", "count delayedAcknowledgements 1"),
  row("9293 3.8.6.3", "established", "every second full segment at once", "< A 1 1 +1460", "< A 1461 1 +1460", "> A 1 2921", "! readable", "tick 100"),
  row("9293 3.8.6.3", "established", "an acknowledgement rides on what is sent", "< A 1 1 +5", "write 3", "> A 1 6 +3", "< A 6 4", "tick 100"),
  row("5681 4.2", "established", "out of order: at once, and so is what fills the gap", "< A 1461 1 +1460", "> A 1 1", "< A 1 1 +1460", "> A 1 2921", "! readable", "read 2920", "> A 1 2921 w11680"),
  row("5681 4.2", "established", "each segment beyond a gap is one duplicate", "< A 11 1 +10", "> A 1 1", "< A 21 1 +10", "> A 1 1", "< A 31 1 +10", "> A 1 1", "< A 1 1 +10", "> A 1 41", "read 40", "count outOfOrder 3"),
  row("5681 4.2", "established", "a part of a gap is acknowledged at once", "< A 21 1 +10", "> A 1 1", "< A 1 1 +10", "> A 1 11", "< A 11 1 +10", "> A 1 31", "read 30"),
  row("9293 3.4", "established", "in reverse order, byte by byte", "< A 3 1 +1", "> A 1 1", "< A 2 1 +1", "> A 1 1", "< A 1 1 +1", "> A 1 4", "text abc"),
  row("9293 3.10.7.4", "established", "what came before is cut off", "< A 1 1 +10", "< A 6 1 +10", "! readable", "read 15", "tick 40", "> A 1 16"),
  row("9293 3.10.7.4", "established", "the whole again is acknowledged, and counted", "< A 1 1 +10", "! readable", "< A 1 1 +10", "> A 1 11", "read 10", "count unacceptable 1"),
  row("9293 3.4", "established", "overlapping retransmission with other content: the first wins", "< A 1 1 +5", "< A 1 1 +10:x", "text abcdexxxxx", "tick 40", "> A 1 11"),
  row("9293 3.4", "established", "overlap beyond a gap with other content: the first wins", "< A 4 1 +4:y", "> A 1 1", "< A 1 1 +10:x", "> A 1 11", "text xxxyyyyxxx"),
  row("9293 3.4", "established", "overlap from both sides", "< A 3 1 +2:y", "> A 1 1", "< A 7 1 +2:z", "> A 1 1", "< A 2 1 +8:x", "> A 1 1", "< A 1 1 +1:w", "> A 1 10", "text wxyyxxzzx"),
  row("9293 3.4", "established", "read bytes again with other content change nothing", "< A 1 1 +5", "text abcde", "< A 1 1 +7:x", "text xx", "tick 40", "> A 1 8"),
  rowWith(["initial -6"], "9293 3.4", "established", "the peer's numbers wrap within a segment", "< A 1 1 +10", "! readable", "read 10", "tick 40", "> A 1 11"),
  rowWith(["initial -6"], "9293 3.4", "established", "the peer's numbers wrap beyond a gap", "< A 6 1 +10", "> A 1 1", "< A 1 1 +5", "> A 1 16", "read 15"),
  rowWith(["initial -6"], "9293 3.4", "established", "the peer's FIN has number 0 of the next round", "< FA 1 1 +4", "> A 1 6", "! readable ended", "read 4", "= closeWait"),
  rowWith(["initial 2147483647"], "9293 3.4", "established", "the sign of numbers means nothing", "< A 6 1 +5", "> A 1 1", "< A 1 1 +5", "> A 1 11", "read 10", "< R 11", "= closed"),
  rowWith(["initial -6"], "5961 3.2", "established", "a reset beyond the wrap is judged like any other", "< R 10", "> A 1 1", "< R -40000", "= established", "< R 1", "= closed"),
  rowWith(["limit receiveBytesMax 5840"], "9293 3.8.6", "established", "the window shrinks as bytes wait to be read, its edge stays", "< A 1 1 +1460", "< A 1461 1 +1460", "> A 1 2921 w2920", "! readable"),
  rowWith(small, "9293 3.8.6", "established", "a full window closes; what is beyond is cut", "< A 1 1 +1460", "< A 1461 1 +1460", "> A 1 2049 w0", "! readable", "read 2048", "> A 1 2049 w2048"),
  rowWith(small, "9293 3.8.6.1", "established", "a probe of a closed window is answered, its byte not taken", "< A 1 1 +2048", "tick 40", "> A 1 2049 w0", "< A 2049 1 +1", "> A 1 2049 w0", "< A 2048 1", "> A 1 2049 w0", "< A 2049 1", "read 2048", "> A 1 2049 w2048"),
  rowWith(small, "9293 3.10.7.4", "established", "in a closed window acknowledgements still count", "write 5", "> A 1 1 +5", "< A 1 1 +2048", "tick 40", "> A 6 2049 w0", "< A 2049 6 +1", "> A 6 2049 w0", "tick 1000", "count retransmissions 0"),
  rowWith(small, "9293 3.8.6.2.2", "established", "small steps are not offered", "< A 1 1 +2000", "tick 40", "> A 1 2001 w48", "! readable", "read 2000", "> A 1 2001 w2048"),
  rowWith(["limit receiveBytesMax 5840"], "9293 3.8.6.2.2", "established", "reading a little tells nothing, reading two segments does", "< A 1 1 +1000", "tick 40", "> A 1 1001 w4840", "read 1000", "< A 1001 1 +1460", "< A 2461 1 +1460", "> A 1 3921 w1920", "read 2920", "> A 1 3921 w5840"),
  rowWith(["limit receiveBytesMax 8192"], "9293 3.8.6.2.2", "established", "a peer that cannot send a segment is told of one", "< A 1 1 +3500", "> A 1 3501", "< A 3501 1 +3500", "> A 1 7001 w1192", "take 1000", "take 1000", "> A 1 7001 w3192", "take 1000"),
  rowWith(["limit bufferBytesMax 11000", "limit receiveBytesMax 4096"], "9293 3.8.6", "established", "with the stack's memory used up no more is offered", "write 5000", "> A 1 1 +1460", "> A 1461 1 +1460", "> A 2921 1 +1460", "< A 1 1 +2000", "read 2000", "tick 40", "> A 4381 2001 w920"),
  rowWith(["limit bufferBytesMax 24000", "limit receiveBytesMax 8192"], "9293 3.8.6", "listen", "whoever comes is offered no more than is left for others, and never less than two segments", "< S 0 m1460", "> SA 0 1 w4065", "< S 0 @4001 m1460", "> SA 0 1 w2920 @4001", "< S 0 @4002 m1460", "> SA 0 1 w2920 @4002"),
  rowWith(["limit bufferBytesMax 24000", "limit receiveBytesMax 8192"], "9293 3.8.6", "established", "what was promised a connection that ends is another one's", "< S 0 @4001 m1460", "> SA 0 1 w2920 @4001", "abort", "> RA 1 1", "< R 1 @4001", "< S 0 @4003 m1460", "> SA 0 1 w4065 @4003"),
  row("9293 3.8.6", "established", "a window begins with a first flight, and is twice as wide once half of it has come", "< A 1 1 +1460", "tick 40", "> A 1 1461 w4380", "read 1460", "< A 1461 1 +1460", "tick 40", "> A 1 2921 w10220", "read 1460"),
  rowWith(["limit bufferBytesMax 3000", "limit receiveBytesMax 2048"], "9293 3.9.2", "established", "what finds no memory is as good as lost, and may come again", "write 1000", "> A 1 1 +1000", "< A 1 1 +1460", "!", "count crowded 1", "< A 1 1001", "< A 1 1001 +1460", "! readable", "tick 40", "> A 1001 1461"),
  rowWith(["limit bufferBytesMax 8192", "limit receiveBytesMax 4096"], "9293 3.9.2", "established", "beyond a gap only half of the memory is used", "< A 2901 1 +1", "> A 1 1", "count crowded 1", "< A 1 1 +2920", "> A 1 2921", "read 2920", "> A 1 2921"),
  row("9293 3.4", "established", "the last byte of the window is taken, the one behind it is outside", "< A 5840 1 +1", "> A 1 1", "count outOfOrder 1", "count unacceptable 0", "< A 5841 1 +1", "> A 1 1", "count outOfOrder 1", "count unacceptable 1"),
  row("9293 3.10.7.4", "established", "without data nothing is acknowledged", "< A 1 1", "tick 1000"),
  row("9293 3.8.4", "established", "a peer's keep-alive is answered", "< A 0 1", "> A 1 1", "< A 0 1 +1", "> A 1 1"),
  row("9293 3.8.5", "established", "urgent data is data", "< UA 1 1 +5", "! readable", "text abcde", "tick 40", "> A 1 6"),
  row("9293 3.10.7.4", "closeWait", "acknowledgements still count", "write 5", "> A 1 2 +5", "< A 2 6", "tick 2000", "count timeouts 0"),
]);
