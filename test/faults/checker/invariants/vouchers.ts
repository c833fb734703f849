/** Vouchers: how often each was taken at every look, and what the orders say of it in the end. */
import type { VoucherRow } from '../evidence.ts';
import type { Ending, Facts } from '../facts.ts';
import type { Finding } from '../verdict.ts';

/** V1 */
export function* neverOverused({ evidence }: Facts): Iterable<Finding> {
  const looks: (readonly [string, readonly VoucherRow[]])[] = [
    ...evidence.snapshots.map(({ at, vouchers = [] }) => [at, vouchers] as const),
    ['the end', evidence.database.voucher],
  ];
  for (const [when, vouchers] of looks) {
    for (const { tenant_id: tenant, code, taken, uses } of vouchers) {
      if (Number.isSafeInteger(taken) && taken >= 0 && taken <= uses) continue;
      yield { detail: `${code} of ${tenant} at ${when}: taken ${taken} times, of ${uses}` };
    }
  }
}

/** V2 */
export function* takenIsWhatCompleted({ evidence, orders }: Facts): Iterable<Finding> {
  const { voucher, voucher_use: uses } = evidence.database;
  for (const { tenant_id: tenant, code, taken } of voucher) {
    const held = uses.filter((use) => use.tenant_id === tenant && use.code === code && isHeld(use));
    if (held.length === taken) continue;
    yield { detail: `${code} of ${tenant}: taken ${taken} times, held by ${held.length}` };
  }
  const holders = new Set(uses.filter(isHeld).map(({ order_id }) => order_id));
  for (const order of orders.values()) {
    const { id: orderId, isJudged } = order;
    if (!isJudged || isByHand(order) || holders.has(orderId) === isDue(order)) continue;
    const detail = `${order.status}, and its voucher is ${isDue(order) ? 'not ' : ''}taken`;
    yield { orderId, detail };
  }
}

function isHeld({ state }: { readonly state: string }): boolean {
  return state === 'held';
}

function isByHand({ byHand }: Ending): boolean {
  return byHand.has('redeem voucher') || byHand.has('return voucher');
}

/** Also of one that was refunded later, because that was asked for. */
function isDue({ hasCompleted, final }: Ending): boolean {
  return hasCompleted && final.order.voucher !== undefined;
}
