/** The carrier's and the mail server's books, spoilt. */
import type { Copy, Role, Row } from '../copy.ts';
import { UNKNOWN, type Corruption } from './corruption.ts';

const CARRIER = 'carrier.jsonl';
const MAILS = 'mails.jsonl';

function inMail(copy: Copy, role: Role, change: (text: string) => string): void {
  const received = copy.effect(MAILS, role, 'received');
  const mail = received['mail'] as Row;
  received['mail'] = { ...mail, text: change(String(mail['text'])) };
}

export const DELIVERIES: readonly Corruption[] = [
  [
    'a receipt of another amount',
    'M5',
    'completed',
    (copy) => inMail(copy, 'completed', (text) => text.replace('10.00 EUR', '100.00 EUR')),
  ],
  [
    'a parcel of a cancelled order',
    'O10',
    'cancelled',
    (copy) => {
      const parcel = copy.effect(CARRIER, 'completed', 'shipped');
      const orderId = copy.id('cancelled');
      copy.repeat(CARRIER, parcel, { orderId, reference: orderId });
    },
  ],
  [
    'made good, and the carrier had nothing against it',
    'H1',
    'made good',
    (copy) => copy.remove(CARRIER, copy.effect(CARRIER, 'made good', 'refused')),
  ],
  [
    'a receipt missing',
    'N1',
    'completed',
    (copy) => copy.remove(MAILS, copy.effect(MAILS, 'completed', 'received')),
  ],
  [
    'a receipt twice, though no answer was lost',
    'N1',
    'completed',
    (copy) => copy.repeat(MAILS, copy.effect(MAILS, 'completed', 'received')),
  ],
  [
    'a foreign mail: to somebody else',
    'N1',
    'completed',
    (copy) => {
      const received = copy.effect(MAILS, 'completed', 'received');
      received['mail'] = { ...(received['mail'] as Row), to: 'eve@example.com' };
    },
  ],
  [
    'a foreign mail: about another order',
    'N1',
    'completed',
    (copy) => inMail(copy, 'completed', (text) => text.replaceAll(/ord_\w+/g, UNKNOWN)),
  ],
  [
    'a mail of an order that nobody placed',
    'N1',
    'unknown',
    (copy) => copy.repeat(MAILS, copy.effect(MAILS, 'completed', 'received'), { orderId: UNKNOWN }),
  ],
  [
    'a mail of what did not happen',
    'N1',
    'completed',
    (copy) => {
      const received = copy.effect(MAILS, 'completed', 'received');
      const mail = received['mail'] as Row;
      const messageId = String(mail['messageId']).replace('completed', 'refunded');
      copy.repeat(MAILS, received, { mail: { ...mail, messageId } });
    },
  ],
  [
    'a parcel missing',
    'H1',
    'completed',
    (copy) => copy.remove(CARRIER, copy.effect(CARRIER, 'completed', 'shipped')),
  ],
  [
    'a second parcel',
    'H1',
    'completed',
    (copy) =>
      copy.repeat(CARRIER, copy.effect(CARRIER, 'completed', 'shipped'), { reference: 'second' }),
  ],
  [
    'another parcel than the API shows',
    'H1',
    'completed',
    (copy) => void (copy.effect(CARRIER, 'completed', 'shipped')['trackingNumber'] = 'MG0'),
  ],
  [
    'a parcel of an order that nobody placed',
    'H1',
    'unknown',
    (copy) =>
      copy.repeat(CARRIER, copy.effect(CARRIER, 'completed', 'shipped'), { orderId: UNKNOWN }),
  ],
  [
    'a parcel sent before it was paid',
    'H2',
    'completed',
    (copy) =>
      void (copy.effect(CARRIER, 'completed', 'shipped')['at'] = '2026-01-01T00:00:00.000Z'),
  ],
  [
    'a parcel never paid',
    'H2',
    'declined',
    (copy) =>
      copy.repeat(CARRIER, copy.effect(CARRIER, 'completed', 'shipped'), {
        orderId: copy.id('declined'),
      }),
  ],
  [
    'a parcel of a completed order called back',
    'O7',
    'completed',
    (copy) =>
      copy.repeat(CARRIER, copy.effect(CARRIER, 'completed', 'shipped'), { effect: 'cancelled' }),
  ],
];
