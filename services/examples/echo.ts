/**
 * Echo: the smallest service that is of any use. It answers a call with the words that came, and remembers one number.
 * A service of one's own can begin as a copy of this file.
 */

import { u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { Errno } from "../../kernel/errno.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { EchoOpcode } from "./echo-api.ts";
import { holdsNumbers } from "./words.ts";

/** All that it remembers lies in its arena, under this layout: there it is copied, compared and inspected. */
const state = Object.freeze({ echoed: u32 });

export const echo = service({
  name: "echo",
  state: layout("EchoState", state),
  receives: ["requests"],
  handle(message, context) {
    // Besides messages there is the first run, at boot; it has nothing to prepare.
    if (message.delivery !== Delivery.message) return;
    if (!holdsNumbers(context.shared, message.at)) context.reply(Errno.invalidArgument);
    else if (message.opcode === EchoOpcode.echo) {
      context.state.echoed += 1;
      context.reply(Errno.ok, message.data0, message.data1, message.data2, message.data3);
    } else if (message.opcode === EchoOpcode.count) context.reply(Errno.ok, context.state.echoed);
    else context.reply(Errno.invalidMessage);
  },
});
