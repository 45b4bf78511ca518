#!/usr/bin/env node
/** The program `veridian`. */

import { main } from "./main.ts";
import { processTerminal } from "./terminal.ts";

process.exitCode = main(process.argv.slice(2), processTerminal());
