/** Differences between the books, and the halt of all captures, over HTTP. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { DifferencesDesk } from '../operator/ports.ts';
import * as routes from './difference-routes.ts';
import { differencesCursor, readDifferencesCursor } from './difference-shown.ts';
import { showCaptures, showDifference } from './difference-shown.ts';
import type { ApiEnv } from './env.ts';
import { operatorOf } from './operator-acts.ts';
import { pageOf } from './pages.ts';
import { Problem } from './problems.ts';

export function addDifferenceRoutes(
  app: OpenAPIHono<ApiEnv>,
  { desk }: { readonly desk: DifferencesDesk },
): void {
  app.openapi(routes.listDifferences, async (c) => {
    const { limit, cursor, state } = c.req.valid('query');
    const before = cursor === undefined ? {} : { before: readDifferencesCursor(cursor) };
    const found = await desk.differences({ state, limit: limit + 1, ...before });
    const { shown, nextCursor } = pageOf(found, limit, differencesCursor);
    return c.json(
      { data: shown.map(({ micros: _, ...one }) => showDifference(one)), nextCursor },
      200,
    );
  });

  app.openapi(routes.getDifference, async (c) => {
    const found = await desk.findDifference(idOf(c.req.valid('param').id));
    if (found === undefined) throw new Problem('not-found');
    return c.json(showDifference(found), 200);
  });

  app.openapi(routes.explainDifference, async (c) => {
    const { why } = c.req.valid('json');
    const id = idOf(c.req.valid('param').id);
    const answer = await desk.explain(id, { operator: operatorOf(c), why });
    if (answer.state === 'unknown') throw new Problem('not-found');
    if (answer.state === 'closed') throw new Problem('difference-closed');
    return c.json(showDifference(answer.difference), 200);
  });

  app.openapi(routes.haltCaptures, async (c) => {
    const { why } = c.req.valid('json');
    const captures = await desk.haltCaptures({ operator: operatorOf(c), why });
    c.var.log.error({ captures }, 'captures are halted');
    return c.json(showCaptures(captures), 200);
  });

  app.openapi(routes.resumeCaptures, async (c) => {
    const { why } = c.req.valid('json');
    const captures = await desk.resumeCaptures({ operator: operatorOf(c), why });
    c.var.log.warn({ captures, by: operatorOf(c) }, 'captures go on');
    return c.json(showCaptures(captures), 200);
  });
}

const DIFFERENCE_ID = /^dif_[0-9a-f]{32}$/;

/** Anything else is an ID that nothing has, and the database takes no NUL. */
function idOf(text: string): string {
  if (!DIFFERENCE_ID.test(text)) throw new Problem('not-found');
  return text;
}
