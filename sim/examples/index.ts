/** All examples, from the smallest on. */

import { echoExample } from "./echo.ts";
import type { Example } from "./example.ts";
import { keyValueStoreExample } from "./key-value-store.ts";
import { loopbackExample } from "./loopback.ts";
import { nameServerExample } from "./name-server.ts";

export const EXAMPLES: readonly Example[] = Object.freeze([echoExample, loopbackExample, keyValueStoreExample, nameServerExample]);
