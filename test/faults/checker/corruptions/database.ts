/** The dump, the looks at it during the run, the runs, and what must not be seen, spoilt. */
import type { Copy, Role, Row } from '../copy.ts';
import { UNKNOWN, type Corruption } from './corruption.ts';

const ENTRIES = 'database/payment_entry.jsonl';
const STOCK = 'database/stock.jsonl';
const RESERVATIONS = 'database/reservation.jsonl';
const ORDERS = 'database/order.jsonl';
const ACTIONS = 'database/operator_action.jsonl';
const SNAPSHOTS = 'snapshots.jsonl';
const RUNS = 'runs.jsonl';
const LOG = 'logs/api.log';

function entry(copy: Copy, role: Role, operation: string, kind: string): Row {
  return copy.row(ENTRIES, { order_id: copy.id(role), operation, kind });
}

function reservation(copy: Copy, role: Role): Row {
  return copy.row(RESERVATIONS, { order_id: copy.id(role) });
}

function add(row: Row, changes: Readonly<Record<string, number>>): void {
  for (const [column, by] of Object.entries(changes)) row[column] = Number(row[column]) + by;
}

/** The last look, when money has moved and stock has changed hands. */
function look(copy: Copy): { readonly stock: Row[]; readonly money: Row } {
  return copy.row(SNAPSHOTS, {}, -1) as unknown as ReturnType<typeof look>;
}

const firstOf = (rows: readonly Row[]): Row => rows[0] ?? {};

