/**
 * What the balancer counts and measures, as it tells it: operands and answers of four operations of control.ts, in the
 * same notation. Asking changes nothing but the count of operations.
 *
 * Answers are pages: at most as many entries as asked for, from an entry's number on, and no more than fit the region
 * "control": so a small region says as much as a large one. The next page begins behind the last entry; all is said when
 * a page has none. Where not even one entry fits, or the page finds no room on its way out, the answer is messageTooLarge.
 *
 *     metrics        u16 first, u16 most
 *                    -> u16 in all, u16 count, {text name, u8 one of MetricKind, u64 value}
 *     routeHits      u32 first, u16 most: routes of all rules, in order
 *                    -> u32 in all, u16 count, {u16 rule, u8 whether the whole path must be the prefix, text prefix, text
 *                       host, u64 requests, u8 count, {text group, u64 requests} of those among which it divides them}
 *     groupMetrics   text group, u16 first, u16 most
 *                    -> u8 known, and if so u64 routed, u64 refused for want of a backend, u64 refused as overloaded, u64
 *                       retried, u64 retries refused, u32 requests waiting, u16 in all, u16 count, {text address, u16
 *                       port, u8 available, u32 active connections, u64 requests, u64 failed, u32 times ejected}
 *     measure        u8 one of MeasureName, u16 first bucket, u16 most
 *                    -> u8 measured, and if so u64 values, u64 their sum in cycles, u32 left out, u16 count, {u16 bucket,
 *                       u32 values}: buckets that have any (metrics/histogram.ts says which is what)
 */

/** A metric that only grows, and one that says what is there now. */
export const MetricKind = Object.freeze({ counter: 0, gauge: 1 });

/** What is measured in cycles: from a complete head to its decision, from a connection's opening to its end. */
export const MeasureName = Object.freeze({ decision: 0, connection: 1 });
