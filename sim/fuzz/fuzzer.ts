/**
 * The fuzzer: one input after the other, each from a seed and its number alone, played on stages that take turns. It stops
 * for nothing but asks its caller to: the first input of which something came that must not be is a Finding.
 */

import type { Capture } from "../capture/pcap.ts";
import { descriptorInput } from "./descriptor-source.ts";
import { Draws } from "./draws.ts";
import { FrameSource } from "./frame-source.ts";
import type { FuzzAction, FuzzInput, FuzzKind } from "./input.ts";
import { reasonsOf } from "./reasons.ts";
import { registerInput } from "./register-source.ts";
import type { Stage } from "./stage.ts";

/** One in so many executions is looked at with everything there is: the kernel's invariants take longer than the rest. */
const THOROUGH_EVERY = 4;
/** Attempts to make a finding smaller. */
const SHRINKS_MAX = 400;

export interface FuzzSetup {
  readonly kind: FuzzKind;
  readonly seed: number;
  /** Of stages.ts, in turn. */
  readonly stages: readonly string[];
  /** Frames of which some inputs are made. */
  readonly capture: Capture;
}

/** Where stages are had by name: Stages, or whoever stands in for it. */
export interface StageSource {
  get(name: string): Stage;
}

export interface Finding {
  readonly kind: FuzzKind;
  readonly seed: number;
  readonly execution: number;
  readonly input: FuzzInput;
  readonly problems: readonly string[];
}

export class Fuzzer {
  readonly #setup: FuzzSetup;
  readonly #stages: StageSource;
  readonly #frames: FrameSource;
  readonly #reached = new Set<string>();
  readonly #reasons: readonly string[];
  #executions = 0;

  constructor(setup: FuzzSetup, stages: StageSource) {
    this.#setup = setup;
    this.#stages = stages;
    this.#frames = new FrameSource(setup.capture);
    this.#reasons = reasonsOf(setup.kind);
  }

  get executions(): number {
    return this.#executions;
  }

  /** Every reason for refusal that an input of this kind can reach. */
  get reasons(): readonly string[] {
    return this.#reasons;
  }

  /** Those that were reached, in the same order. */
  get reached(): readonly string[] {
    return this.#reasons.filter((reason) => this.#reached.has(reason));
  }

  /** Makes and plays the next input. Null if all is well. */
  step(): Finding | null {
    const { kind, seed } = this.#setup;
    const execution = this.#executions++;
    const input = this.inputOf(execution);
    const problems = this.#play(input, execution % THOROUGH_EVERY === 0);
    return problems.length === 0 ? null : Object.freeze({ kind, seed, execution, input, problems });
  }

  /** The input of an execution. */
  inputOf(execution: number): FuzzInput {
    const { kind, seed, stages } = this.#setup;
    const draws = new Draws(seed, execution);
    const stage = stages[execution % stages.length];
    switch (kind) {
      case "frames":
        return this.#frames.make(draws, execution, stage);
      case "registers":
        return registerInput(draws, execution, stage, this.#frames);
      case "descriptors":
        return descriptorInput(draws, execution, stage, this.#frames);
    }
  }

  /** The same finding with as few actions as a few hundred attempts can do with: something is still wrong, if not the same. */
  shrink(finding: Finding): Finding {
    const { stage } = finding.input;
    let { actions } = finding.input;
    let { problems } = finding;
    let attempts = 0;
    for (let size = actions.length >> 1; size >= 1; size >>= 1) {
      for (let from = 0; from < actions.length && attempts < SHRINKS_MAX; attempts++) {
        const fewer: readonly FuzzAction[] = [...actions.slice(0, from), ...actions.slice(from + size)];
        const still = this.#play({ stage, actions: fewer }, true);
        if (still.length === 0) from += size;
        else [actions, problems] = [fewer, still];
      }
    }
    return Object.freeze({ ...finding, input: Object.freeze({ stage, actions }), problems });
  }

  #play({ stage, actions }: FuzzInput, thorough: boolean): readonly string[] {
    return this.#stages.get(stage).play(actions, this.#reached, thorough);
  }
}