export const DATABASE: readonly Corruption[] = [
  [
    'an entry that differs from the gateway',
    'M11',
    'completed',
    (copy) => add(entry(copy, 'completed', 'capture', 'answered'), { captured: -1 }),
  ],
  [
    'a hold that was let go, and never written down',
    'M11',
    'cancelled',
    (copy) => {
      add(entry(copy, 'cancelled', 'confirm', 'answered'), { authorized: -1_000 });
      add(entry(copy, 'cancelled', 'cancel', 'answered'), { voided: -1_000 });
    },
  ],
  [
    'a call that no entry announced',
    'M11',
    'completed',
    (copy) => copy.remove(ENTRIES, entry(copy, 'completed', 'capture', 'requested')),
  ],
  [
    'an entry of an order that nobody placed',
    'M11',
    'unknown',
    (copy) =>
      copy.repeat(ENTRIES, entry(copy, 'completed', 'create', 'requested'), { order_id: UNKNOWN }),
  ],
  ['sums that become less', 'M11', 'none', (copy) => add(look(copy).money, { captured: -7_000 })],
  [
    'more taken than was held',
    'M11',
    'none',
    (copy) => add(look(copy).money, { captured: 1_000_000 }),
  ],
  ['a stock row off by one', 'K1', 'none', (copy) => add(copy.row(STOCK, {}), { available: 1 })],
  [
    'stock off by one during the run',
    'K1',
    'none',
    (copy) => add(firstOf(look(copy).stock), { reserved: 1 }),
  ],
  ['a SKU that is gone', 'K1', 'none', (copy) => copy.remove(STOCK, copy.row(STOCK, {}))],
  [
    'less than nothing on the shelf',
    'K2',
    'none',
    (copy) => add(firstOf(look(copy).stock), { available: -100, reserved: 100 }),
  ],
  [
    'more sold than there was',
    'K2',
    'none',
    (copy) => add(firstOf(look(copy).stock), { sold: 100, available: -100 }),
  ],
  [
    'goods reserved when all has ended',
    'K3',
    'none',
    (copy) => add(copy.row(STOCK, {}), { available: -1, reserved: 1 }),
  ],
  [
    'a reservation of a declined order held',
    'K3',
    'declined',
    (copy) => void (reservation(copy, 'declined')['state'] = 'held'),
  ],
  [
    'a reservation of an order that nobody placed',
    'K3',
    'unknown',
    (copy) => void (reservation(copy, 'declined')['order_id'] = UNKNOWN),
  ],
  [
    'one less sold than the orders have',
    'K4',
    'none',
    (copy) => add(copy.row(STOCK, {}), { available: 1, sold: -1 }),
  ],
  [
    'a refund that put nothing on the shelf',
    'K4',
    'none',
    (copy) => add(copy.row(STOCK, { sku: 'CUP' }), { available: -1, sold: 1 }),
  ],
  [
    'a run that was terminated, and not begun again',
    'O6',
    'completed',
    (copy) => void (copy.row(RUNS, { workflowId: copy.id('completed') })['status'] = 'TERMINATED'),
  ],
  [
    'a run that is open',
    'O6',
    'completed',
    (copy) =>
      copy.repeat(RUNS, copy.row(RUNS, { workflowId: copy.id('completed') }), {
        status: 'RUNNING',
        startTime: '2020-01-01T00:00:00.000Z',
      }),
  ],
  [
    'an order without a run',
    'O6',
    'declined',
    (copy) => copy.remove(RUNS, copy.row(RUNS, { workflowId: copy.id('declined') })),
  ],
  [
    'a run without an order',
    'O6',
    'unknown',
    (copy) =>
      copy.repeat(RUNS, copy.row(RUNS, { workflowId: copy.id('declined') }), {
        workflowId: UNKNOWN,
      }),
  ],
  [
    'a row that says otherwise than the API',
    'O6',
    'declined',
    (copy) => void (copy.row(ORDERS, { id: copy.id('declined') })['status'] = 'cancelled'),
  ],
  [
    'goods of a declined order sold',
    'O7',
    'declined',
    (copy) => void (reservation(copy, 'declined')['state'] = 'sold'),
  ],
  [
    'goods of an order that was made good not on the shelf',
    'O7',
    'made good',
    (copy) => void (reservation(copy, 'made good')['state'] = 'sold'),
  ],
  [
    'an order that waits for an operator',
    'O8',
    'completed',
    (copy) => void (copy.row(ORDERS, { id: copy.id('completed') })['needs_operator'] = true),
  ],
  [
    'a parked step that is left',
    'O8',
    'completed',
    (copy) => copy.write('database/parked_step.jsonl', `{"order_id":"${copy.id('completed')}"}\n`),
  ],
  [
    'an order that nobody can resolve, and nobody is called to',
    'O8',
    'unknown',
    (copy) => {
      const run = JSON.parse(copy.text('run.json')) as Row;
      copy.write('run.json', JSON.stringify({ ...run, unresolvable: [UNKNOWN] }));
    },
  ],
  [
    'an activity tried eleven times',
    'O9',
    'completed',
    (copy) =>
      void (copy.row(RUNS, { workflowId: copy.id('completed') })['history'] = [{ attempts: 11 }]),
  ],
  [
    'an e-mail address in a log',
    'D1',
    'completed',
    (copy) => say(copy, `ada@example.com wants ${copy.id('completed')}`),
  ],
  ['an API key in a log', 'D1', 'none', (copy) => say(copy, `Bearer ${canary(copy, 'API key')}`)],
  [
    'a street in a history',
    'D1',
    'completed',
    (copy) => {
      const told = Buffer.from(`"${canary(copy, 'street')}"`).toString('base64');
      const history = `{"id":"${copy.id('completed')}","data":"${told}"}`;
      copy.write(`histories/${copy.id('completed')}.json`, history);
    },
  ],
  [
    'a payment method in the entries',
    'D1',
    'completed',
    (copy) => {
      const method = canary(copy, 'payment method');
      entry(copy, 'completed', 'confirm', 'answered')['outcome'] = method;
    },
  ],
  ['an act without a record', 'D2', 'parked', (copy) => copy.write(ACTIONS, '')],
  [
    'a record without an act',
    'D2',
    'parked',
    (copy) => copy.repeat(ACTIONS, copy.row(ACTIONS, {}), { action: 'retry' }),
  ],
  [
    'a record of who, but not of what was before',
    'D2',
    'parked',
    (copy) => void (copy.row(ACTIONS, {})['before'] = {}),
  ],
];

function say(copy: Copy, words: string): void {
  copy.write(LOG, `${copy.text(LOG)}${words}\n`);
}

function canary(copy: Copy, name: string): string {
  const canaries = JSON.parse(copy.text('canaries.json')) as { name: string; value: string }[];
  return canaries.find((one) => one.name === name)?.value ?? '';
}
