/** Turns what a schema found wrong into words: one entry per field, named as the client wrote it. */
import type { Context } from 'hono';
import type { z } from 'zod';
import type { ApiEnv } from './env.ts';
import { fieldName } from './hygiene.ts';
import type { Path } from './hygiene.ts';
import { invalid } from './problems.ts';
import type { FieldError } from './problems.ts';

type Verdict = { readonly target: string } & (
  { readonly success: true } | { readonly success: false; readonly error: z.ZodError }
);

// Enough to mend a body by; a hostile one gets no answer longer than itself.
const MOST_ERRORS = 20;

/** The hook that every route's validation ends in. */
export function refuseInvalid(verdict: Verdict, c: Context<ApiEnv>): void {
  if (verdict.success) return;
  const source = verdict.target === 'json' ? c.var.body : c.req.query();
  const errors = verdict.error.issues.flatMap((issue) => describe(issue, source));
  throw invalid(...errors.slice(0, MOST_ERRORS));
}

function describe(issue: z.core.$ZodIssue, source: unknown): FieldError[] {
  const { path, message } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldName([...path, key]),
      detail: 'This field is not known.',
    }));
  }
  const isMissing = issue.code === 'invalid_type' && valueAt(source, path) === undefined;
  return [{ field: fieldName(path), detail: isMissing ? 'This field is required.' : message }];
}

function valueAt(source: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | null | undefined)?.[part],
    source,
  );
}
