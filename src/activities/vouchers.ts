/** A use of a voucher: taken, given back by the undo, or returned when the order is made good. */
import type { OrderRef } from '../domain/order.ts';
import type { Deps } from './ports.ts';
import { settle } from './step.ts';

export function vouchers({ book }: Deps) {
  return {
    async redeemVoucher({ id }: OrderRef): Promise<void> {
      settle(await book.redeemVoucher(id));
    },
    async giveVoucherBack({ id }: OrderRef): Promise<void> {
      settle(await book.giveVoucherBack(id));
    },
    async returnVoucher({ id }: OrderRef): Promise<void> {
      settle(await book.returnVoucher(id));
    },
  };
}
