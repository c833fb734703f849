/**
 * What has to hold of vouchers, whatever happened: at each step no code is used more often than it may
 * be, and at the end it is used by the orders that were kept, and by no other.
 */
import type { OrderRow } from './memory/rows.ts';
import type { World } from './world.ts';

/** V1: at every moment. */
export function* auditCodes({ books, story }: World): Iterable<string> {
  const uses = [...books.tables.voucherUses.values()];
  for (const { code, taken } of books.tables.vouchers.values()) {
    const held = uses.filter((use) => use.code === code && use.state === 'held').length;
    if (taken !== held || taken > story.voucherUses) {
      yield `V1: ${code} is taken ${taken} times, held by ${held}, good for ${story.voucherUses}`;
    }
  }
}

interface VoucherEnd {
  readonly order: OrderRow;
  /** The goods are the customer's, whatever became of the money later. */
  readonly isKept: boolean;
  /** By step: what an operator decided. */
  readonly decided: ReadonlyMap<string, string>;
}

/** V2 and V3: once an order has ended. */
export function* auditUse({ books }: World, end: VoucherEnd): Iterable<string> {
  const { order, isKept, decided } = end;
  const state = books.tables.voucherUses.get(order.id)?.state;
  const isByHand = decided.has('undo redeem voucher') || decided.has('return voucher');
  const shouldBeHeld = isKept && order.voucher !== null;
  if (!isByHand && (state === 'held') !== shouldBeHeld) yield `V2: its voucher is ${state}`;
  const price = order.lines.reduce(
    (sum, { quantity, unitPriceMinor }) => sum + BigInt(quantity) * unitPriceMinor,
    0n,
  );
  const off = order.voucher?.discountMinor ?? 0n;
  if (order.amountMinor !== price - off) yield `V3: it costs ${order.amountMinor} of ${price}`;
}
