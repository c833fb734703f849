/** The API's books and its saga client with failpoints: around claims, and around starts. */
import { connectSagaClient as connect } from '../../../src/client/temporal.ts';
import { createOrderStore as create } from '../../../src/adapters/postgres/order-store.ts';
import type { NewOrder } from '../../../src/api/ports.ts';
import type { OrderFacts } from '../../../src/domain/order.ts';
import { cross } from './crossing.ts';
import { wrapped } from './wrapped.ts';

export function createOrderStore(...pools: Parameters<typeof create>): ReturnType<typeof create> {
  return wrapped(create(...pools), (method, [, order]) =>
    method === 'place' ? points('place', order as NewOrder) : undefined,
  );
}

export function connectSagaClient(
  ...options: Parameters<typeof connect>
): ReturnType<typeof connect> {
  return wrapped(connect(...options), (method, [order]) =>
    method === 'startCheckout' ? points('start', order as OrderFacts) : undefined,
  );
}

function points(act: string, { id: orderId, requestId }: NewOrder | OrderFacts) {
  const who = { act, orderId, requestId, isLocal: false, attempt: 1 };
  return {
    before: () => cross({ ...who, at: 'begin' }),
    after: () => cross({ ...who, at: 'end' }),
  };
}
