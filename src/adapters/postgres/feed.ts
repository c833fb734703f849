/**
 * How those who wait for an order hear of its events. The events are in `order_event`; NOTIFY only
 * says that it is worth reading again. It is sent after the commit, in batches, and may be lost:
 * the feed reads again after a reconnect, and every second while someone waits.
 */
import type pg from 'pg';
import type { Notifier, OrderFeed, OrderSnapshot, WaitOptions } from '../../api/ports.ts';
import type { OrderId } from '../../domain/order.ts';
import { createFollowers, eventsAfter } from './followers.ts';
import { createListener } from './listener.ts';
import type { Listener } from './listener.ts';
import { createReader } from './reader.ts';

const CHANNEL = 'order_event';

// A notifying commit takes a lock that all of them share, so one speaks for many orders.
const BATCH_MS = 5;

// 200 order IDs are 6.2 kB, and a payload may have 8.
const IDS_PER_PAYLOAD = 200;

export function createNotifier(pool: pg.Pool): Notifier {
  const pending = new Set<OrderId>();
  let sending: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    const ids = [...pending];
    pending.clear();
    sending = sending.then(() => notify(pool, ids));
  };
  return {
    touched(id) {
      pending.add(id);
      timer ??= setTimeout(flush, BATCH_MS);
    },
    async close() {
      clearTimeout(timer);
      flush();
      await sending;
    },
  };
}

/** A lost notification is a delay of at most a second, so no failure is worth a word. */
async function notify(pool: pg.Pool, ids: readonly OrderId[]): Promise<void> {
  for (let from = 0; from < ids.length; from += IDS_PER_PAYLOAD) {
    const payload = ids.slice(from, from + IDS_PER_PAYLOAD).join(',');
    const values = [CHANNEL, payload];
    await pool.query({ name: 'notify', text: 'SELECT pg_notify($1, $2)', values }).catch(() => 0);
  }
}

// The longest that a lost notification delays anybody.
const REREAD_MS = 1_000;

export interface FeedOptions {
  readonly url: string;
  readonly onLost?: (error: Error) => void;
}

export function createFeed({ url, onLost }: FeedOptions): OrderFeed {
  const waiting = createWaitingRoom();
  const reader = createReader(async (ids) => {
    (await latest(listener, ids)).forEach(waiting.deliver);
  });
  const followers = createFollowers((places) => eventsAfter(listener, places));
  const readAll = (): void => {
    reader.read(waiting.ids());
    followers.readAll();
  };
  const listener = createListener({
    url,
    channel: CHANNEL,
    onConnected: readAll,
    onNotification: (payload) => {
      const ids = payload.split(',') as OrderId[];
      reader.read(ids.filter(waiting.has));
      followers.touched(ids);
    },
    ...(onLost && { onLost }),
  });
  const timer = setInterval(readAll, REREAD_MS);
  return {
    wait(id, until, options) {
      const seen = waiting.enter(id, until, options);
      reader.read([id]);
      return seen;
    },
    follow: followers.follow,
    async close() {
      clearInterval(timer);
      waiting.close();
      followers.close();
      await listener.close();
    },
  };
}

async function latest(listener: Listener, ids: readonly OrderId[]): Promise<OrderSnapshot[]> {
  const text = `
    SELECT e.data FROM unnest($1::text[]) AS w(id) CROSS JOIN LATERAL (
      SELECT data FROM order_event WHERE order_id = w.id ORDER BY sequence DESC LIMIT 1) e`;
  const config = { name: 'latest_events', text, values: [ids] };
  const rows = await listener.query<{ data: OrderSnapshot }>(config);
  return rows.map(({ data }) => data);
}

interface Waiter {
  readonly until: (order: OrderSnapshot) => boolean;
  readonly leave: () => void;
  last: OrderSnapshot | undefined;
}

interface WaitingRoom {
  enter(id: OrderId, until: Waiter['until'], o: WaitOptions): Promise<OrderSnapshot | undefined>;
  readonly has: (id: OrderId) => boolean;
  ids(): Iterable<OrderId>;
  readonly deliver: (order: OrderSnapshot) => void;
  close(): void;
}

function createWaitingRoom(): WaitingRoom {
  const room = new Map<OrderId, Set<Waiter>>();
  let closed = false;
  return {
    enter: (id, until, { timeoutMs, signal }) =>
      new Promise((resolve) => {
        const leave = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', leave);
          const others = room.get(id);
          others?.delete(waiter);
          if (others?.size === 0) room.delete(id);
          resolve(waiter.last);
        };
        const waiter: Waiter = { until, leave, last: undefined };
        const timer = setTimeout(leave, timeoutMs);
        if (closed || signal?.aborted === true) {
          leave();
          return;
        }
        signal?.addEventListener('abort', leave);
        room.set(id, (room.get(id) ?? new Set()).add(waiter));
      }),
    has: (id) => room.has(id),
    ids: () => room.keys(),
    deliver(order) {
      for (const waiter of [...(room.get(order.id) ?? [])]) {
        waiter.last = order;
        if (waiter.until(order)) waiter.leave();
      }
    },
    close() {
      closed = true;
      for (const waiters of [...room.values()]) for (const { leave } of [...waiters]) leave();
    },
  };
}
