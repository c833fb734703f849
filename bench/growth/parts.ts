/** The product's own adapters, on pools of one connection each so that each connection can be metered. */
import { createBusinessNumbers } from '../../src/adapters/postgres/business-numbers.ts';
import { createClaimArchive } from '../../src/adapters/postgres/claim-archive.ts';
import { createCredentials } from '../../src/adapters/postgres/credentials.ts';
import { createEventStore } from '../../src/adapters/postgres/event-store.ts';
import { createOperationsDesk } from '../../src/adapters/postgres/operations-desk.ts';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import { createOrderStore } from '../../src/adapters/postgres/order-store.ts';
import { createOutbox } from '../../src/adapters/postgres/outbox.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { createReconcileBook } from '../../src/adapters/postgres/reconcile-book.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { createTenantPool } from '../../src/adapters/postgres/tenant.ts';
import { createWatchStore } from '../../src/adapters/postgres/watch-store.ts';

export type Parts = ReturnType<typeof createParts>;

export function createParts(url: string) {
  const options = { url, size: 1, applicationName: 'bench' };
  const tenants = createTenantPool(options);
  const [loops, operators, worker] = [
    createPool(options),
    createPool(options),
    createPool(options),
  ];
  const pools = [tenants, loops, operators, worker];
  return {
    pools,
    credentials: createCredentials(tenants),
    store: createOrderStore(tenants, loops),
    refunds: createRefundStore(tenants, loops),
    events: createEventStore(tenants),
    watch: createWatchStore(loops),
    archive: createClaimArchive(loops),
    numbers: createBusinessNumbers(operators),
    operations: createOperationsDesk(operators),
    operators: createOperatorsDesk(operators),
    book: createOrderBook(worker, () => undefined),
    outbox: createOutbox(worker),
    reconcile: createReconcileBook(worker),
    async close() {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}
