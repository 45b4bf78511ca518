import { describe, expect, test } from "vitest";
import { shortAnswers } from "../sim/registers/known-differences.ts";
import { playRegisterScript } from "../sim/registers/play-script.ts";
import type { Step } from "../sim/registers/script.ts";
import { KNOWN_DIFFERENCES, loadRegisterScripts } from "./registers/load.ts";

const scripts = loadRegisterScripts();

describe("recorded register scripts, played on our devices", () => {
  test.each(scripts.map((script) => [script.name, script] as const))("%s", (name, script) => {
    const { differences, notModelled } = playRegisterScript(script);
    expect(notModelled).toBe(0);
    expect(differences.map((difference) => ({ step: difference.step, ...shortAnswers(difference) }))).toEqual(
      KNOWN_DIFFERENCES.filter((known) => known.script === name).map(({ step, wanted, got }) => ({ step, wanted, got })),
    );
  });

  test("are all there", () => {
    expect(scripts.filter((script) => script.device === "e1000").length).toBe(36);
    expect(scripts.filter((script) => script.device === "virtio-net-mmio").length).toBe(20);
    expect(scripts.reduce((answers, script) => answers + playRegisterScript(script).answers, 0)).toBe(1950);
    expect(KNOWN_DIFFERENCES.filter((known) => !scripts.some((script) => script.name === known.script))).toEqual([]);
  });
});

/** Another answer than the recorded one. */
function falsified(step: Step): Step {
  switch (step.op) {
    case "readl":
    case "readw":
    case "readb":
      return { ...step, value: step.value ^ 1 };
    case "mem_read":
      return { ...step, bytes: step.bytes.map((byte, i) => (i === step.bytes.length - 1 ? byte ^ 1 : byte)) };
    case "expect_tx":
      return { ...step, bytes: step.bytes === null ? Uint8Array.of(1) : step.bytes.slice(1) };
    case "irq":
      return { ...step, level: 1 - step.level };
    default:
      return step;
  }
}

describe("comparing", () => {
  test("each wrong answer is found, at its step and at no other, unless the step departs", () => {
    for (const name of ["e1000_tx_one", "virtio_identity"]) {
      const script = scripts.find((candidate) => candidate.name === name)!;
      for (const [index, step] of script.steps.entries()) {
        const changed = falsified(step);
        const steps = script.steps.map((each, i) => (i === index ? changed : each));
        const found = playRegisterScript({ ...script, steps }).differences.map((difference) => difference.step);
        expect(found).toEqual(changed === step || step.departs ? [] : [index]);
      }
    }
  });

  test("a device that is configured in an unknown way is not modelled, which is no agreement", () => {
    const script = scripts.find((candidate) => candidate.name === "virtio_mq")!;
    const { answers } = playRegisterScript(script);
    for (const deviceOptions of ["mq=off", "mq=on,packed=on"]) expect(playRegisterScript({ ...script, deviceOptions })).toEqual({ answers: 0, differences: [], notModelled: answers });
    expect(playRegisterScript({ ...scripts[0], deviceOptions: "mq=on" }).answers).toBe(0);
  });
});
