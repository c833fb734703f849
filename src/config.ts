/**
 * The only reader of the environment. Parsed once, with one readable line per mistake.
 * .env.example, docs/configuration.md and docker-compose.yml list the same names; a test compares.
 */
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);
const duration = z.coerce.number().positive();
const flag = z.enum(['true', 'false']).default('false');

// Of "a key for development, not for use", which everybody can read here.
const DEVELOPMENT_KEY = 'YSBrZXkgZm9yIGRldmVsb3BtZW50LCBub3QgZm9yIHU=';

/** AES-256 takes 32 bytes, neither more nor less. */
function webhookKeys(text: string): Buffer[] {
  return text.split(',').map((key) => Buffer.from(key.trim(), 'base64'));
}

const schema = z.object({
  /** `production` refuses development secrets and prints nothing but JSON logs. */
  MAKEGOOD_ENV: z.enum(['development', 'production']).default('development'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),

  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Connections of one process. API × size + worker × size must stay below max_connections. */
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),

  TEMPORAL_ADDRESS: z.string().min(1).default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  /** Where operators read runs; unset, the operations API shows no links to it. */
  TEMPORAL_UI_URL: z.url({ protocol: /^https?$/ }).optional(),
  TEMPORAL_TASK_QUEUE: z.string().min(1).default('makegood'),
  /** Where a worker tells its metrics; unset, it tells none. */
  WORKER_METRICS_ADDRESS: z
    .string()
    .regex(/^(\d+\.\d+\.\d+\.\d+|\[[\da-f:]+\]):[1-9]\d{0,4}$/i, 'must be an IP address and a port')
    .optional(),
  /** A bundle made by `npm run build`; without it the worker bundles at start (1–2 s). */
  WORKFLOW_BUNDLE: z.string().min(1).optional(),
  WORKER_DEPLOYMENT_NAME: z
    .string()
    .regex(/^[^.:]+$/, 'must hold neither . nor :')
    .default('makegood'),
  /** Orders stay on the build they began on, and new ones go to the current one; unset: to any. */
  WORKER_BUILD_ID: z.string().min(1).max(255).optional(),

  /** How many API processes there are: each keeps its share of the limit below. */
  API_PROCESSES: z.coerce.number().int().min(1).default(1),
  /** Requests of one tenant to one route. */
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).default(6_000),
  /** Credentials of one address that are not valid, in one process. */
  FAILED_LOGINS_PER_MINUTE: z.coerce.number().int().min(1).default(60),
  /** Proxies before the API, each of which adds to X-Forwarded-For the address that it saw. */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  /** Beyond any of these three a request is answered 503 before it is begun. */
  MAX_REQUESTS_IN_FLIGHT: z.coerce.number().int().min(1).default(1_000),
  MAX_QUERIES_WAITING: z.coerce.number().int().min(1).default(500),
  MAX_LOOP_LAG_MS: z.coerce.number().int().min(10).default(500),
  /** How long a new order may have to wait for a worker; beyond it new ones are answered 503. */
  ORDER_WAIT_SECONDS: duration.default(2),
  /** While no worker begins anything, as in an outage of Temporal, so many are accepted and wait. */
  MAX_ORDERS_WAITING: z.coerce.number().int().min(1).default(10_000),

  /** All three, and the API takes that issuer's tokens beside API keys. */
  JWT_ISSUER: z.string().min(1).optional(),
  JWT_AUDIENCE: z.string().min(1).optional(),
  JWT_JWKS_URL: z.url({ protocol: /^https?$/ }).optional(),

  API_HOST: z.string().min(1).default('127.0.0.1'),
  API_PORT: port.default(3000),
  /** Health and the operations API, on a listener of their own: never public by accident. */
  OPERATIONS_PORT: port.default(3001),
  /** How long an accepted order may stay unstarted before the starter takes it up. */
  STARTER_GRACE_SECONDS: duration.default(5),
  /** How long an unfinished order or refund may be silent before the watcher asks Temporal about it. */
  WATCHER_SILENCE_SECONDS: duration.default(120),
  /** How old a key is before a replay of it is answered with a pointer to what it made. */
  ARCHIVE_AFTER_DAYS: z.coerce.number().positive().default(90),

  /** What seals the secrets of webhooks in the books; the first seals, all of them open. */
  WEBHOOK_SECRET_KEYS: z
    .string()
    .default(DEVELOPMENT_KEY)
    .transform(webhookKeys)
    .refine((keys) => keys.every(({ length }) => length === 32), {
      message: 'must be keys of 32 bytes in base64, with commas between',
    }),
  /** Webhooks also by http, and to addresses that only this machine reaches. */
  WEBHOOK_ALLOW_PRIVATE: flag,
  /** How long a receiver has to answer. */
  WEBHOOK_TIMEOUT_SECONDS: z.coerce.number().positive().max(60).default(15),
  /** The pauses between attempts; unset, those of Standard Webhooks, over three days. */
  WEBHOOK_RETRY_SECONDS: z
    .string()
    .regex(/^\d+(,\d+)*$/, 'must be whole seconds, with commas between')
    .transform((text) => text.split(',').map(Number))
    .optional(),
  /** After so many days of nothing but failures an endpoint is disabled. */
  WEBHOOK_PATIENCE_DAYS: z.coerce.number().positive().default(5),
  /** How long deliveries and their attempts are kept, those that are still owed included. */
  WEBHOOK_LOG_DAYS: z.coerce.number().min(1).default(30),
  /** How long a customer may take to confirm a payment at their bank. */
  PAYMENT_ACTION_MINUTES: z.coerce.number().positive().max(10_080).default(15),
  /** How long money is held, where the gateway does not say; for orders captured at shipment. */
  AUTHORIZATION_WINDOW_DAYS: duration.default(7),
  /** So long before its end it is held once more, or operators are called. */
  CAPTURE_MARGIN_HOURS: duration.default(12),

  /** How often the reconciler compares our book with the gateway's; 0 for never. */
  RECONCILE_SECONDS: z.coerce.number().min(0).default(60),
  /** What has moved more recently than this is compared later. */
  RECONCILE_TOLERANCE_SECONDS: duration.default(60),
  /** How old a hold is when operators are told that it may lapse; card networks let go after seven. */
  RECONCILE_LAPSE_DAYS: duration.default(6),

  STRIPE_SECRET_KEY: z.string().min(1),
  /** What Stripe signs its events with; two, with a comma between them, while one replaces the other. */
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .transform((text) => text.split(',').map((secret) => secret.trim()))
    .refine((secrets) => secrets.every((secret) => /^\S{8,}$/.test(secret)), {
      error: 'must be secrets of eight characters or more, with commas between them',
    })
    .default([]),
  /** Unset means Stripe itself. */
  STRIPE_API_BASE: z.url().optional(),
  CARRIER_URL: z.url(),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }),
  MAIL_FROM: z.string().min(3).default('makegood <orders@makegood.example>'),
  /** Overrides of the checkout's budgets as JSON; see docs/configuration.md. For tests and demos. */
  CHECKOUT_BUDGETS: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(
      z
        .strictObject({
          localTimeoutMs: z.number().int().positive(),
          attemptTimeoutMs: z.number().int().positive(),
          attempts: z.number().int().positive(),
          hotAttempts: z.number().int().positive(),
          firstRetryMs: z.number().int().positive(),
          slowestRetryMs: z.number().int().positive(),
        })
        .partial(),
    )
    .optional(),
});

