/**
 * What a run uses when nothing else is given: a configuration of two groups with a default, so that every well-formed
 * request is routed, and the MAC addresses of its backends. Both fit the tiny machine too.
 */

export const BUILT_IN_CONFIGURATION = `# Built in: what runs without --config.
group=app:roundrobin
member=app:10.30.0.1:8080
member=app:10.30.0.2:8080
member=app:10.30.0.3:8080

group=api:leastconn
member=api:10.30.1.1:8080
member=api:10.30.1.2:8080

route=/api::api
route=/hash::api
default=app
`;

/** Next hops by address: the backends above. Every other address is behind the gateway. */
export const BUILT_IN_NEIGHBOURS: Readonly<Record<string, string>> = Object.freeze({
  "10.30.0.1": "02:00:00:00:10:01",
  "10.30.0.2": "02:00:00:00:10:02",
  "10.30.0.3": "02:00:00:00:10:03",
  "10.30.1.1": "02:00:00:00:11:01",
  "10.30.1.2": "02:00:00:00:11:02",
});
