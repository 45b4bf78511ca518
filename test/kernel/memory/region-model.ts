/**
 * A model of shared regions: what each holds, who maps it by which tokens, and what sharing, moving and copying on write
 * do. Tokens are named by process and cell; a region's content is eight bytes.
 */

import { Errno } from "../../../kernel/errno.ts";

export const PROBED = 8;
export const READ = 1;
export const READ_WRITE = 3;

export interface ModelRegion {
  readonly name: string;
  readonly bytes: number;
  readonly devices: boolean;
  readonly content: number[];
  /** -1: nobody's. */
  owner: number;
  frozen: boolean;
  /** A copy: it is in a spare. */
  readonly copy: boolean;
}

export interface ModelToken {
  readonly process: number;
  readonly cell: number;
  region: ModelRegion;
  readonly rights: number;
  /** It has GRANT, and DELETE: only tokens of the manifest may. */
  readonly grants: boolean;
  readonly deletes: boolean;
}

/** What a message brings, once it is accepted. */
export interface Passed {
  readonly region: ModelRegion;
  readonly rights: number;
}

export class RegionModel {
  readonly tokens: ModelToken[] = [];
  readonly alive: boolean[];
  readonly spares: number;
  readonly spareBytes: number;
  #copies = 0;

  constructor(processes: number, spares: number, spareBytes: number) {
    this.alive = Array<boolean>(processes).fill(true);
    this.spares = spares;
    this.spareBytes = spareBytes;
  }

  tokensOf(region: ModelRegion): ModelToken[] {
    return this.tokens.filter((token) => token.region === region);
  }

  /** Why the message is not sent, or what it brings. */
  share(token: ModelToken, rights: number): number | Passed {
    if (token.region.owner !== token.process && !token.grants) return Errno.permissionDenied;
    if (rights !== READ && rights !== READ_WRITE) return Errno.invalidArgument;
    if ((token.rights & rights) !== rights) return Errno.permissionDenied;
    return { region: token.region, rights };
  }

  move(token: ModelToken): number | Passed {
    const { region, process } = token;
    if (region.owner !== process) return Errno.permissionDenied;
    if (this.tokensOf(region).some((other) => other.process !== process)) return Errno.resourceBusy;
    return { region, rights: token.rights };
  }

  copyOnWrite(token: ModelToken): number | Passed {
    const { region, process } = token;
    if (region.owner !== process && !token.grants) return Errno.permissionDenied;
    if (region.devices || region.bytes > this.spareBytes) return Errno.invalidMemoryRegion;
    if (!region.frozen && this.tokensOf(region).some((other) => other.process !== process && (other.rights & 2) !== 0)) return Errno.resourceBusy;
    return { region, rights: token.rights };
  }

  /** The mover's tokens are gone; the region is nobody's until it is taken. */
  moved(region: ModelRegion, process: number): void {
    for (const token of this.tokensOf(region)) if (token.process === process) this.tokens.splice(this.tokens.indexOf(token), 1);
    region.owner = -1;
  }

  /** The message's receiver keeps the token in this cell. */
  taken(process: number, cell: number, passed: Passed): void {
    if (passed.region.owner === -1) passed.region.owner = process;
    this.tokens.push({ process, cell, region: passed.region, rights: passed.rights, grants: false, deletes: false });
  }

  /** What a write of one byte answers: 0, resourceExhausted, or what the kernel faults. The copy is made here. */
  write(token: ModelToken, offset: number, value: number): number {
    if ((token.rights & 2) === 0) throw new Error("a fault is not modelled");
    const { region, process } = token;
    if (region.frozen) {
      if (this.tokensOf(region).some((other) => other.process !== process)) {
        if (this.#copiesInUse() === this.spares) return Errno.resourceExhausted;
        this.#copy(region, process);
      } else region.frozen = false;
    }
    token.region.content[offset] = value;
    return 0;
  }

  #copiesInUse(): number {
    return new Set(this.tokens.filter((token) => token.region.copy).map((token) => token.region)).size;
  }

  #copy(region: ModelRegion, process: number): void {
    this.#copies += 1;
    const copy: ModelRegion = { ...region, name: `copy ${this.#copies}`, content: [...region.content], owner: process, frozen: false, copy: true };
    for (const token of this.tokensOf(region)) if (token.process === process) token.region = copy;
    if (region.owner === process) this.#inherit(region);
  }

  drop(token: ModelToken): void {
    this.tokens.splice(this.tokens.indexOf(token), 1);
    const { region, process } = token;
    if (region.owner === process && !this.tokensOf(region).some((other) => other.process === process)) this.#inherit(region);
  }

  end(process: number): void {
    this.alive[process] = false;
    for (const token of this.tokens.filter((one) => one.process === process)) this.drop(token);
  }

  #inherit(region: ModelRegion): void {
    region.owner = Math.min(...this.tokensOf(region).map((token) => token.process), Infinity);
    if (region.owner === Infinity) region.owner = -1;
  }
}
