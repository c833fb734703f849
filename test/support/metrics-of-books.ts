/** Numbers with something in each place, so that every metric of the books has a sample. */
import type { BusinessNumbers } from '../../src/api/operator-ports.ts';

export const BOOKS: BusinessNumbers = {
  counted: [
    { kind: 'event', what: 'order.accepted', how: '', count: 7 },
    { kind: 'event', what: 'order.reserved', how: '', count: 7 },
    { kind: 'event', what: 'order.completed', how: '', count: 4 },
    { kind: 'event', what: 'order.rejected', how: 'out-of-stock', count: 2 },
    { kind: 'event', what: 'refund.requested', how: '', count: 1 },
    { kind: 'undone', what: 'reserve stock', how: '', count: 3 },
    { kind: 'parked', what: 'send receipt', how: 'do', count: 1 },
    { kind: 'act', what: 'retry', how: 'send receipt', count: 1 },
    { kind: 'mailed', what: 'rejected', how: '', count: 2 },
  ],
  unfinished: [
    { status: 'accepted', needsOperator: false, count: 2, oldestSeconds: 12 },
    { status: 'shipped', needsOperator: true, count: 1, oldestSeconds: 90.5 },
  ],
  oldestUnstartedSeconds: 3,
  parked: [{ step: 'send receipt', direction: 'do', count: 1 }],
  blocked: [{ status: 'paid', count: 1 }],
  atRisk: [{ value: '2998', currency: 'EUR' }],
  capturesHalted: true,
  differences: [{ kind: 'amounts-differ', state: 'open', count: 2 }],
  unsentMails: 0,
  oldestUnsentMailSeconds: null,
};
