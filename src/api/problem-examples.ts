/**
 * One answer of each problem type, for the OpenAPI document and the pages in docs/problems. Where
 * a type always reads the same, its code says it all; a test holds the others to real answers.
 */
import { lacking, unauthenticated } from './guard.ts';
import { quotaExceeded } from './limits.ts';
import { overloaded } from './load.ts';
import { invalid, Problem, unavailable } from './problems.ts';
import type { ProblemCode, ProblemOptions } from './problems.ts';
import { refundsPath } from './representations.ts';
import { voucherRefused } from './vouchers.ts';

export function exampleOf<Code extends ProblemCode>(code: Code): Problem<Code> {
  return new Problem(code, EXAMPLES[code]);
}

/** Of a request ID, where an answer has its own. */
export const EXAMPLE_REQUEST_ID = 'req_01m7z699hbfq8rk1np0p4dhcsc';

const EXAMPLES: Partial<Record<ProblemCode, ProblemOptions>> = {
  'invalid-request': invalid({
    field: 'lines[0].quantity',
    detail: 'Too big: expected number to be <=1000',
  }).options,
  'unknown-sku': { errors: [{ field: 'lines[0].sku', detail: 'There is no such SKU.' }] },
  'mixed-currencies': {
    errors: [{ field: 'lines', detail: 'These products are priced in several currencies.' }],
  },
  unauthenticated: unauthenticated().options,
  'insufficient-scope': lacking('orders:write').options,
  'price-changed': {
    errors: [{ field: 'expectedAmount', detail: 'The order costs another amount.' }],
    members: { amount: { value: '2998', currency: 'EUR' } },
  },
  'unknown-voucher': voucherRefused({ state: 'unknown-voucher' }).options,
  'voucher-not-applicable': voucherRefused({ state: 'voucher-not-applicable', why: 'expired' })
    .options,
  'voucher-exhausted': voucherRefused({ state: 'voucher-exhausted' }).options,
  'sold-out': {
    errors: [{ field: 'lines[0].sku', detail: 'Fewer than that are left.' }],
    members: { skus: ['mug'] },
  },
  'too-late-to-cancel': {
    members: { links: { refunds: refundsPath('ord_01m7z699hgfq8rk1nxvfkn8kg6') } },
  },
  'idempotency-in-progress': { headers: { 'Retry-After': '1' } },
  'amount-exceeds-captured': { members: { refundable: { value: '1499', currency: 'EUR' } } },
  'lines-exceed-order': {
    errors: [{ field: 'lines[0].sku', detail: 'Fewer than that are left to refund.' }],
    members: { skus: ['mug'] },
  },
  'shipment-exceeds-order': {
    errors: [{ field: 'lines[0].sku', detail: 'Fewer than that are left to ship.' }],
    members: { skus: ['mug'] },
  },
  'attempt-under-way': { headers: { 'Retry-After': '12' } },
  'quota-exceeded': quotaExceeded().options,
  'temporarily-unavailable': unavailable().options,
  overloaded: overloaded().options,
};
