/** What a smooth order costs, counted: docs/benchmarks.md has these numbers. */
import assert from 'node:assert/strict';
import { readBook } from '../support/audit.ts';
import { createStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { recordStatements } from '../support/statements.ts';

describe('a smooth order', () => {
  let stage: Stage;
  let statements: string[];
  let events: string[];
  let calls: string[];

  before(async () => {
    stage = await createStage();
    await stage.shop.stock('MUG', 5);
    const order = await stage.shop.order([{ sku: 'MUG', quantity: 2 }]);
    statements = recordStatements(stage.shop.pool, ['lease_mails']);
    await stage.run(order);
    const history = await stage.client.workflow.getHandle(order.id).fetchHistory();
    events = (history.events ?? []).map((event) => {
      const kind = Object.keys(event).find((key) => key.endsWith('EventAttributes'));
      return (kind ?? 'unknown').replace('EventAttributes', '');
    });
    const book = await readBook(stage.parties.gatewayUrl);
    calls = book.filter(({ kind }) => kind === 'request').map(({ operation }) => operation);
  });
  after(() => stage.close());

  it('is one workflow task', () => {
    assert.equal(events.filter((event) => event === 'workflowTaskStarted').length, 1);
  });

  it('leaves eleven events in the history: one per step, one for the list of runs, five around them', () => {
    assert.deepEqual(events, [
      'workflowExecutionStarted',
      'workflowTaskScheduled',
      'workflowTaskStarted',
      'workflowTaskCompleted',
      ...Array<string>(5).fill('markerRecorded'),
      'upsertWorkflowSearchAttributes',
      'workflowExecutionCompleted',
    ]);
  });

  it('asks the gateway three times', () => {
    assert.deepEqual(calls, ['create', 'confirm', 'capture']);
  });

  it('is ten round trips from worker to PostgreSQL, each its own transaction', () => {
    assert.deepEqual(statements, [
      'reserve_stock',
      'begin_authorization',
      'commit_intent',
      'record_authorization',
      'begin_capture',
      'record_capture',
      'begin_shipment',
      'record_shipment',
      'begin_receipt',
      'record_receipt',
    ]);
  });
});
