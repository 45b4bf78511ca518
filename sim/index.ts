/**
 * The package's main entry: everything that a first service needs from one import. Boot a manifest into a machine, give
 * the machine a world (frames, a capture, a mailbox), run it until a tick or a condition, copy it, put it back, look
 * into it by name. The command line is written on this.
 *
 *     const machine = boot(manifest);            // kernel: Machine
 *     const world = worldOf(machine);            // frames and mailbox around it
 *     world.runUntilTick(5);
 *     machine.inspect("state.echo").served;      // any record of RAM by name
 */

export * from "../hal/index.ts";
export * from "../kernel/index.ts";
export { gateway } from "../services/gateway.ts";

export { callsPage } from "./abi/calls-page.ts";
export type { AbiSection } from "./abi/catalogue.ts";
export { ABI } from "./abi/catalogue.ts";
export { layoutsPage } from "./abi/layouts-page.ts";
export { rustText } from "./abi/rust.ts";
export type { Account } from "./account.ts";
export { brokenLaws } from "./account.ts";
export { addressText, ipv4Text, ipv6Text, macText, parseMac } from "./address-text.ts";
export type { Backend, ConfigRemark, Group, Vip } from "./balancer.ts";
export { configure, queryGroups, queryVips } from "./balancer.ts";
export { ownMac } from "./capture/own-mac.ts";
export { CaptureWriter } from "./capture/pcap-writer.ts";
export type { CaptureReading } from "./capture/pcap.ts";
export { Capture, readCapture } from "./capture/pcap.ts";
export type { ConfigCheck, ConfigSummary } from "./check-config.ts";
export { checkConfig } from "./check-config.ts";
export type { ConfigFinding } from "./config-words.ts";
export { configFindings, configNotes, configProblems } from "./config-words.ts";
export type { Decision } from "./decisions.ts";
export { DecisionRecorder } from "./decisions.ts";
export type { Example, ExampleStep, PlayedStep } from "./examples/example.ts";
export { playExample } from "./examples/example.ts";
export { EXAMPLES } from "./examples/index.ts";
export { EXPERIMENTS, experimentNamed } from "./experiments/catalogue.ts";
export type { Course } from "./explore/course.ts";
export { Relay, WorldCourse, theatreCourse } from "./explore/course.ts";
export type { EndCondition } from "./explore/end-condition.ts";
export type { Experiment, Surroundings } from "./explore/experiment.ts";
export type { ExploreOptions } from "./explore/explore.ts";
export { ExplorationError, explore } from "./explore/explore.ts";
export type { Outcome } from "./explore/outcome.ts";
export { readExperiment } from "./explore/read-experiment.ts";
export type { SavedWorld } from "./explore/saved-world.ts";
export { misfit, readSavedWorld, savedWorldBytes } from "./explore/saved-world.ts";
export type { Run } from "./explore/theatre.ts";
export { Theatre } from "./explore/theatre.ts";
export { TimeTravel } from "./explore/time-travel.ts";
export type { Finding, FuzzSetup } from "./fuzz/fuzzer.ts";
export { Fuzzer } from "./fuzz/fuzzer.ts";
export type { FuzzAction, FuzzInput, FuzzKind } from "./fuzz/input.ts";
export { Stages, stagesFor } from "./fuzz/stages.ts";
export { HAZARDS, hazardNamed } from "./hazards/catalogue.ts";
export type { Hazard, HazardScenario, Scene } from "./hazards/hazard.ts";
export type { HazardRun, HazardVerdict } from "./hazards/run-hazard.ts";
export { runHazard } from "./hazards/run-hazard.ts";
export type { SeekBudget, Sought } from "./hazards/seek-hazard.ts";
export { seekHazard } from "./hazards/seek-hazard.ts";
export type { Variant } from "./hazards/variant.ts";
export { withVariant } from "./hazards/variant.ts";
export type { Differences, FieldDifference } from "./inspect/differences.ts";
export { differencesOf } from "./inspect/differences.ts";
export type { Dump } from "./inspect/dump.ts";
export { readDump } from "./inspect/dump.ts";
export type { Topic } from "./inspect/topics.ts";
export { TOPICS } from "./inspect/topics.ts";
export { DumpRecorder, InvariantViolation, InvariantWatcher } from "./inspect/watchers.ts";
export { BUILT_IN_CONFIGURATION } from "./machines/configuration.ts";
export { MACHINES, e1000, large, proxy, standard, tiny, virtio, virtio2, virtio4 } from "./machines/index.ts";
export type { MachineChoice, MachineModel, Setting } from "./machines/model.ts";
export type { Family, Sample } from "./metrics/exposition.ts";
export { expositionText } from "./metrics/exposition.ts";
export { familiesOf } from "./metrics/families.ts";
export { scenarioFamilies } from "./metrics/scenario-families.ts";
export type { BalancerMetrics } from "./metrics/query.ts";
export { queryMetrics } from "./metrics/query.ts";
export type { Observer } from "./observer.ts";
export { OperandReader, OperandWriter } from "./operands.ts";
export type { Answer } from "./operator.ts";
export { request } from "./operator.ts";
export type { Problem } from "./problem.ts";
export { problemText } from "./problem.ts";
export type { Prototype, PrototypeLine } from "./prototype.ts";
export { Bench, prototype } from "./prototype.ts";
export type { RunEnd, RunSetup } from "./run.ts";
export { finishRun, startRun } from "./run.ts";
export type { ScenarioPlan } from "./scenario/plan.ts";
export { ProgressWatcher } from "./scenario/progress.ts";
export { readScenario } from "./scenario/read-scenario.ts";
export type { ScenarioAccount, ScenarioEnd } from "./scenario/scenario-account.ts";
export { finishScenario } from "./scenario/scenario-account.ts";
export type { ScenarioFiles } from "./scenario/scenario-files.ts";
export { NO_FILES } from "./scenario/scenario-files.ts";
export { scenarioSetup } from "./scenario/surroundings.ts";
export { TransmitRecorder } from "./transmitted.ts";
export type { Divergence, Repeatable } from "./verify.ts";
export { TickRecorder, verify } from "./verify.ts";
export type { WorldSetup, WorldSnapshot } from "./world.ts";
export { World, worldOf } from "./world.ts";
