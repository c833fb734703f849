/**
 * One stand-in as a process: `main.ts gateway|carrier|mail`, configured by the environment below.
 * It says on stdout, and to a parent that listens, where it can be reached; and it never outlives
 * that parent.
 */
import { z } from 'zod';
import { startCarrier } from './carrier/carrier.ts';
import { startGateway } from './gateway/gateway.ts';
import { startMailSink } from './mail/sink.ts';

const port = z.coerce.number().int().min(0).max(65535).default(0);

const environment = z.object({
  /** Beyond loopback only for a network of containers. */
  COUNTERPARTY_HOST: z.string().min(1).optional(),
  COUNTERPARTY_PORT: port,
  COUNTERPARTY_SMTP_PORT: port,
  COUNTERPARTY_BOOK: z.string().min(1),
  /** How long the gateway remembers an idempotency key. */
  COUNTERPARTY_KEY_RETENTION_SECONDS: z.coerce.number().positive().optional(),
  /** Where the gateway tells of its events, with commas between several, and what it signs them with. */
  COUNTERPARTY_WEBHOOK_URLS: z.string().optional(),
  COUNTERPARTY_WEBHOOK_SECRET: z.string().default('whsec_standin'),
  /** How long the bank holds money that nobody captures. */
  COUNTERPARTY_AUTHORIZATION_SECONDS: z.coerce.number().positive().optional(),
});

// Before anything else: a parent may be gone while its child still starts.
process.once('disconnect', () => process.exit(0));

const role = z.enum(['gateway', 'carrier', 'mail']).parse(process.argv[2]);
const standIn = await start(role, environment.parse(process.env));

const { close, ...addresses } = standIn;

process.once('SIGTERM', () => {
  void close().then(() => process.exit(0));
});

const ready = { ready: true, ...addresses };
process.stdout.write(`${JSON.stringify(ready)}\n`);
process.send?.(ready);

function start(
  role: 'gateway' | 'carrier' | 'mail',
  env: z.infer<typeof environment>,
): Promise<{ url: string; smtpUrl?: string; close: () => Promise<void> }> {
  const { COUNTERPARTY_HOST: host, COUNTERPARTY_PORT: port, COUNTERPARTY_BOOK: bookFile } = env;
  const common = { host, port, bookFile };
  const retention = env.COUNTERPARTY_KEY_RETENTION_SECONDS;
  const held = env.COUNTERPARTY_AUTHORIZATION_SECONDS;
  switch (role) {
    case 'gateway':
      return startGateway({
        ...common,
        webhook: endpointOf(env),
        ...(retention === undefined ? {} : { keyRetentionMs: retention * 1000 }),
        ...(held === undefined ? {} : { authorizationMs: held * 1000 }),
      });
    case 'carrier':
      return startCarrier(common);
    case 'mail':
      return startMailSink({ ...common, smtpPort: env.COUNTERPARTY_SMTP_PORT });
  }
}

/** Of several secrets the first: the others are those that it replaces. */
function endpointOf(env: z.infer<typeof environment>) {
  const listed = (text: string) => text.split(',').map((one) => one.trim());
  const urls = listed(env.COUNTERPARTY_WEBHOOK_URLS ?? '').filter((url) => url !== '');
  const [secret = ''] = listed(env.COUNTERPARTY_WEBHOOK_SECRET);
  return urls.length === 0 ? undefined : { urls, secret };
}
