/** The long campaign of the model-based property tests: `npm run test:properties`. In `npm test` the same files run 200 sequences each. */

import { mergeConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** Sequences for each property, unless the caller says otherwise; the workers inherit it. */
process.env.PROPERTY_RUNS ??= "10000";

const long = mergeConfig(config, { test: { testTimeout: 3_600_000 } });
long.test.include = ["test/**/*.property.test.ts"];

export default long;
