/** A single request is never answered; the connection stays open. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";

export const mute: Fault = Object.freeze<Fault>({
  name: "backend.mute",
  layer: "backend",
  summary: "a backend never answers a request that it has taken",
  site: SimSite.requestUnanswered,
  parameters: Object.freeze({}),
  words: () => "it never answers this request",
});
