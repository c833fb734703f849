/** Uses of a voucher (migrations/0026): taken, given back by the undo, or returned when made good. */
import type { Recorded } from '../../../src/activities/ports.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import { recordedIfRefused } from './later-steps.ts';
import {
  DONE,
  leaveTombstone,
  lockOrder,
  record,
  recorded,
  recordedOrUnwinding,
  recordUndone,
  refused,
  requireGate,
  voucherKey,
} from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { VoucherRow } from './rows.ts';

const REDEEM = 'redeem voucher';
const EXHAUSTED = refused('voucher-exhausted', 'The voucher has no use left.');

export function redeemVoucher(ledger: Ledger, id: OrderId): Recorded {
  const order = lockOrder(ledger, id);
  const answer = recordedOrUnwinding(ledger, order, REDEEM);
  if (answer !== undefined) return answer;
  const { tenantId, voucher } = order;
  const row = ledger.vouchers.get(voucherKey(tenantId, voucher?.code ?? ''));
  if (row === undefined || row.taken >= row.uses) return record(ledger, id, REDEEM, EXHAUSTED);
  changeTaken(ledger, row, 1);
  ledger.voucherUses.put(id, { tenantId, code: row.code, state: 'held' });
  return record(ledger, id, REDEEM, DONE);
}

export function giveVoucherBack(ledger: Ledger, id: OrderId): Recorded {
  const order = lockOrder(ledger, id);
  const answer = recorded(ledger, id, REDEEM, 'undo');
  if (answer !== undefined) return answer;
  requireGate(order, 'unwinding');
  leaveTombstone(ledger, id, REDEEM);
  releaseVoucherUse(ledger, id);
  return recordUndone(ledger, id, REDEEM);
}

export function returnVoucher(ledger: Ledger, id: OrderId): Recorded {
  const answer = recordedIfRefused(ledger, lockOrder(ledger, id), 'return voucher');
  if (answer !== undefined) return answer;
  releaseVoucherUse(ledger, id);
  return record(ledger, id, 'return voucher', DONE);
}

function releaseVoucherUse(ledger: Ledger, id: OrderId): void {
  const use = ledger.voucherUses.get(id);
  if (use?.state !== 'held') return;
  const row = ledger.vouchers.get(voucherKey(use.tenantId, use.code));
  if (row === undefined) throw new Error(`bug: there is no voucher ${use.code}`);
  changeTaken(ledger, row, -1);
  ledger.voucherUses.put(id, { ...use, state: 'given back' });
}

function changeTaken(ledger: Ledger, row: VoucherRow, by: number): void {
  const taken = row.taken + by;
  if (taken < 0 || taken > row.uses) throw new Error(`bug: ${row.code} would be overused`);
  ledger.vouchers.put(voucherKey(row.tenantId, row.code), { ...row, taken });
}
