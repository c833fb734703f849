/** What may happen to the step that takes a voucher, in the words of troubles.test.ts. */

/** How often each may be used. */
export const VOUCHERS = { NONE: 0, ONE: 1, MANY: 1 };

const lost = { fault: 'fail-after-effect', times: 1 } as const;

export const VOUCHER_TROUBLES = [
  {
    when: 'the voucher is used up by another order',
    order: { voucherCode: 'NONE' },
    ends: 'rejected',
    reason: 'voucher-exhausted',
  },
  {
    when: "a voucher's answer is lost",
    order: { voucherCode: 'ONE' },
    book: { method: 'redeemVoucher', ...lost },
    ends: 'completed',
  },
  {
    when: 'PostgreSQL is down for a voucher',
    order: { voucherCode: 'MANY' },
    book: { method: 'redeemVoucher', fault: 'fail-before', times: 9 },
    ends: 'rejected',
    reason: 'temporarily-unavailable',
  },
  {
    when: 'the answer to a voucher given back is lost',
    order: { voucherCode: 'MANY', paymentMethod: 'pm_card_chargeDeclined' },
    book: { method: 'giveVoucherBack', ...lost },
    ends: 'rejected',
    reason: 'payment-declined',
  },
  {
    when: 'the customer cancels just before redeemVoucher',
    order: { voucherCode: 'MANY' },
    cancelBefore: 'redeemVoucher',
    ends: 'cancelled',
    reason: 'cancelled',
  },
  {
    when: 'the carrier refuses the address of an order with a voucher',
    order: { voucherCode: 'MANY', postalCode: '00000' },
    book: { method: 'returnVoucher', ...lost },
    ends: 'refunded',
    reason: 'address-refused',
  },
] as const;
