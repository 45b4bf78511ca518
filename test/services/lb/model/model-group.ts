/** A group as the model knows it: its members with their counts, and who waits. */

export interface MemberSpec {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

/** One group of a configuration; 0 for a limit that is off. */
export interface GroupSpec {
  readonly name: string;
  readonly algorithm: string;
  readonly members: readonly MemberSpec[];
  readonly connectionsMax: number;
  readonly backendConnectionsMax: number;
  readonly pendingMax: number;
  readonly pendingTicks: number;
  readonly retryPercent: number;
  readonly retriesLeast: number;
}

export interface Member {
  readonly key: string;
  healthy: boolean;
  drainUntil: number;
  active: number;
}

export interface Waiting {
  readonly ticket: number;
  readonly deadline: number;
}

export const keyOf = ({ address, port }: { readonly address: string; readonly port: number }): string => `${address} ${port}`;

export class ModelGroup {
  readonly spec: GroupSpec;
  readonly members: Member[];
  readonly waiting: Waiting[];

  constructor(spec: GroupSpec, members: Member[], waiting: Waiting[]) {
    this.spec = spec;
    this.members = members;
    this.waiting = waiting;
  }

  get open(): number {
    return this.members.reduce((sum, { active }) => sum + active, 0);
  }

  get isFull(): boolean {
    return this.spec.connectionsMax !== 0 && this.open >= this.spec.connectionsMax;
  }

  get inService(): readonly Member[] {
    return this.members.filter((member) => member.healthy && member.drainUntil === 0);
  }

  /** Those that may take one request more. */
  get candidates(): readonly Member[] {
    const most = this.spec.backendConnectionsMax;
    return this.inService.filter((member) => most === 0 || member.active < most);
  }

  find({ address, port }: { readonly address: string; readonly port: number }): Member | undefined {
    return this.members.find(({ key }) => key === keyOf({ address, port }));
  }
}
