/** Backends that answer by themselves. */

import type { Listener } from "./peer.ts";

/** Answers each request head with that text, as soon as it is whole. */
export function answering(text: string): Listener {
  return (peer) => {
    let answered = 0;
    peer.onChange = () => {
      const heads = peer.received.split("\r\n\r\n").length - 1;
      for (; answered < heads; answered++) peer.send(text);
    };
  };
}

/** Answers so many requests, and resets the connection when another one comes. */
export function answeringOnce(text: string, times = 1): Listener {
  return (peer) => {
    let answered = 0;
    peer.onChange = () => {
      const heads = peer.received.split("\r\n\r\n").length - 1;
      for (; answered < heads; answered++) {
        if (answered >= times) peer.reset();
        else peer.send(text);
      }
    };
  };
}
