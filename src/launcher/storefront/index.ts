/** Opens the shop of `npm start`, where there is one. */
import { createPool } from '../../adapters/postgres/pool.ts';
import { runUrls } from '../../api/operations-shown.ts';
import { listen } from '../../api/server.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Setting } from '../parts.ts';
import { storefrontKey } from '../stocked.ts';
import { createBooks } from './books.ts';
import { createStorefront } from './server.ts';
import { createBreaker } from './troubles.ts';

interface Surroundings extends Pick<
  Endpoints,
  'apiUrl' | 'operationsUrl' | 'temporalUiUrl' | 'mailUrl' | 'databaseUrl'
> {
  /** Where the stand-ins are; undefined for a party that is none. */
  readonly gatewayUrl: string | undefined;
  readonly carrierUrl: string | undefined;
}

/** Its address and its key; undefined where it must not be. */
export async function openStorefront(
  setting: Pick<Setting, 'environment' | 'ports' | 'state'>,
  around: Surroundings,
): Promise<Pick<Endpoints, 'shopUrl' | 'shopKey'> | undefined> {
  const { environment, ports } = setting;
  if (!mayOpen(environment)) return undefined;
  const port = await ports.take({ variable: 'SHOP_PORT', preferred: 3002 });
  const { apiUrl, databaseUrl, gatewayUrl, carrierUrl } = around;
  const { operationsUrl, temporalUiUrl, mailUrl } = around;
  const shopKey = await storefrontKey(setting, databaseUrl);
  const pool = createPool({ url: databaseUrl, size: 2, applicationName: 'makegood-shop' });
  const namespace = environment['TEMPORAL_NAMESPACE'] ?? 'default';
  const runUrl = runUrls(temporalUiUrl, namespace);
  const standIns = {
    ...(gatewayUrl && { gateway: gatewayUrl }),
    ...(carrierUrl && { carrier: carrierUrl }),
  };
  const app = createStorefront({
    api: { url: apiUrl, key: shopKey },
    books: createBooks({ pool, runUrl, gatewayUrl, carrierUrl }),
    breaker: createBreaker(standIns),
    world: {
      operationsUrl,
      temporalUiUrl,
      mailUrl,
      standIns: (['gateway', 'carrier'] as const).filter((party) => party in standIns),
    },
  });
  const { url } = await listen({ app, hostname: '127.0.0.1', port });
  return { shopUrl: `${url}/shop`, shopKey };
}

/** A page that anybody on this machine can buy with must never reach real money. */
export function mayOpen(environment: NodeJS.ProcessEnv): boolean {
  const { MAKEGOOD_ENV: kind, STRIPE_SECRET_KEY: secretKey = '' } = environment;
  return kind !== 'production' && (secretKey === '' || secretKey.startsWith('sk_test_'));
}
