/** A campaign as an order asks for it, and a share of its seeds: what each worker does, and what is done without workers. */

import { Campaign } from "../../explore/campaign.ts";
import type { Repro } from "../../explore/repro-file.ts";
import type { Problem } from "../../problem.ts";
import { problemText } from "../../problem.ts";
import { experimentOf } from "./open-experiment.ts";
import type { Order, Share, ShareDone } from "./orders.ts";

/** Throws a RangeError for an experiment that there is not, or that does not boot. */
export function startCampaign({ text, build, strategy, depth }: Order): Campaign {
  const problems: Problem[] = [];
  const experiment = experimentOf(text, problems);
  if (experiment === null) throw new RangeError(problems.map((one) => problemText(one)).join("\n"));
  return new Campaign({ experiment, text, build, strategy, ...(depth === undefined ? {} : { depth }) });
}

export function playShare(campaign: Campaign, { place, range }: Share): ShareDone {
  const failed: Repro[] = [];
  const report = campaign.play(range, (run) => failed.push(run));
  return { place, report, failed };
}
