/** Why a voucher takes nothing off an order, as a problem that names the field. */
import type { PlaceAnswer, VoucherObjection } from './ports.ts';
import { Problem } from './problems.ts';
import type { ProblemOptions } from './problems.ts';

type Refused = Extract<
  PlaceAnswer,
  { state: 'unknown-voucher' | 'voucher-exhausted' | 'voucher-not-applicable' }
>;

export function isVoucherRefused(answer: { readonly state: string }): answer is Refused {
  return /^unknown-voucher$|^voucher-/.test(answer.state);
}

export function voucherRefused(answer: Refused): Problem {
  switch (answer.state) {
    case 'unknown-voucher':
      return new Problem(answer.state, aboutVoucher('There is no such voucher.'));
    case 'voucher-exhausted':
      return new Problem(answer.state, aboutVoucher('It has no use left.'));
    case 'voucher-not-applicable':
      return new Problem(answer.state, aboutVoucher(OBJECTIONS[answer.why]));
  }
}

const OBJECTIONS: Readonly<Record<VoucherObjection, string>> = {
  expired: 'It has expired.',
  'other-currency': 'It is in another currency than the order.',
  'amount-too-small': 'The order costs too little for it.',
  'nothing-to-pay': 'It would leave nothing to pay.',
};

function aboutVoucher(detail: string): ProblemOptions {
  return { errors: [{ field: 'voucherCode', detail }] };
}
