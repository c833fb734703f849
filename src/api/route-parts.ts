/** What the routes' definitions have in common. */
import type { z } from '@hono/zod-openapi';
import { problem } from './schemas.ts';

export function json<Schema extends z.ZodType>(of: Schema) {
  return { 'application/json': { schema: of } };
}

const PROBLEM_TITLES = {
  400: 'The request is not valid.',
  401: 'No credential, or not a valid one.',
  403: 'The credential lacks the scope.',
  404: 'There is nothing here.',
  409: 'Not as things stand.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'The key was used for another request.',
  503: 'Not available for the moment: retry, with the same key.',
} as const;

interface ProblemResponse {
  description: string;
  content: { 'application/problem+json': { schema: typeof problem } };
}

export function problems<Status extends keyof typeof PROBLEM_TITLES>(...statuses: Status[]) {
  const entries = statuses.map((status) => [
    status,
    {
      description: PROBLEM_TITLES[status],
      content: { 'application/problem+json': { schema: problem } },
    },
  ]);
  return Object.fromEntries(entries) as Record<Status, ProblemResponse>;
}

export function headerOf(description: string) {
  return { description, schema: { type: 'string' as const } };
}

export function replayHeaders(location = 'The order.') {
  return {
    Location: headerOf(location),
    'Idempotent-Replayed': headerOf('true on a replay.'),
  };
}

export function headerParameter(name: string, description: string, required = false) {
  return { name, in: 'header' as const, required, ...headerOf(description) };
}

export function keyParameter() {
  const description =
    '1 to 255 visible ASCII characters, bare or in quotes: new for each request, the same for ' +
    'each retry of it.';
  return headerParameter('Idempotency-Key', description, true);
}
