/** Bugs of the books: a gate that does not hold, a barrier that is not there, a sum that is wrong. */
import type { Mutant } from './mutant.ts';
import { BOOKS } from './suites.ts';

const checkout = 'migrations/0002_checkout.sql';
const pivot = 'migrations/0003_pivot_and_after.sql';
const refunds = 'migrations/0005_refunds.sql';
const parking = 'migrations/0007_parking.sql';
const vouchers = 'migrations/0026_vouchers.sql';
const waiting = 'migrations/0030_customer_action.sql';

export const BOOK_MUTANTS: readonly Mutant[] = [
  {
    name: 'The order is read, and not locked.',
    file: checkout,
    find: 'SELECT * INTO o FROM "order" WHERE id = p_id FOR UPDATE;',
    replace: 'SELECT * INTO o FROM "order" WHERE id = p_id;',
    caughtBy: BOOKS,
  },
  {
    name: 'A step goes on although its order is unwound.',
    file: checkout,
    find: `CASE WHEN o.gate = 'unwinding' THEN refused(`,
    replace: `CASE WHEN o.gate = 'committed' AND o.gate = 'unwinding' THEN refused(`,
    caughtBy: BOOKS,
  },
  {
    name: 'The barrier does not remember.',
    file: checkout,
    find: `  FROM barrier WHERE saga_id = p_id AND step = p_step AND direction = p_direction
$$;`,
    replace: `  FROM barrier WHERE saga_id = p_id AND step = p_step AND direction = p_direction AND direction = 'undo'
$$;`,
    caughtBy: BOOKS,
  },
  {
    name: 'A release leaves no tombstone.',
    file: checkout,
    find: `  PERFORM leave_tombstone(p_id, 'reserve stock');
`,
    replace: '',
    caughtBy: BOOKS,
  },
  {
    name: 'A release does not ask the gate.',
    file: checkout,
    find: `  PERFORM require_gate(o, 'unwinding');
  PERFORM leave_tombstone(p_id, 'reserve stock');`,
    replace: `  PERFORM leave_tombstone(p_id, 'reserve stock');`,
    caughtBy: BOOKS,
  },
  {
    name: 'The stock is not what is reserved.',
    file: checkout,
    find: 'reserved = reserved + l.quantity',
    replace: 'reserved = reserved + 1',
    caughtBy: BOOKS,
  },
  {
    name: 'Stock is taken below zero.',
    file: checkout,
    find: 'coalesce(s.available, 0) < l.quantity',
    replace: 'coalesce(s.available, 0) < 0',
    caughtBy: BOOKS,
  },
  {
    name: 'An event has no number of its own.',
    file: checkout,
    find: 'SET last_sequence = last_sequence + 1 WHERE',
    replace: 'SET last_sequence = last_sequence + 2 WHERE',
    caughtBy: BOOKS,
  },
  {
    name: 'A second intent takes the place of the first.',
    file: checkout,
    find: 'UPDATE payment SET intent_id = p_intent WHERE order_id = p_id AND intent_id IS NULL;',
    replace: 'UPDATE payment SET intent_id = p_intent WHERE order_id = p_id;',
    caughtBy: BOOKS,
  },
  {
    name: 'Money that is held when the order is unwound is not written down.',
    file: waiting,
    find: `  PERFORM book_authorization(p_id, p_amount);
  answer := recorded_or_unwinding(o, 'authorize payment');
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
`,
    replace: `  answer := recorded_or_unwinding(o, 'authorize payment');
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM book_authorization(p_id, p_amount);
`,
    caughtBy: BOOKS,
  },
  {
    name: 'The capture does not close the gate behind it.',
    file: 'migrations/0015_differences.sql',
    find: `  UPDATE "order" SET gate = 'committing' WHERE id = p_id AND gate = 'forward';
`,
    replace: '',
    caughtBy: BOOKS,
  },
  {
    name: 'What was captured is not sold.',
    file: pivot,
    find: `  PERFORM move_reservation(p_id, 'held', 'sold');
`,
    replace: '',
    caughtBy: BOOKS,
  },
  {
    name: 'An order unwinds although its money is being taken.',
    file: parking,
    find: `  IF o.gate = 'forward' THEN
    UPDATE "order" SET gate = 'unwinding', reason = p_reason`,
    replace: `  IF o.gate <> 'unwinding' THEN
    UPDATE "order" SET gate = 'unwinding', reason = p_reason`,
    caughtBy: BOOKS,
  },
  {
    name: 'The last reason counts.',
    file: parking,
    find: `  IF o.gate = 'forward' THEN
    UPDATE "order" SET gate = 'unwinding', reason = p_reason`,
    replace: `  IF o.gate IN ('forward', 'unwinding') THEN
    UPDATE "order" SET gate = 'unwinding', reason = p_reason`,
    caughtBy: BOOKS,
  },
  {
    name: 'A void is written down twice.',
    file: parking,
    find: `  IF answer IS NOT NULL AND EXISTS (SELECT FROM payment WHERE order_id = p_id AND state = 'voided') THEN
    RETURN answer;
  END IF;
`,
    replace: '',
    caughtBy: BOOKS,
  },
  {
    name: 'An order ends while its goods are held.',
    file: vouchers,
    find: `AND EXISTS (SELECT FROM reservation WHERE order_id = p_id AND state IN ('held', 'sold')) THEN`,
    replace: `AND EXISTS (SELECT FROM reservation WHERE order_id = p_id AND state = 'sold') THEN`,
    caughtBy: BOOKS,
  },
  {
    name: 'A voucher is read before its row is locked.',
    file: vouchers,
    find: `  UPDATE voucher SET taken = taken + 1
  WHERE tenant_id = o.tenant_id AND code = o.voucher_code AND taken < uses;
  IF NOT FOUND THEN`,
    replace: `  IF NOT EXISTS (SELECT FROM voucher WHERE tenant_id = o.tenant_id AND code = o.voucher_code
      AND taken < uses) THEN`,
    caughtBy: BOOKS,
  },
  {
    name: 'A voucher given back leaves no tombstone.',
    file: vouchers,
    find: `  PERFORM leave_tombstone(p_id, 'redeem voucher');
`,
    replace: '',
    caughtBy: BOOKS,
  },
  {
    name: 'A voucher is given back by an order that goes on.',
    file: vouchers,
    find: `  PERFORM require_gate(o, 'unwinding');
`,
    replace: '',
    caughtBy: BOOKS,
  },
  {
    name: 'An order ends while its voucher is taken.',
    file: vouchers,
    find: `        AND EXISTS (SELECT FROM voucher_use WHERE order_id = p_id AND state = 'held') THEN`,
    replace: `        AND false THEN`,
    caughtBy: BOOKS,
  },
  {
    name: 'A line is refunded as if none of it had been.',
    file: vouchers,
    find: 'SELECT paid_for(o, p_sku, p_units + before.units) - before.amount',
    replace: 'SELECT paid_for(o, p_sku, p_units)',
    caughtBy: BOOKS,
  },
  {
    name: 'What an operator has decided stays in the queue.',
    file: parking,
    find: `  IF p_action <> 'retry' THEN
    PERFORM unpark(p_saga, p_step, s.direction);
  END IF;
`,
    replace: '',
    caughtBy: BOOKS,
  },
  {
    name: 'Refunds that are under way do not count.',
    file: refunds,
    find: `WHERE order_id = p_order AND state <> 'failed'), 0)::bigint`,
    replace: `WHERE order_id = p_order AND state = 'succeeded'), 0)::bigint`,
    caughtBy: BOOKS,
  },
  {
    name: 'A refund that was recorded is recorded again.',
    file: refunds,
    find: `  answer jsonb := recorded(r.id, 'send refund');`,
    replace: `  answer jsonb := NULL;`,
    caughtBy: BOOKS,
  },
  {
    name: 'The last of the money does not end the order.',
    file: refunds,
    find: `    PERFORM move_order(r.order_id, 'refunded');
`,
    replace: '',
    caughtBy: BOOKS,
  },
];
