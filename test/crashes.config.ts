/** The long crash sweep, every crossing of every process: `npm run test:crashes`. In `npm test` the same file takes few of them. */

import { mergeConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** The workers inherit it. */
process.env.CRASHES ??= "all";

const long = mergeConfig(config, { test: { testTimeout: 3_600_000 } });
long.test.include = ["test/crash-sweep.test.ts"];

export default long;
