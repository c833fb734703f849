/**
 * An order's events as a stream (server-sent events). A client that comes back names the event it
 * saw last, so a stream may end at any time, and does: with the last event, when this process
 * stops, when it is as old as a stream may get, or when nobody takes what is sent.
 */
import type { OrderId } from '../domain/order.ts';
import type { Following, OrderEvent, OrderFeed } from './ports.ts';
import { showEvent } from './representations.ts';

type StreamEnd = 'last event' | 'stopping' | 'too old' | 'too slow' | 'left';

interface StreamOptions {
  readonly tenantId: string;
  readonly id: OrderId;
  /** The sequence of the event that the client saw last; 0 for none. */
  readonly after: number;
  /** Closes the connection, whatever is still to be sent on it. */
  readonly cut: () => void;
  readonly onEnd: (why: StreamEnd, events: number) => void;
}

export interface EventStreams {
  /** Or why not: as many are open as this process takes, or as this tenant may hold of them. */
  open(options: StreamOptions): ReadableStream<Uint8Array> | 'all taken' | 'share taken';
  /** How many are open. */
  readonly count: number;
}

export interface EventStreamsOptions {
  readonly feed: Pick<OrderFeed, 'follow'>;
  readonly most?: number;
  readonly heartbeatMs?: number;
  readonly longestMs?: number;
}

// Each costs some 40 kB (docs/benchmarks.md): 100 MB, which fit beside everything else.
const MOST_STREAMS = 2_500;

// One tenant alone comes to 2,000 so, two that want all there are to 1,111 each, and however many
// want all, some are left for whoever comes next.
const TIMES_AS_MANY_AS_ARE_FREE = 4;

// Proxies take a connection for dead after 30 to 60 silent seconds.
const HEARTBEAT_MS = 15_000;

// A key is looked at when a stream opens: one that is revoked loses its streams by this age.
const LONGEST_MS = 300_000;

export function createEventStreams({
  feed,
  most = MOST_STREAMS,
  heartbeatMs = HEARTBEAT_MS,
  longestMs = LONGEST_MS,
}: EventStreamsOptions): EventStreams {
  const held = new Map<string, number>();
  let free = most;
  return {
    get count() {
      return most - free;
    },
    open({ tenantId, id, after, cut, onEnd }) {
      if (free <= 0) return 'all taken';
      const own = held.get(tenantId) ?? 0;
      if (own >= TIMES_AS_MANY_AS_ARE_FREE * free) return 'share taken';
      free -= 1;
      held.set(tenantId, own + 1);
      const ended = (why: StreamEnd, events: number): void => {
        free += 1;
        const left = (held.get(tenantId) ?? 0) - 1;
        if (left > 0) held.set(tenantId, left);
        else held.delete(tenantId);
        onEnd(why, events);
      };
      return streamOf(feed.follow(id, after), { heartbeatMs, longestMs, cut, ended });
    },
  };
}

interface Life {
  readonly heartbeatMs: number;
  readonly longestMs: number;
  readonly cut: () => void;
  readonly ended: (why: StreamEnd, events: number) => void;
}

function streamOf(following: Following, life: Life): ReadableStream<Uint8Array> {
  const { heartbeatMs, longestMs, cut } = life;
  let events = 0;
  let beats = 0;
  let isOver = false;
  let why: StreamEnd = 'stopping';
  let heartbeat: NodeJS.Timeout;
  const end = (): void => {
    isOver = true;
    clearInterval(heartbeat);
    following.leave();
    life.ended(why, events);
  };
  const leave = (reason: StreamEnd): void => {
    why = reason;
    following.leave();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      let untaken = 0;
      controller.enqueue(HELLO);
      heartbeat = setInterval(() => {
        const isTaken = (controller.desiredSize ?? 0) > 0;
        untaken = isTaken ? 0 : untaken + 1;
        beats += 1;
        if (untaken >= MOST_UNTAKEN) {
          why = 'too slow';
          cut();
        } else if (beats * heartbeatMs >= longestMs) leave('too old');
        else if (isTaken) controller.enqueue(BEAT);
      }, heartbeatMs);
    },
    // Called only when there is room, so whoever reads slowly is read for slowly.
    async pull(controller) {
      const event = await following.next();
      if (isOver) return;
      if (event !== undefined) {
        events += 1;
        controller.enqueue(encode(frameOf(event)));
        if (!event.isLast) return;
        why = 'last event';
      } else controller.enqueue(farewell());
      controller.close();
      end();
    },
    cancel() {
      if (why !== 'too slow') why = 'left';
      end();
    },
  });
}

// Two heartbeats that found the one before still unsent.
const MOST_UNTAKEN = 2;

const encoder = new TextEncoder();
const encode = (text: string): Uint8Array => encoder.encode(text);

// A comment at once, so that the client sees the stream open; and soon back after an accident.
const HELLO = encode(': makegood\nretry: 1000\n\n');

const BEAT = encode(': still here\n\n');

// All clients of a process are told to go at the same moment, and need not come back at the same.
const SOONEST_BACK_MS = 200;
const LATEST_BACK_MS = 3_000;

function farewell(): Uint8Array {
  const spread = Math.random() * (LATEST_BACK_MS - SOONEST_BACK_MS);
  return encode(`: come back\nretry: ${Math.round(SOONEST_BACK_MS + spread)}\n\n`);
}

export function frameOf(event: OrderEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(showEvent(event))}\n\n`;
}
