/** What others say to the visitor: calls to `requests`. */

export const VisitorOpcode = Object.freeze({
  /**
   * A name (data0, data1) and a number (data2): looks the name up, and calls what it finds with this very opcode and the
   * number. Answered at once; what came of it is asked for later.
   */
  visit: 1,
  /** -> what came of the last visit: data0 one of VisitEnd, data1 the errno without its sign, data2 the number that came back. */
  ask: 2,
  /** A number (data2): calls what the last visit found once more, without looking the name up. */
  again: 3,
});

export const VisitEnd = Object.freeze({
  nothing: 0,
  underWay: 1,
  /** The name server refused. */
  notFound: 2,
  /** The call was refused: the right was taken back, or its holder has closed. */
  refused: 3,
  answered: 4,
});
