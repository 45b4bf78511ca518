/** Reads `KEY=VALUE` settings of a machine model, and its size of RAM, as people write them. */

import { RAM_BYTES_MAX, RAM_BYTES_MIN } from "../../kernel/manifest.ts";
import type { Problem } from "../problem.ts";
import { problem } from "../problem.ts";
import { parseSize, sizeText } from "../size.ts";
import { closest } from "../suggest.ts";
import type { MachineModel, Setting } from "./model.ts";

/** The settings by name; what is wrong with them goes into `problems`. A name given twice takes its last value. */
export function readSettings(model: MachineModel, texts: readonly string[], problems: Problem[]): Record<string, number> {
  const settings: Record<string, number> = {};
  for (const text of texts) {
    const place = `--set ${text}`;
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const setting = Object.hasOwn(model.settings, name) ? model.settings[name] : undefined;
    if (setting === undefined) {
      const meant = closest(name, Object.keys(model.settings));
      problems.push(problem(place, `machine ${model.name} has no setting "${name}"`, meant === "" ? `one of ${Object.keys(model.settings).join(", ")}` : `${meant}, perhaps`));
      continue;
    }
    const value = equals < 0 ? -1 : readValue(setting, text.slice(equals + 1));
    if (value < setting.least || value > setting.most) problems.push(problem(place, equals < 0 ? "the value is missing" : `the value is "${text.slice(equals + 1)}"`, expectation(setting)));
    else settings[name] = value;
  }
  return settings;
}

/** Bytes of RAM; 0, and a problem in the list, if the text is no size that a machine may have. */
export function readRamBytes(text: string, problems: Problem[]): number {
  const bytes = parseSize(text);
  if (bytes >= RAM_BYTES_MIN && bytes <= RAM_BYTES_MAX && bytes % 64 === 0) return bytes;
  problems.push(problem(`--ram ${text}`, bytes < 0 ? "this is no size" : `this is ${bytes} bytes`, "64K to 1G, a multiple of 64"));
  return 0;
}

function readValue(setting: Setting, text: string): number {
  if (setting.unit === "bytes") return parseSize(text);
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : -1;
}

function expectation({ unit, least, most }: Setting): string {
  return unit === "bytes" ? `a size of ${sizeText(least)} to ${sizeText(most)}` : `a whole number of ${least} to ${most}`;
}
