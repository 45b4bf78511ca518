import { expect, test } from "vitest";
import { readPlainConfiguration } from "../../../sim/checkers/plain-configuration.ts";

const TEXT = `# a comment
semantics=strict
session=:40
rate_limit_rps=20
rate_limit_burst=5
group=app:wrr
member=app:10.30.0.1:8080:3
member=app:[fd00::7]:8080
max_connections=app:9
backend_max_connections=app:2
route=/api:[fd00::1]:api
exact=/x:a.example:api@0,app@2
method=GET,HEAD
header=X-Key:exact:a:b
default=app
rule=
default=other
`;

test("a second reading of a configuration knows what laws need", () => {
  const plain = readPlainConfiguration(TEXT);
  expect(plain).toMatchObject({ strict: true, sessionCookie: "VERIDIAN_SESSION", sessionTicks: 40, requestsPerSecond: 20, burst: 5, rateRules: 0, default: "app" });
  expect(plain.groups).toEqual([{ name: "app", algorithm: "wrr", weights: new Map([["10.30.0.1:8080", 3], ["[fd00::7]:8080", 1]]), connectionsMax: 9, backendConnectionsMax: 2 }]);
  expect(plain.routes).toEqual([
    { exact: false, path: "/api", host: "[fd00::1]", methods: [], headers: [], targets: ["api"] },
    { exact: true, path: "/x", host: "a.example", methods: ["GET", "HEAD"], headers: ["X-Key:exact:a:b"], targets: ["app"] },
  ]);
});

test("what is not said is what the balancer does without it", () => {
  expect(readPlainConfiguration("")).toMatchObject({ strict: false, sessionCookie: "", sessionTicks: 0, requestsPerSecond: 100, burst: 200, groups: [], routes: [], default: "" });
});
