/** All rules, in the order of the RFC; a rule's number is its place here, from 1. */

import { CHUNKS } from "./chunks.ts";
import { CONNECTIONS } from "./connections.ts";
import { FIELDS } from "./fields.ts";
import { FRAMING } from "./framing.ts";
import { MESSAGES } from "./messages.ts";
import type { Rule } from "./rule.ts";
import { TARGETS } from "./targets.ts";

export const RULES: readonly Rule[] = Object.freeze([...MESSAGES, ...TARGETS, ...FIELDS, ...FRAMING, ...CHUNKS, ...CONNECTIONS]);
