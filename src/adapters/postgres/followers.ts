/**
 * Those who follow orders event by event. All who follow one order share a read, from where the
 * one furthest behind stands; each takes from it exactly what comes next for it. Whoever has not
 * yet taken what was read for it takes no part, so a slow one costs no memory and delays nobody.
 */
import type { FollowedEvent, Following } from '../../api/ports.ts';
import type { OrderId } from '../../domain/order.ts';
import type { Listener } from './listener.ts';
import { createReader } from './reader.ts';

export interface Followers {
  readonly follow: (id: OrderId, after: number) => Following;
  /** These orders may have new events. */
  touched(ids: Iterable<OrderId>): void;
  readAll(): void;
  close(): void;
}

interface Place {
  readonly id: OrderId;
  /** The sequence of the last event that is known. */
  readonly after: number;
}

interface Follower {
  /** The sequence of the last event that was read for it. */
  place: number;
  /** Read for it, and not yet taken. */
  readonly read: FollowedEvent[];
  /** There may be more than was read for it. */
  isBehind: boolean;
  /** Set while it waits, with nothing left to take. */
  wake?: ((event?: FollowedEvent) => void) | undefined;
}

// Of one order in one read. Few orders have more; a slow client holds no more than these.
const EVENTS_PER_ORDER = 20;

export function createFollowers(
  load: (places: readonly Place[]) => Promise<readonly FollowedEvent[]>,
): Followers {
  const room = new Map<OrderId, Set<Follower>>();
  let closed = false;
  const reader = createReader(async (ids) => {
    const places = ids.flatMap((id) => placeOf(id, room.get(id)));
    if (places.length === 0) return;
    for (const [id, events] of byOrder(await load(places))) {
      const isMore = events.length === EVENTS_PER_ORDER;
      for (const follower of room.get(id) ?? []) hand(follower, events, isMore);
      if (isMore) reader.read([id]);
    }
  });
  return {
    follow(id, after) {
      const follower: Follower = { place: after, read: [], isBehind: true };
      const others = room.get(id) ?? new Set();
      if (!closed) room.set(id, others.add(follower));
      return {
        next: () => {
          const event = follower.read.shift();
          if (event !== undefined || !others.has(follower)) return Promise.resolve(event);
          return new Promise((resolve) => {
            follower.wake = resolve;
            if (follower.isBehind) reader.read([id]);
          });
        },
        leave: () => {
          others.delete(follower);
          if (others.size === 0 && room.get(id) === others) room.delete(id);
          follower.read.length = 0;
          follower.wake?.();
        },
      };
    },
    touched(ids) {
      for (const id of ids) {
        const followers = room.get(id);
        if (followers === undefined) continue;
        for (const follower of followers) follower.isBehind = true;
        reader.read([id]);
      }
    },
    readAll: () => reader.read(room.keys()),
    close() {
      closed = true;
      for (const followers of room.values()) {
        const all = [...followers];
        followers.clear();
        for (const { wake } of all) wake?.();
      }
      room.clear();
    },
  };
}

/** Where the one stands who is furthest behind of those that wait. */
function placeOf(id: OrderId, followers: Iterable<Follower> = []): Place[] {
  const waiting = [...followers].filter(({ wake }) => wake !== undefined);
  if (waiting.length === 0) return [];
  return [{ id, after: Math.min(...waiting.map(({ place }) => place)) }];
}

function byOrder(events: readonly FollowedEvent[]): Map<OrderId, FollowedEvent[]> {
  const orders = new Map<OrderId, FollowedEvent[]>();
  for (const event of events) {
    const known = orders.get(event.orderId);
    if (known === undefined) orders.set(event.orderId, [event]);
    else known.push(event);
  }
  return orders;
}

/** By number, so that whatever is read twice or late makes neither a repeat nor a gap. */
function hand(follower: Follower, events: readonly FollowedEvent[], isMore: boolean): void {
  const { wake } = follower;
  if (wake === undefined) return;
  follower.isBehind = isMore;
  for (const event of events) {
    if (event.sequence !== follower.place + 1) continue;
    follower.place = event.sequence;
    follower.read.push(event);
  }
  const first = follower.read.shift();
  if (first === undefined) return;
  follower.wake = undefined;
  wake(first);
}

/** The next events of each, over the listening connection. */
export async function eventsAfter(
  listener: Listener,
  places: readonly Place[],
): Promise<readonly FollowedEvent[]> {
  const text = `
    SELECT event_json(e::order_event) || jsonb_build_object(
      'isLast', is_last_event(e::order_event)) AS event
    FROM unnest($1::text[], $2::integer[]) AS w(id, after) CROSS JOIN LATERAL (
      SELECT * FROM order_event WHERE order_id = w.id AND sequence > w.after
      ORDER BY sequence LIMIT ${EVENTS_PER_ORDER}) e
    ORDER BY e.order_id, e.sequence`;
  const values = [places.map(({ id }) => id), places.map(({ after }) => after)];
  const rows = await listener.query<{ event: FollowedEvent }>({
    name: 'events_after',
    text,
    values,
  });
  return rows.map(({ event }) => event);
}
