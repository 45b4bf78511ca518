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

/** Backends that answer when the gate is opened, and from then on at once. */
export class Gate {
  readonly #text: string;
  readonly #waiting = new Set<() => void>();
  #open = false;

  constructor(text: string) {
    this.#text = text;
  }

  readonly listener: Listener = (peer) => {
    let answered = 0;
    const answer = (): void => {
      const heads = peer.received.split("\r\n\r\n").length - 1;
      for (; this.#open && answered < heads; answered++) peer.send(this.#text);
    };
    this.#waiting.add(answer);
    peer.onChange = answer;
  };

  open(): void {
    this.#open = true;
    for (const answer of this.#waiting) answer();
  }
}
