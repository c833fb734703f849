/** An API whose books are out of order. */
import { createCredentials } from '../../src/adapters/postgres/credentials.ts';
import type { ApiDeps } from '../../src/api/app.ts';
import { createEventReader } from '../../src/adapters/stripe/events.ts';
import { createLimits } from '../../src/api/limits.ts';
import { PLENTY, WEBHOOK_SECRET } from '../api/harness.ts';
import type { Harness } from '../api/harness.ts';

/** Knows who asks, and can do nothing for them. */
export function failing(api: Harness, error: Error): ApiDeps {
  const fails = new Proxy({}, { get: () => () => Promise.reject(error) }) as never;
  return {
    credentials: createCredentials(api.tenants),
    limits: createLimits(PLENTY),
    load: { enter: () => () => undefined, stop: () => undefined, inFlight: 0 },
    catalogue: fails,
    store: fails,
    refunds: fails,
    shipments: fails,
    feed: fails,
    events: fails,
    streams: fails,
    webhooks: fails,
    transport: { refusalOf: () => undefined },
    touched: () => undefined,
    sagaCalls: fails,
    readEvent: createEventReader({ secrets: [WEBHOOK_SECRET] }),
    gatewayEvents: fails,
    heard: () => undefined,
    log: api.log,
  };
}
