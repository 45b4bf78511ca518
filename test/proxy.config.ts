/** The long proxied runs, 10^5 requests over a clean and over a bad link: `npm run test:proxy`. In `npm test` the same file makes few. */

import { mergeConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** Requests of each run, unless the caller says otherwise; the workers inherit it. */
process.env.PROXY_REQUESTS ??= "100000";

const long = mergeConfig(config, { test: { testTimeout: 3_600_000, disableConsoleIntercept: true } });
long.test.include = ["test/proxy.test.ts"];

export default long;
