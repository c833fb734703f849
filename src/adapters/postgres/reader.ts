/** Reads on behalf of all who wait: one query at a time, and never one for each of them. */
import type { OrderId } from '../../domain/order.ts';

export interface Reader {
  read(ids: Iterable<OrderId>): void;
}

// An order's events are 1 to 10 kB each. When thousands of clients come back at once, an answer
// stays small enough for the listener's timeout.
const ORDERS_PER_READ = 200;

/** What is asked for while a query runs is read together by the next. */
export function createReader(load: (ids: readonly OrderId[]) => Promise<void>): Reader {
  const asked = new Set<OrderId>();
  let reading = false;
  const run = async (): Promise<void> => {
    reading = true;
    while (asked.size > 0) {
      const ids = [...asked].slice(0, ORDERS_PER_READ);
      for (const id of ids) asked.delete(id);
      // What could not be read is read again after the reconnect, or in a second.
      await load(ids).catch(() => undefined);
    }
    reading = false;
  };
  return {
    read(ids) {
      for (const id of ids) asked.add(id);
      if (!reading && asked.size > 0) void run();
    },
  };
}
