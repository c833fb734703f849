/** What operators see over HTTP: numbers, the queue, orders by any name, one order's story. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { OrderId } from '../domain/order.ts';
import type { ApiEnv } from './env.ts';
import type { OperationsDesk, SagaId, Trouble, TroublePlace } from './operator-ports.ts';
import * as routes from './operator-view-routes.ts';
import { showCause, showFound, showRetry, showStory } from './operations-shown.ts';
import { showSummary, showTrouble } from './operations-shown.ts';
import type { RunUrl } from './operations-shown.ts';
import { makeCursor, pageOf, readCursor } from './pages.ts';
import { Problem } from './problems.ts';

export interface ViewDeps {
  readonly desk: OperationsDesk;
  readonly runUrl: RunUrl;
}

// What fits on a screen beside the others; the rest is a page away.
const FIRST = 5;

export function addViewRoutes(app: OpenAPIHono<ApiEnv>, { desk, runUrl }: ViewDeps): void {
  app.openapi(routes.getSummary, async (c) => c.json(showSummary(await desk.summary()), 200));

  app.openapi(routes.getQueue, async (c) => {
    const causes = await desk.causes(FIRST);
    return c.json({ data: causes.map((cause) => showCause(cause, runUrl)) }, 200);
  });

  app.openapi(routes.listCause, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const { cause } = c.req.valid('param');
    if (!CAUSE.test(cause)) throw new Problem('not-found');
    const after = cursor === undefined ? {} : { after: placeIn(cursor) };
    const found = await desk.troubleOf(cause, { limit: limit + 1, ...after });
    const { shown, nextCursor } = pageOf(found, limit, cursorOf);
    return c.json({ data: shown.map((one) => showTrouble(one, runUrl)), nextCursor }, 200);
  });

  app.openapi(routes.getRetry, async (c) => {
    const { id } = c.req.valid('param');
    const found = RETRY_ID.test(id) ? await desk.findRetry(id) : undefined;
    if (found === undefined) throw new Problem('not-found');
    return c.json(showRetry(found), 200);
  });

  app.openapi(routes.searchOrders, async (c) => {
    const { q, limit, cursor } = c.req.valid('query');
    const before = cursor === undefined ? {} : { before: orderIn(cursor) };
    const found = await desk.search(q, { limit: limit + 1, ...before });
    const { shown, nextCursor } = pageOf(found, limit, ({ id }) => makeCursor(id));
    return c.json({ data: shown.map((one) => showFound(one, runUrl)), nextCursor }, 200);
  });

  app.openapi(routes.getStory, async (c) => {
    const story = await desk.story(sagaIdOf(c.req.valid('param').id));
    if (story === undefined) throw new Problem('not-found');
    c.set('orderId', story.id);
    return c.json(showStory(story, runUrl), 200);
  });
}

const CAUSE = /^([0-9a-f]{16}|blocked)$/;

// As many digits as any bigint may have.
const RETRY_ID = /^[1-9]\d{0,17}$/;

const SAGA_ID = /^(ord|rfd)_[0-9a-z]{26}$/;

/** Anything else is an ID that nobody has: it is not worth a question to the database. */
export function sagaIdOf(text: string): SagaId {
  if (!SAGA_ID.test(text)) throw new Problem('not-found');
  return text as SagaId;
}

function cursorOf({ micros, sagaId }: Trouble): string {
  return makeCursor(`${micros} ${sagaId}`);
}

function placeIn(cursor: string): TroublePlace {
  const [, micros = '', sagaId = ''] = readCursor(
    cursor,
    /^(\d{1,16}) ((?:ord|rfd)_[0-9a-z]{26})$/,
  );
  return { micros, sagaId };
}

function orderIn(cursor: string): OrderId {
  const [id = ''] = readCursor(cursor, /^ord_[0-9a-z]{26}$/);
  return id as OrderId;
}
