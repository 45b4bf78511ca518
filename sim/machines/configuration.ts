/**
 * The configuration that a run uses when none is given: two groups, and a default, so that every well-formed request is
 * routed. It fits the tiny machine too.
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
