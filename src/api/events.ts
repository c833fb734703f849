/** An order's events over HTTP: a page of them, or a stream. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import type { OrderId } from '../domain/order.ts';
import type { ApiEnv } from './env.ts';
import { followOrder } from './event-routes.ts';
import type { EventStreams } from './event-stream.ts';
import { tooManyStreams } from './limits.ts';
import { orderIdOf } from './orders.ts';
import { makeCursor, pageOf, readCursor } from './pages.ts';
import type { EventStore } from './ports.ts';
import { invalid, Problem, tooBusy } from './problems.ts';
import { showEvent } from './representations.ts';

export interface EventDeps {
  readonly events: EventStore;
  readonly streams: EventStreams;
}

const STREAM = 'text/event-stream';
const VARY = { Vary: 'Accept' };

export function addEventRoutes(app: OpenAPIHono<ApiEnv>, { events, streams }: EventDeps): void {
  app.openapi(followOrder, async (c) => {
    const id = orderIdOf(c, c.req.valid('param').id);
    const supports = ['application/json', STREAM];
    const type = accepts(c, { header: 'Accept', supports, default: 'application/json' });
    if (type === STREAM) return await stream(c, id);

    const { limit, cursor } = c.req.valid('query');
    const after = cursor === undefined ? 0 : Number(readCursor(cursor, /^\d{1,9}$/)[0]);
    const { tenantId } = c.var.principal;
    const found = await events.list(tenantId, id, { limit: limit + 1, after });
    if (found === undefined) throw new Problem('not-found');
    const page = pageOf(found, limit, ({ sequence }) => makeCursor(sequence.toString()));
    return c.json({ data: page.shown.map(showEvent), nextCursor: page.nextCursor }, 200, VARY);
  });

  async function stream(c: Context<ApiEnv>, id: OrderId) {
    // Empty is how the standard says: none yet.
    const lastEventId = c.req.header('last-event-id') || undefined;
    const { tenantId } = c.var.principal;
    const opened = await events.open(tenantId, id, lastEventId);
    if (opened.state === 'unknown') throw new Problem('not-found');
    if (opened.state === 'unknown-event') throw invalid(UNKNOWN_EVENT);
    if (opened.state === 'over') return c.body(null, 204, VARY);
    const headers = { ...VARY, 'Content-Type': STREAM, 'X-Accel-Buffering': 'no' };
    // Its stream would be read by nobody, and so never end.
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    const body = streams.open({
      tenantId,
      id,
      after: opened.after,
      cut: () => c.env.outgoing?.destroy(),
      onEnd: (why, sent) => c.var.log.info({ orderId: id, why, events: sent }, 'stream ended'),
    });
    if (body === 'all taken') throw tooBusy();
    if (body === 'share taken') throw tooManyStreams();
    return c.body(body, 200, headers);
  }
}

const UNKNOWN_EVENT = {
  field: 'Last-Event-ID',
  detail: 'Must be the ID of an event of this order.',
};
