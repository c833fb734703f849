/** Customers who were asked, or were not: the fixture has none, so each is put into what was told. */
import type { Corruption } from './corruption.ts';

export const OF_WAITING: readonly Corruption[] = [
  [
    'a payment that is kept, and was confirmed too late',
    'W1',
    'completed',
    (copy) =>
      Object.assign(copy.final('completed').events[1]?.data.payment ?? {}, {
        action: { type: 'redirect', url: '', expiresAt: '2026-01-01T00:00:00.000Z' },
      }),
  ],
  [
    'an order that was too late for what nobody was asked',
    'W2',
    'declined',
    (copy) => Object.assign(copy.final('declined').order, { reason: 'payment-action-expired' }),
  ],
];
