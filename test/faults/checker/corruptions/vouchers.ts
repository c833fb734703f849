/** Uses of vouchers, spoilt: the fixture has none, so each row here is one too many or too few. */
import type { Copy, Role } from '../copy.ts';
import type { Corruption } from './corruption.ts';

const VOUCHERS = 'database/voucher.jsonl';
const USES = 'database/voucher_use.jsonl';
const SNAPSHOTS = 'snapshots.jsonl';

export const OF_VOUCHERS: readonly Corruption[] = [
  [
    'a voucher that is used too often',
    'V1',
    'none',
    (copy) => copy.write(VOUCHERS, inLine({ ...VOUCHER, taken: 2 })),
  ],
  [
    'a voucher that was used too often for a while',
    'V1',
    'none',
    (copy) => Object.assign(copy.row(SNAPSHOTS, {}, -1), { vouchers: [{ ...VOUCHER, taken: -1 }] }),
  ],
  [
    'a voucher that nobody has used',
    'V2',
    'none',
    (copy) => copy.write(VOUCHERS, inLine({ ...VOUCHER, taken: 1 })),
  ],
  [
    'a voucher that a cancelled order has used',
    'V2',
    'cancelled',
    (copy) => copy.write(USES, inLine(useOf(copy, 'cancelled'))),
  ],
  [
    'a voucher that a completed order has not used',
    'V2',
    'completed',
    (copy) =>
      Object.assign(copy.final('completed').order, {
        voucher: { code: VOUCHER.code, discount: { value: '0', currency: 'EUR' } },
      }),
  ],
  [
    'a discount that nobody took off',
    'M5',
    'completed',
    (copy) =>
      Object.assign(copy.final('completed').order, {
        voucher: { code: VOUCHER.code, discount: { value: '1', currency: 'EUR' } },
      }),
  ],
];

const VOUCHER = { tenant_id: 'ten_test', code: 'ONCE', taken: 0, uses: 1 };

function useOf(copy: Copy, role: Role): object {
  const { tenant_id, code } = VOUCHER;
  return { order_id: copy.id(role), tenant_id, code, state: 'held' };
}

function inLine(row: object): string {
  return `${JSON.stringify(row)}\n`;
}
