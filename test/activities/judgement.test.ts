/** The judgement on one payment that is not in our book: pure, so nothing but its rules is asked. */
import assert from 'node:assert/strict';
import type { OrderStatus } from '../../src/domain/order.ts';
import { judge } from '../../src/domain/reconcile.ts';
import type { OurPayment, SeenPayment } from '../../src/domain/two-books.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const OLD = '2026-11-21T11:00:00Z';
const ORDER = `ord_${'0'.repeat(26)}`;
const PATIENCE = { now: NOW, toleranceMs: 5_000, underWayMs: 900_000, lapseMs: 86_400_000 };

const ours = (status: OrderStatus, updatedAt = OLD): OurPayment => ({
  isOwn: false,
  installation: 'ins_1',
  order: { id: ORDER, status, amount: '1000', currency: 'EUR', updatedAt },
  payment: null,
  asked: {},
  lastEntryAt: null,
  refunds: [],
  isDecidedByHand: false,
});

const held = (createdAt = new Date(OLD)): SeenPayment => ({
  ...{ id: 'pi_1', status: 'requires_capture', currency: 'EUR', createdAt },
  ...{ heldMinor: 1000n, capturedMinor: 0n, refundedMinor: 0n, refunds: [] },
  ...{ isDisputed: false, hasLapsed: false, orderId: ORDER, installation: 'ins_1' },
});

describe('A payment that is not in our book', () => {
  const remedies = (book: OurPayment, theirs: SeenPayment) =>
    judge('pi_1', book, theirs, PATIENCE)?.map(({ remedy }) => remedy);

  it('is not judged while it, or its order, is younger than the tolerance', () => {
    const young = new Date(NOW.getTime() - PATIENCE.toleranceMs + 1);
    assert.equal(remedies(ours('cancelled'), held(young)), undefined);
    assert.equal(remedies(ours('cancelled', young.toISOString()), held()), undefined);
  });

  for (const status of ['accepted', 'reserved', 'authorized', 'paid', 'completed'] as const) {
    it(`is listed and left alone when its order is ${status}`, () => {
      assert.deepEqual(remedies(ours(status), held()), [null]);
    });
  }

  for (const status of ['rejected', 'cancelled', 'refunded'] as const) {
    it(`goes back when its order is ${status}`, () => {
      assert.deepEqual(remedies(ours(status), held()), ['void']);
    });
  }
});