export type Config = z.infer<typeof schema>;

export const VARIABLES: readonly string[] = Object.keys(schema.shape);

/** Throws one Error whose message has a line per variable that is missing or wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.entries(environment).filter(([, value]) => value !== '');
  const parsed = schema.safeParse(Object.fromEntries(present));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The configuration is not usable:\n${lines.join('\n')}`);
  }
  refuseDevelopmentSecrets(parsed.data);
  return parsed.data;
}

/** Undefined when the API takes no tokens. */
export function tokenIssuer(config: Config) {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_JWKS_URL: jwksUrl } = config;
  const set = [issuer, audience, jwksUrl].filter((one) => one !== undefined);
  if (set.length === 0) return undefined;
  if (!issuer || !audience || !jwksUrl) {
    throw new Error('JWT_ISSUER, JWT_AUDIENCE and JWT_JWKS_URL: set all of them, or none');
  }
  return { issuer, audience, jwksUrl };
}

/** What this repository, or anybody, knows must not open a production system. */
function refuseDevelopmentSecrets(config: Config): void {
  if (config.MAKEGOOD_ENV !== 'production') return;
  const wrong = [
    config.STRIPE_SECRET_KEY.startsWith('sk_test_standin') &&
      'STRIPE_SECRET_KEY: is the development key of the stand-in',
    config.STRIPE_WEBHOOK_SECRET.some((secret) => secret.startsWith('whsec_standin')) &&
      'STRIPE_WEBHOOK_SECRET: is the development secret of the stand-in',
    ...(['DATABASE_URL', 'SMTP_URL'] as const).map(
      (name) => hasKnownPassword(config[name]) && `${name}: has a password that everybody knows`,
    ),
    config.WEBHOOK_SECRET_KEYS.some((key) => key.toString('base64') === DEVELOPMENT_KEY) &&
      'WEBHOOK_SECRET_KEYS: is the development key',
    config.WEBHOOK_ALLOW_PRIVATE === 'true' &&
      'WEBHOOK_ALLOW_PRIVATE: would let tenants reach what only we can',
    config.JWT_JWKS_URL?.startsWith('http:') === true &&
      'JWT_JWKS_URL: must be https, or anybody on the way can be the issuer',
  ].filter((line) => line !== false);
  if (wrong.length > 0) {
    throw new Error(`Refused in production:\n${wrong.map((line) => `  ${line}`).join('\n')}`);
  }
}

// Of .env.example, of images and of tutorials.
const KNOWN_PASSWORDS =
  /^(password|passwd|postgres|makegood|secret|changeme|admin|root|test|1234\d*)$/i;

function hasKnownPassword(url: string): boolean {
  return KNOWN_PASSWORDS.test(decodeURIComponent(new URL(url).password));
}
