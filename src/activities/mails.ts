/** Every word a customer reads, in one place. */
import { messageId } from '../domain/keys.ts';
import type { MailKind } from '../domain/keys.ts';
import { inWords } from '../domain/money.ts';
import type { EndReason, OrderId } from '../domain/order.ts';
import type { Mail, OutboxMail, ReceiptWork } from './ports.ts';

export function receipt(
  id: OrderId,
  { customer, lines, amount, trackingNumber }: ReceiptWork,
): Mail {
  const list = lines.map(({ sku, quantity }) => `  ${quantity} x ${sku}`).join('\n');
  return mail(id, 'completed', customer, 'Your order is on its way', [
    `we have charged ${inWords(amount)} for:`,
    list,
    `Your parcel's tracking number is ${trackingNumber}.`,
  ]);
}

/** The mail of an order that did not complete, or was refunded after it did. */
export function farewell({ orderId, kind, reason, customer, amount }: OutboxMail): Mail {
  const why = reason === null ? '' : `${REASONS[reason]} `;
  switch (kind) {
    case 'completed':
      throw new Error('a completed order gets a receipt');
    case 'cancelled':
      return mail(orderId, kind, customer, 'Your order is cancelled', [
        'you asked us to cancel your order, and we did. You have not been charged.',
      ]);
    case 'rejected':
      return mail(orderId, kind, customer, 'We could not take your order', [
        `${why}You have not been charged.`,
      ]);
    case 'refunded':
      return mail(orderId, kind, customer, 'Your money is on its way back', [
        `${why}We have refunded ${inWords(amount)}.`,
      ]);
  }
}

const REASONS: Readonly<Record<EndReason, string>> = {
  'voucher-exhausted': 'Your voucher has been used up.',
  'out-of-stock': 'What you ordered has just sold out.',
  'payment-declined': 'Your bank declined the payment.',
  'payment-action-expired': 'The payment was not confirmed in time.',
  'address-refused': 'Our carrier cannot deliver to your address.',
  'temporarily-unavailable': 'We could not reach a partner that we need; please try again.',
  cancelled: 'The order was cancelled.',
};

function mail(
  id: OrderId,
  kind: MailKind,
  { name, email }: OutboxMail['customer'],
  subject: string,
  paragraphs: readonly string[],
): Mail {
  return {
    messageId: messageId(id, kind),
    to: { name, address: email },
    subject: `${subject} (${id})`,
    text: [`Dear ${name},`, ...paragraphs, `Order ${id}`].join('\n\n'),
  };
}
