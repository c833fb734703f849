/** Lists in pages: `?limit=&cursor=` in, `{data, nextCursor}` out. */
import { z } from '@hono/zod-openapi';
import { invalid } from './problems.ts';

export const pageParameters = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'Must be a whole number.')
    .transform(Number)
    .pipe(z.number().min(1).max(100))
    .default(50)
    .openapi({
      type: 'integer',
      minimum: 1,
      maximum: 100,
      description: '1 to 100; 50 if not given.',
    }),
  cursor: z
    .string()
    .regex(/^[\w-]{1,400}$/, 'Must be a nextCursor.')
    .optional()
    .openapi({ description: 'The nextCursor of the page before.' }),
};

/** Of `limit + 1` that were asked for: one more than is shown tells whether there is a next page. */
export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  cursorOf: (last: Item) => string,
): { readonly shown: readonly Item[]; readonly nextCursor: string | null } {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return { shown, nextCursor: found.length > limit && last !== undefined ? cursorOf(last) : null };
}

/** Opaque, so that what pages are sorted by may change. */
export function makeCursor(text: string): string {
  return Buffer.from(text).toString('base64url');
}

export function readCursor(cursor: string, pattern: RegExp): RegExpExecArray {
  const read = pattern.exec(Buffer.from(cursor, 'base64url').toString());
  if (read === null) throw invalid({ field: 'cursor', detail: 'Must be a nextCursor.' });
  return read;
}
