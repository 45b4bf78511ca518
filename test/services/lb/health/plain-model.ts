/**
 * A group's health as a person would write it down, for comparison: no counts that are kept, no next tick that is
 * remembered; at every step all members are looked at. Times are kept as they were given.
 */

export interface ModelPolicy {
  readonly probeIntervalTicks: number;
  readonly probeTimeoutTicks: number;
  readonly rise: number;
  readonly fall: number;
  readonly ejectFailures: number;
  readonly ejectTicks: number;
  readonly ejectPercent: number;
  readonly panicPercent: number;
  readonly slowStartTicks: number;
}

export class ModelMember {
  readonly name: string;
  readonly weight: number;
  healthy = true;
  /** In a row, of the kind that came last. */
  probes = { passed: false, count: 0 };
  /** When an answer is awaited: until when. */
  awaited: number | null = null;
  nextProbe: number | null = null;
  ejectedUntil: number | null = null;
  failures = 0;
  multiplier = 0;
  calmSince = 0;
  timesEjected = 0;
  drainUntil: number | null = null;
  open = 0;
  slowSince: number | null = null;

  constructor(name: string, weight: number) {
    this.name = name;
    this.weight = weight;
  }

  get fit(): boolean {
    return this.healthy && this.ejectedUntil === null;
  }

  get available(): boolean {
    return this.fit && this.drainUntil === null;
  }
}

export class PlainModel {
  readonly policy: ModelPolicy;
  members: ModelMember[] = [];
  refused = 0;

  constructor(policy: ModelPolicy) {
    this.policy = policy;
  }

  get ejected(): number {
    return this.members.filter((member) => member.ejectedUntil !== null).length;
  }

  get mayBeEjected(): number {
    return Math.floor((this.policy.ejectPercent * this.members.length) / 100);
  }

  get panicking(): boolean {
    return this.members.filter((member) => member.available).length * 100 < this.policy.panicPercent * this.members.length;
  }

  /** What happens by itself until that tick. */
  pass(tick: number): void {
    for (const member of this.members) {
      if (member.awaited !== null && tick >= member.awaited) this.answered(member, false, member.awaited);
      if (member.ejectedUntil !== null && tick >= member.ejectedUntil) this.release(member, member.ejectedUntil);
      if (member.slowSince !== null && tick >= member.slowSince + this.policy.slowStartTicks) member.slowSince = null;
    }
    while (this.ejected > this.mayBeEjected) {
      const out = this.members.filter((member) => member.ejectedUntil !== null);
      const first = Math.min(...out.map((member) => member.ejectedUntil!));
      this.release(out.find((member) => member.ejectedUntil === first)!, tick);
    }
  }

  #change(member: ModelMember, tick: number, how: () => void): void {
    const before = member.fit;
    how();
    if (member.fit && !before && this.policy.slowStartTicks > 0) member.slowSince = tick;
    if (!member.fit) member.slowSince = null;
  }

  release(member: ModelMember, tick: number): void {
    this.#change(member, tick, () => (member.ejectedUntil = null));
    member.failures = 0;
    member.calmSince = tick;
  }

  judge(member: ModelMember, healthy: boolean, tick: number): void {
    this.#change(member, tick, () => (member.healthy = healthy));
    member.probes = { passed: false, count: 0 };
  }

  answered(member: ModelMember, passed: boolean, tick: number): void {
    member.awaited = null;
    member.probes = member.probes.passed === passed ? { passed, count: member.probes.count + 1 } : { passed, count: 1 };
    if (passed && !member.healthy && member.probes.count >= this.policy.rise) this.judge(member, true, tick);
    if (!passed && member.healthy && member.probes.count >= this.policy.fall) this.judge(member, false, tick);
  }

  /** The one whose probe is due for longest. */
  probe(tick: number): ModelMember | undefined {
    for (const member of this.members) member.nextProbe ??= tick;
    const due = this.members.filter((member) => member.awaited === null && member.nextProbe! <= tick);
    const first = Math.min(...due.map((member) => member.nextProbe!));
    const found = due.find((member) => member.nextProbe === first);
    if (found !== undefined) {
      found.awaited = tick + this.policy.probeTimeoutTicks;
      found.nextProbe = tick + this.policy.probeIntervalTicks;
    }
    return found;
  }

  result(member: ModelMember, failed: boolean, tick: number): void {
    if (!failed) member.failures = 0;
    if (!failed || member.ejectedUntil !== null) return;
    member.failures += 1;
    if (tick > member.calmSince) {
      for (let calm = tick - member.calmSince; calm >= this.policy.ejectTicks && member.multiplier > 0; calm -= this.policy.ejectTicks) member.multiplier -= 1;
      member.calmSince = tick;
    }
    if (member.failures < this.policy.ejectFailures) return;
    if (this.ejected + 1 > this.mayBeEjected) {
      this.refused += 1;
      return;
    }
    member.multiplier += 1;
    member.timesEjected += 1;
    this.#change(member, tick, () => (member.ejectedUntil = tick + this.policy.ejectTicks * member.multiplier));
  }

  add(member: ModelMember, tick: number): void {
    this.members.push(member);
    if (member.healthy && this.policy.slowStartTicks > 0) member.slowSince = tick;
    this.pass(tick);
  }

  remove(member: ModelMember, tick: number): void {
    this.members = this.members.filter((other) => other !== member);
    this.pass(tick);
  }

  /** Those who drain and have nothing open or are at their deadline, from the last to the first. */
  drained(tick: number): void {
    for (const member of [...this.members].reverse()) {
      if (member.drainUntil !== null && (member.open === 0 || tick >= member.drainUntil)) this.remove(member, tick);
    }
  }

  weight(member: ModelMember, tick: number): number {
    const whole = member.weight * 100;
    if (member.slowSince === null) return whole;
    const elapsed = Math.min(this.policy.slowStartTicks, Math.max(0, tick - member.slowSince));
    return Math.floor((whole * (10 * this.policy.slowStartTicks - 9 * (this.policy.slowStartTicks - elapsed))) / (10 * this.policy.slowStartTicks));
  }
}
