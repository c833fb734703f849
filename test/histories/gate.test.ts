/**
 * The gate can fail: changes of the workflows that would block orders half done, and the golden
 * histories that say so. A change that issues the same commands may pass.
 */
import assert from 'node:assert/strict';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { withChange } from '../support/changed-workflows.ts';
import type { Change } from '../support/changed-workflows.ts';
import { replay } from '../support/replays.ts';
import { readGolden } from './golden.ts';
import type { Golden } from './golden.ts';

interface Case extends Change {
  readonly when: string;
  /** The paths whose histories stop replaying, and some that the change is not about. */
  readonly breaks: readonly string[];
  readonly spares: readonly string[];
}

const CHECKOUT = 'workflows/checkout.ts';
const step = String.raw`  await saga\.step\([^]*?\n  \}\);\n`;

const CASES: readonly Case[] = [
  {
    when: 'two steps are swapped',
    file: CHECKOUT,
    from: new RegExp(`^(${step})(${step})`, 'm'),
    to: '$2$1',
    breaks: ['completed', 'completed-at-regular-speed', 'payment-declined', 'made-good'],
    spares: ['refund-succeeded'],
  },
  {
    when: 'an activity has another name',
    file: CHECKOUT,
    from: /act\.capturePayment/,
    to: 'act.takePayment',
    breaks: ['completed', 'completed-at-regular-speed', 'capture-parked-retried'],
    spares: ['payment-declined', 'refund-succeeded'],
  },
  {
    when: 'an undo has another name',
    file: CHECKOUT,
    from: /act\.voidAuthorization/,
    to: 'act.dropAuthorization',
    breaks: ['payment-declined', 'undone-at-regular-speed', 'undo-parked-skipped'],
    spares: ['completed', 'made-good'],
  },
  {
    when: 'a step calls one participant more',
    file: CHECKOUT,
    from: /act\.sendReceipt\(order\)/,
    to: 'act.sendReceipt(order).then(() => act.restock(order))',
    breaks: ['completed', 'completed-at-regular-speed', 'shipment-marked-done'],
    spares: ['made-good', 'refund-succeeded'],
  },
  {
    when: 'an order is made good in another order',
    file: CHECKOUT,
    from: /(.*act\.refundPayment.*\n)(.*act\.restock.*\n)/,
    to: '$2$1',
    breaks: ['made-good', 'made-good-refund-skipped', 'shipment-refused-by-operator'],
    spares: ['completed', 'payment-declined'],
  },
  {
    when: 'a refund calls something else',
    file: 'workflows/refund.ts',
    from: /act\.sendRefund/,
    to: 'act.refundPayment',
    breaks: ['refund-succeeded', 'refund-pending', 'refund-failed'],
    spares: ['completed', 'made-good'],
  },
  {
    when: 'the engine parks without calling an operator',
    file: 'saga/tries.ts',
    from: /await this\.#call\(.*\n/,
    to: '\n',
    breaks: ['shipment-marked-done', 'undo-parked-then-succeeded', 'refund-parked-retried'],
    spares: ['completed', 'payment-declined', 'refund-pending'],
  },
  {
    when: 'only words are changed',
    file: 'saga/engine.ts',
    from: /agreed: /,
    to: 'so be it: ',
    breaks: [],
    spares: ['completed', 'payment-declined', 'undo-parked-skipped'],
  },
];

describe('golden histories', () => {
  let golden: readonly Golden[];
  before(async () => {
    // What does not replay is expected here, and would fill the screen.
    const logging = { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) };
    const logger = new DefaultLogger('ERROR', () => undefined);
    Runtime.install({ logger, telemetryOptions: { logging } });
    golden = await readGolden();
  });

  for (const { when, breaks, spares, ...change } of CASES) {
    it(`${breaks.length > 0 ? 'do not replay' : 'replay'} when ${when}`, async () => {
      const asked = golden.filter(({ workflowId }) => [...breaks, ...spares].includes(workflowId));
      const outcomes = await withChange(change, (bundle) => replay(bundle, asked));
      const errors = Object.fromEntries([...outcomes].map(([path, error]) => [path, error?.name]));
      assert.deepEqual(errors, {
        ...Object.fromEntries(breaks.map((path) => [path, 'DeterminismViolationError'])),
        ...Object.fromEntries(spares.map((path) => [path, undefined])),
      });
    });
  }
});
