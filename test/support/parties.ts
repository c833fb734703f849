/**
 * The parties outside for a test that runs in one process, over real HTTP and SMTP, and what the
 * activities need of the world.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { USUAL_WINDOW } from '../../src/activities/shipment-ports.ts';
import type { Deps } from '../../src/activities/ports.ts';
import { createCarrier } from '../../src/adapters/carrier/index.ts';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import { createMailer } from '../../src/adapters/smtp/index.ts';
import { createStripeGateway } from '../../src/adapters/stripe/index.ts';
import { startCarrier } from '../../src/counterparties/carrier/carrier.ts';
import { startGateway } from '../../src/counterparties/gateway/gateway.ts';
import { startMailSink } from '../../src/counterparties/mail/sink.ts';
import type { Parties } from './audit.ts';
import type { Shop } from './shop.ts';

export interface RunningParties {
  readonly parties: Parties;
  /** With five seconds for each attempt. */
  readonly deps: Deps;
  readonly clearFaults: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const ATTEMPT_MS = 5_000;

export interface PartyOptions {
  /** How long the gateway remembers a key; a day. */
  readonly keyRetentionMs?: number;
  /** How long the gateway holds money; seven days. */
  readonly authorizationMs?: number;
  /** Before the end of that, for orders captured at shipment. */
  readonly marginMs?: number;
  /** The gateway's clock. */
  readonly now?: () => number;
}

export async function startParties(
  { pool }: Shop,
  { marginMs, ...options }: PartyOptions = {},
): Promise<RunningParties> {
  const directory = await mkdtemp(join(tmpdir(), 'makegood-parties-'));
  const bookFile = (name: string) => ({ port: 0, bookFile: join(directory, `${name}.jsonl`) });
  const gateway = await startGateway({ ...bookFile('gateway'), ...options });
  const carrier = await startCarrier(bookFile('carrier'));
  const mail = await startMailSink({ ...bookFile('mail'), smtpPort: 0 });
  return {
    parties: { gatewayUrl: gateway.url, carrierUrl: carrier.url, mailUrl: mail.url },
    deps: {
      book: createOrderBook(pool, () => undefined),
      gateway: createStripeGateway({ secretKey: 'sk_test_standin', apiBase: gateway.url }),
      carrier: createCarrier({ baseUrl: carrier.url }),
      mailer: createMailer({ url: mail.smtpUrl, from: 'makegood <orders@makegood.example>' }),
      timeLeftMs: () => ATTEMPT_MS,
      ...(marginMs !== undefined && { window: { ...USUAL_WINDOW, marginMs } }),
    },
    async clearFaults() {
      for (const { url } of [gateway, carrier, mail]) {
        await fetch(`${url}/control/faults`, { method: 'DELETE' });
      }
    },
    async close() {
      await Promise.all([gateway.close(), carrier.close(), mail.close()]);
      await rm(directory, { recursive: true });
    },
  };
}
