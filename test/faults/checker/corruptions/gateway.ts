/** The gateway's book, spoilt: each entry must be found, by that rule, at that order. */
import type { Copy, Role, Row } from '../copy.ts';
import { UNKNOWN, type Corruption } from './corruption.ts';

const BOOK = 'gateway.jsonl';

/** The first request of an operation that the order made. */
function asked(copy: Copy, role: Role, operation: string): Row {
  return copy.row(BOOK, { kind: 'request', orderId: copy.id(role), operation });
}

export const GATEWAY: readonly Corruption[] = [
  [
    'a capture twice',
    'M1',
    'completed',
    (copy) => copy.repeat(BOOK, copy.effect(BOOK, 'completed', 'captured')),
  ],
  [
    'half of it captured',
    'M1',
    'completed',
    (copy) => void (copy.effect(BOOK, 'completed', 'captured')['amount'] = 500),
  ],
  [
    'a void missing',
    'M2',
    'cancelled',
    (copy) => copy.remove(BOOK, copy.effect(BOOK, 'cancelled', 'canceled')),
  ],
  [
    'a capture missing',
    'M2',
    'completed',
    (copy) => copy.remove(BOOK, copy.effect(BOOK, 'completed', 'captured')),
  ],
  [
    'money back before it is taken',
    'M3',
    'made good',
    (copy) => {
      const captured = copy.effect(BOOK, 'made good', 'captured');
      const refunded = copy.effect(BOOK, 'made good', 'refunded');
      [captured['seq'], refunded['seq']] = [refunded['seq'], captured['seq']];
    },
  ],
  [
    'more back than was taken, in two parts',
    'M3',
    'given back',
    (copy) => void (copy.effect(BOOK, 'given back', 'refunded')['amount'] = 301),
  ],
  [
    'the refund of what was made good missing',
    'M4',
    'made good',
    (copy) => copy.remove(BOOK, copy.effect(BOOK, 'made good', 'refunded')),
  ],
  [
    'another currency at the gateway',
    'M5',
    'completed',
    (copy) => void (copy.effect(BOOK, 'completed', 'captured')['currency'] = 'usd'),
  ],
  [
    'a fraction of a cent',
    'M5',
    'completed',
    (copy) => void (copy.effect(BOOK, 'completed', 'authorized')['amount'] = 1000.5),
  ],
  [
    'money of an order that nobody placed',
    'M6',
    'unknown',
    (copy) => {
      const created = copy.effect(BOOK, 'declined', 'created');
      copy.repeat(BOOK, created, { orderId: UNKNOWN, key: `${UNKNOWN}:create:1` });
    },
  ],
  [
    'a second hold while the first lives',
    'M7',
    'completed',
    (copy) => {
      const held = copy.effect(BOOK, 'completed', 'authorized');
      copy.repeat(BOOK, held, {
        intent: 'pi_second',
        key: `${held['orderId'] as string}:confirm:2`,
      });
    },
  ],
  [
    'a refund of a completed order that nobody asked for',
    'M8',
    'completed',
    (copy) => {
      const refund = copy.effect(BOOK, 'made good', 'refunded');
      const { intent, orderId } = copy.effect(BOOK, 'completed', 'captured');
      const key = 'rfd_nobody:refund:1';
      copy.repeat(BOOK, refund, { orderId, intent, key, refund: 're_nobody' });
    },
  ],
  [
    'the intent of a completed order cancelled',
    'M8',
    'completed',
    (copy) => {
      const captured = copy.effect(BOOK, 'completed', 'captured');
      copy.repeat(BOOK, captured, { effect: 'canceled', amount: 0, operation: 'cancel' });
    },
  ],
  [
    'a capture after an accepted cancel',
    'M9',
    'cancelled',
    (copy) => {
      const held = copy.effect(BOOK, 'cancelled', 'authorized');
      copy.repeat(BOOK, held, { effect: 'captured', operation: 'capture' });
    },
  ],
  [
    'a void after the capture',
    'M9',
    'made good',
    (copy) => {
      const captured = copy.effect(BOOK, 'made good', 'captured');
      copy.repeat(BOOK, captured, { effect: 'canceled', operation: 'cancel' });
    },
  ],
  [
    'a key made from a run',
    'M10',
    'completed',
    (copy) => void (asked(copy, 'completed', 'capture')['key'] = '01a1ff6d-3aba-74fb:capture:1'),
  ],
  [
    'no key at all',
    'M10',
    'completed',
    (copy) => void (asked(copy, 'completed', 'confirm')['key'] = null),
  ],
  [
    'one key for two requests',
    'M10',
    'completed',
    (copy) =>
      copy.repeat(BOOK, asked(copy, 'completed', 'create'), {
        params: 'others',
        outcome: 'refused',
      }),
  ],
  [
    'a key of another order',
    'M10',
    'completed',
    (copy) => {
      const key = asked(copy, 'made good', 'capture')['key'];
      asked(copy, 'completed', 'capture')['key'] = key;
    },
  ],
  [
    'a second attempt while the first may live',
    'M10',
    'made good',
    (copy) => {
      const request = asked(copy, 'made good', 'refund');
      const key = String(request['key']).replace(/:1$/, ':2');
      copy.repeat(BOOK, request, { key, outcome: 'refused' });
    },
  ],
  [
    'an intent created twice by one key',
    'M10',
    'declined',
    (copy) => copy.repeat(BOOK, copy.effect(BOOK, 'declined', 'created'), { intent: 'pi_second' }),
  ],
  [
    'twenty calls for every order',
    'O9',
    'declined',
    (copy) => {
      const request = asked(copy, 'declined', 'confirm');
      for (let n = 0; n < 20 * 9; n += 1) copy.repeat(BOOK, request, { outcome: 'refused' });
    },
  ],
];
