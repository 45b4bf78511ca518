/** No queue holds more than its capacity, and its capacity is that of the memory it was given. */

import { EndpointRecord } from "../endpoint.ts";
import { checker } from "./checker.ts";

export const queueCapacity = checker("queue-capacity", "a queue holds 0 to its capacity, which is the number of its slots", ({ ram, endpoints, queues }, say) => {
  for (let endpoint = 0; endpoint < endpoints.count; endpoint++) {
    const at = endpoints.at(endpoint);
    const count = EndpointRecord.count.get(ram, at);
    const capacity = EndpointRecord.capacity.get(ram, at);
    if (capacity !== queues[endpoint].count) say(`endpoint ${endpoint}: capacity`, `it is ${capacity}; there are ${queues[endpoint].count} slots`);
    if (count < 0 || count > capacity) say(`endpoint ${endpoint}: count`, `it is ${count}; the capacity is ${capacity}`);
    const peak = EndpointRecord.depthPeak.get(ram, at);
    if (peak < count || peak > capacity) say(`endpoint ${endpoint}: depthPeak`, `it is ${peak}, with ${count} in the queue and room for ${capacity}`);
  }
});
