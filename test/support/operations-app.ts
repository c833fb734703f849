/** The operations API over a stage's own shop and sagas, and the key of an operator called ann. */
import { createCredentials } from '../../src/adapters/postgres/credentials.ts';
import { createOperationsDesk } from '../../src/adapters/postgres/operations-desk.ts';
import { createLimits } from '../../src/api/limits.ts';
import { createOperationsApp } from '../../src/api/operations.ts';
import { runUrls } from '../../src/api/operations-shown.ts';
import { createSagaCalls } from '../../src/api/saga-calls.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import { createOperatorKey } from '../../src/launcher/shop.ts';
import { createLogger } from '../../src/log.ts';
import { PLENTY } from '../api/harness.ts';
import type { Stage } from './stage.ts';

export async function operationsOn({ shop, sagas }: Stage) {
  const log = createLogger({ level: 'silent', name: 'test' });
  const desk = createOperationsDesk(shop.pool);
  const app = createOperationsApp({
    health: {
      checkDatabase: () => Promise.resolve({ answers: true, migrated: true }),
      checkTemporal: () => sagas.ready(),
      isDraining: () => false,
    },
    limits: createLimits(PLENTY),
    credentials: createCredentials(shop.pool),
    desk,
    sagas,
    sagaCalls: createSagaCalls(sagas, log),
    touched: () => undefined,
    runUrl: runUrls(undefined, 'default'),
    log,
  });
  const ann = await withClient(shop.url, (client) => createOperatorKey(client, 'ann', 'dev'));
  return { app, ann, desk, log };
}
