/** Bugs of whoever hears the gateway: what is taken from it, how often, and what is made of it. */
import type { Mutant } from './mutant.ts';
import { HEARING } from './suites.ts';

const reader = 'src/adapters/stripe/events.ts';
const route = 'src/api/gateway-webhooks.ts';
const hearer = 'src/api/hearer.ts';
const books = 'migrations/0022_gateway_events.sql';

export const EVENT_MUTANTS: readonly Mutant[] = [
  {
    name: 'Nobody looks at the signature.',
    file: reader,
    find: 'if (!isSigned) return',
    replace: 'if (!isSigned && secrets.length === 0) return',
    caughtBy: HEARING,
  },
  {
    name: 'Only the first secret is good.',
    file: reader,
    find: 'secrets.some((secret) => isBy(secret, bytes, signature))',
    replace: 'secrets.slice(0, 1).some((secret) => isBy(secret, bytes, signature))',
    caughtBy: HEARING,
  },
  {
    name: 'An event may be from the future.',
    file: reader,
    find: 'Math.round(Math.abs(now() / 1_000 - time))',
    replace: 'Math.round(now() / 1_000 - time)',
    caughtBy: HEARING,
  },
  {
    name: 'A signature may say two times.',
    file: reader,
    find: 'others.length === 0 && ',
    replace: '',
    caughtBy: HEARING,
  },
  {
    name: 'Bytes that only read like those that were signed are taken.',
    file: reader,
    find: 'const isSigned = isText(bytes) && ',
    replace: 'const isSigned = ',
    caughtBy: HEARING,
  },
  {
    name: 'A refusal tells why.',
    file: route,
    find: 'throw refusal();\n    }\n    const isNew',
    replace: "throw invalid({ field: 'body', detail: event.why });\n    }\n    const isNew",
    caughtBy: HEARING,
  },
  {
    name: 'An event that is sent again is heard again.',
    file: route,
    find: 'if (isNew) heard();',
    replace: 'heard();',
    caughtBy: HEARING,
  },
  {
    name: 'What Temporal has not heard counts as told.',
    file: hearer,
    find: "log.warn({ ...about, err: error }, 'an event of the gateway waits');\n    return false;",
    replace:
      "log.warn({ ...about, err: error }, 'an event of the gateway waits');\n    return true;",
    caughtBy: HEARING,
  },
  {
    name: 'An event is tried again at once.',
    file: books,
    find: "least(interval '5 s' * 2 ^ e.tries, interval '5 min')",
    replace: "interval '0'",
    caughtBy: HEARING,
  },
  {
    name: 'What our book knows is asked about.',
    file: books,
    find: 'ELSIF knows_of_event(e, p) THEN',
    replace: 'ELSIF knows_of_event(e, p) AND false THEN',
    caughtBy: HEARING,
  },
  {
    name: 'Nothing is given a moment to arrive.',
    file: books,
    find: 'ELSIF e.received_at > clock_timestamp() - p_grace THEN',
    replace: 'ELSIF false THEN',
    caughtBy: HEARING,
  },
  {
    name: 'Another installation’s payment is ours by the order that it names.',
    file: books,
    find: 'is_ours boolean := e.installation = installation_id();',
    replace: 'is_ours boolean := true;',
    caughtBy: HEARING,
  },
  {
    name: 'The reconciler is not told which payment.',
    file: books,
    find: "IF j.act = 'compare' THEN",
    replace: "IF j.act = 'compare' AND false THEN",
    caughtBy: HEARING,
  },
  {
    name: 'Two hearers take the same event.',
    file: books,
    find: 'ORDER BY next_at LIMIT p_limit FOR UPDATE SKIP LOCKED',
    replace: 'ORDER BY next_at LIMIT p_limit',
    caughtBy: HEARING,
  },
];
