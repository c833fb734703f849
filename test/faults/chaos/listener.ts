/**
 * A tenant's own server as a process: it holds each webhook to its secret with the library that
 * receivers use, at the moment when it comes, writes it down, and answers as badly as servers do.
 */
import { appendFileSync } from 'node:fs';
import { z } from 'zod';
import { startBadReceiver } from '../../drills/webhooks/receivers.ts';
import { verified } from '../../support/receiver.ts';
import type { Received } from '../../support/receiver.ts';
import { createRandom } from './random.ts';

// Before anything else: a parent may be gone while its child still starts.
process.once('disconnect', () => process.exit(0));

const env = z
  .object({
    LISTENER_PORT: z.coerce.number().int(),
    LISTENER_ENDPOINT: z.string(),
    LISTENER_SECRET: z.string(),
    LISTENER_SEED: z.string(),
    LISTENER_BOOK: z.string(),
  })
  .parse(process.env);

// So well that it keeps up with a run's orders: while it fails it is told of one event at a time.
const BAD = { error: 2, busy: 0.3, elsewhere: 0.5, lost: 4, slow: 3, hang: 0.5 };

appendFileSync(env.LISTENER_BOOK, '');
const receiver = await startBadReceiver(BAD, createRandom(env.LISTENER_SEED).fraction, {
  port: env.LISTENER_PORT,
  seen(received, fault) {
    const { id, body } = received;
    const at = new Date().toISOString();
    const line = {
      at,
      endpoint: env.LISTENER_ENDPOINT,
      id,
      isSigned: isSigned(received),
      fault,
      body,
    };
    appendFileSync(env.LISTENER_BOOK, `${JSON.stringify(line)}\n`);
  },
});
process.once('SIGTERM', () => void receiver.close().then(() => process.exit(0)));
process.send?.({ ready: true });

function isSigned(received: Received): boolean {
  try {
    verified(env.LISTENER_SECRET, received);
    return true;
  } catch {
    return false;
  }
}
