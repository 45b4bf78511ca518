/**
 * What a real nginx 1.22 chose for real clients, and what ours chooses for the same (test/data/nginx-choices.json.gz,
 * from its access logs): ip_hash by client address, `hash $cookie_veridian_session consistent` by cookie, and round robin
 * with weights 1, 1, 2 in the order of the log. The nginx had one worker; the logs are those of the recordings in which
 * requests came one after the other, so that log order is the order of decisions (two with requests under way at once
 * are left out).
 */

import { describe, expect, test } from "vitest";
import { PickRequest } from "../../../../services/lb/algorithm/pick-request.ts";
import { CRC32_BEGIN, crc32Byte } from "../../../../services/lb/hash.ts";
import { readData } from "../../net/http/harness.ts";
import type { AlgorithmName } from "./pool.ts";
import { Pool } from "./pool.ts";

interface Choices {
  readonly clientHash: readonly (readonly [client: string, port: number])[];
  readonly session: readonly (readonly [cookies: string | null, port: number])[];
  readonly turns: readonly (readonly [recording: string, lastDigits: string])[];
}

const CHOICES = readData<Choices>("nginx-choices.json.gz");

function nginx(algorithm: AlgorithmName, weights: readonly number[]): Pool {
  return new Pool(algorithm, weights.map((weight, i) => ({ address: "127.0.0.1", port: 9101 + i, weight })));
}

function portOf(pool: Pool, chosen: number): number {
  return Number(pool.name(chosen).split(":")[1]);
}

function cookie(cookies: string | null): string {
  const pairs = (cookies ?? "").split(";").map((pair) => pair.trim().split("="));
  return pairs.find(([name]) => name!.toLowerCase() === "veridian_session")?.[1] ?? "";
}

describe("as a real nginx did", () => {
  test("ip_hash: each of 48 requests", () => {
    const pool = nginx("IpHash", [1, 1, 1, 1]);
    const chosen = CHOICES.clientHash.map(([client]) => {
      pool.ask(0);
      client.split(".").forEach((part, i) => (pool.memory.u8[PickRequest.client.at(pool.request) + i] = Number(part)));
      return portOf(pool, pool.choose());
    });
    expect(chosen).toEqual(CHOICES.clientHash.map(([, port]) => port));
    expect(new Set(chosen).size).toBeGreaterThan(1);
  });

  test("hash ... consistent: each of 53 requests, and turns for those without the cookie", () => {
    const pool = nginx("RingHash", [1, 1, 1, 1]);
    const chosen = CHOICES.session.map(([cookies]) => {
      const key = cookie(cookies);
      let crc = CRC32_BEGIN;
      for (const character of key) crc = crc32Byte(crc, character.charCodeAt(0));
      pool.ask(~crc);
      PickRequest.keyless.set(pool.memory, pool.request, key === "" ? 1 : 0);
      return portOf(pool, pool.choose());
    });
    expect(chosen).toEqual(CHOICES.session.map(([, port]) => port));
    expect(new Set(chosen).size).toBe(4);
  });

  test.each(CHOICES.turns)("smooth weighted round robin: %s, %s", (_, digits) => {
    const starts = [0, 1, 2, 3].filter((start) => {
      const pool = nginx("WeightedRoundRobin", [1, 1, 2]);
      for (let i = 0; i < start; i++) pool.pick();
      return [...digits].every((digit) => String(portOf(pool, pool.pick())).endsWith(digit));
    });
    expect(starts.length, "from one of the four states of these weights on").toBeGreaterThan(0);
  });
});
