/** What clients saw, and what could be read in the end, spoilt. */
import type { Copy, Role, Row } from '../copy.ts';
import { UNKNOWN, type Corruption } from './corruption.ts';

const CLIENTS = 'clients.jsonl';
const FINAL = 'final/orders.jsonl';
const LIST = 'final/list.jsonl';
const EVENTS = 'database/order_event.jsonl';

/** The answers that a client had to the placing of this order; the first, and its replays. */
function placed(copy: Copy, role: Role, nth = 0): Row {
  const answers = copy.rows(CLIENTS).filter(({ kind, path, text }) => {
    const isPlacing = kind === 'answer' && path === '/v1/orders';
    return isPlacing && String(text).startsWith(`{"id":"${copy.id(role)}"`);
  });
  const answer = answers.at(nth);
  if (answer === undefined) throw new Error(`nobody placed ${role}`);
  return answer;
}

function replaceIn(row: Row, from: string | RegExp, to: string): void {
  const text = String(row['text']);
  row['text'] = text.replace(from, to);
  if (row['text'] === text) throw new Error(`${String(from)} does not stand in the answer`);
}

function events(copy: Copy, role: Role): Row[] {
  return copy.final(role).events as unknown as Row[];
}

function order(copy: Copy, role: Role): Row {
  return copy.final(role).order as unknown as Row;
}

export const READS: readonly Corruption[] = [
  [
    'other sums shown than the gateway had',
    'M4',
    'completed',
    (copy) => void ((order(copy, 'completed')['payment'] as Row)['refunded'] = '1'),
  ],
  [
    'another amount in the answer to the client',
    'M5',
    'completed',
    (copy) => replaceIn(placed(copy, 'completed'), '"value":"1000"', '"value":"999"'),
  ],
  [
    'lines that do not come to the amount',
    'M5',
    'declined',
    (copy) => void (((order(copy, 'declined')['lines'] as Row[])[0] ?? {})['quantity'] = 2),
  ],
  [
    'an accepted order that is not there',
    'O1',
    'declined',
    (copy) => void (copy.row(FINAL, { id: copy.id('declined') })['status'] = 404),
  ],
  [
    'an accepted order that is in no list',
    'O1',
    'declined',
    (copy) => copy.remove(LIST, copy.row(LIST, { id: copy.id('declined') })),
  ],
  [
    'an order without an end',
    'O1',
    'parked',
    (copy) => void (order(copy, 'parked')['status'] = 'paid'),
  ],
  [
    'an order that ended an hour after heal',
    'O1',
    'parked',
    (copy) =>
      void ((events(copy, 'parked').at(-1) ?? {})['occurredAt'] = '2099-01-01T00:00:00.000Z'),
  ],
  [
    'two orders for one key',
    'O2',
    'completed',
    (copy) => replaceIn(placed(copy, 'completed', 1), copy.id('completed'), UNKNOWN),
  ],
  [
    'an order that nobody placed',
    'O2',
    'unknown',
    (copy) => copy.repeat(LIST, copy.row(LIST, { id: copy.id('declined') }), { id: UNKNOWN }),
  ],
  [
    'an order in another tenant’s list',
    'O2',
    'declined',
    (copy) => void (copy.row(LIST, { id: copy.id('declined') })['tenant'] = 'ten_other'),
  ],
  [
    'a replay that differs in one byte',
    'O3',
    'completed',
    (copy) => replaceIn(placed(copy, 'completed', 1), /}$/, ' }'),
  ],
  [
    'a replay that does not say so',
    'O3',
    'completed',
    (copy) => void (placed(copy, 'completed', 1)['headers'] = {}),
  ],
  ['a bare 500', 'O3', 'completed', (copy) => void (placed(copy, 'completed', 1)['status'] = 500)],
  [
    'another body accepted under the key',
    'O3',
    'completed',
    (copy) => {
      const { call } = placed(copy, 'completed', 1);
      const send = copy.row(CLIENTS, { kind: 'send', call });
      send['body'] = { ...(send['body'] as Row), metadata: { changed: 'yes' } };
    },
  ],
  [
    'an order seen to go back',
    'O4',
    'completed',
    (copy) => {
      const path = `/v1/orders/${copy.id('completed')}?wait=5`;
      const [send, answer] = ['send', 'answer'].map((kind) => copy.row(CLIENTS, { kind, path }));
      if (send === undefined || answer === undefined) throw new Error('nobody has looked');
      const late = { at: Number(answer['at']) + 10, call: 9_999 };
      copy.repeat(CLIENTS, send, late);
      replaceIn(copy.repeat(CLIENTS, answer, late), '"status":"completed"', '"status":"paid"');
    },
  ],
  [
    'an order that was further than it ended',
    'O4',
    'cancelled',
    (copy) => {
      const path = `/v1/orders/${copy.id('cancelled')}?wait=5`;
      const seen = copy.row(CLIENTS, { kind: 'answer', path }, -1);
      replaceIn(seen, '"status":"cancelled"', '"status":"shipped"');
    },
  ],
  ['an event gap', 'O5', 'completed', (copy) => events(copy, 'completed').splice(2, 1)],
  [
    'an event gap in the book as well',
    'O5',
    'completed',
    (copy) => {
      const last = events(copy, 'completed').at(-1) ?? {};
      const kept = copy.row(EVENTS, { id: last['id'] });
      for (const row of [last, kept]) row['sequence'] = Number(row['sequence']) + 1;
    },
  ],
  [
    'two events of one ID, in the book as well',
    'O5',
    'completed',
    (copy) => {
      const [first, second] = events(copy, 'completed');
      const kept = copy.row(EVENTS, { id: second?.['id'] });
      for (const row of [second ?? {}, kept]) row['id'] = first?.['id'];
    },
  ],
  [
    'a step that is not legal',
    'O5',
    'completed',
    (copy) => void ((events(copy, 'completed')[3] ?? {})['type'] = 'order.shipped'),
  ],
  [
    'a second end',
    'O5',
    'declined',
    (copy) => {
      const told = events(copy, 'declined');
      const last = told.at(-1) ?? {};
      told.push({ ...last, id: 'evt_second', sequence: Number(last['sequence']) + 1 });
    },
  ],
  [
    'an event that the book does not have',
    'O5',
    'completed',
    (copy) =>
      copy.remove(EVENTS, copy.row(EVENTS, { order_id: copy.id('completed'), sequence: 3 })),
  ],
  ['an end that no event tells', 'O5', 'completed', (copy) => void events(copy, 'completed').pop()],
  [
    'a refund that has succeeded twice',
    'O5',
    'given back',
    (copy) => {
      const told = events(copy, 'given back').filter(({ type }) => type === 'refund.succeeded');
      const [first, second] = told;
      if (first !== undefined && second !== undefined) second['refundId'] = first['refundId'];
    },
  ],
];
