/**
 * What operators find in the Temporal UI: runs by their search attributes, and a summary on every
 * step; and that orders go on where the namespace knows no search attributes.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/workflow';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { connectSagaClient } from '../../src/client/temporal.ts';
import { Complaint } from '../../src/launcher/complaint.ts';
import { registerSearchAttributes } from '../../src/launcher/search-attributes.ts';
import { CHECKOUT, SEARCH_ATTRIBUTES } from '../../src/workflows/contract.ts';
import { eventually } from '../api/harness.ts';
import { requested } from '../support/refunds.ts';
import { service } from '../support/services.ts';
import { TENANT } from '../support/shop.ts';
import type { OrderChange } from '../support/shop.ts';
import { createStage, SHORT_BUDGETS } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { setFaults } from '../support/stand-ins.ts';

describe('the list of runs', () => {
  let stage: Stage;
  before(async () => {
    stage = await createStage();
    await stage.shop.stock('MUG', 100);
  });
  after(() => stage.close());

  const placed = (change?: OrderChange) => stage.shop.order([{ sku: 'MUG', quantity: 2 }], change);
  const listed = async (id: string) => {
    const { typedSearchAttributes } = await stage.client.workflow.getHandle(id).describe();
    const pairs = typedSearchAttributes.getAll().filter(({ key }) => key.name in SEARCH_ATTRIBUTES);
    return Object.fromEntries(pairs.map(({ key, value }) => [key.name, value]));
  };
  const eventsOf = async (id: string) => {
    const { events } = await stage.client.workflow.getHandle(id).fetchHistory();
    return events ?? [];
  };
  const updatesOf = async (id: string) =>
    (await eventsOf(id)).filter((event) => event.upsertWorkflowSearchAttributesEventAttributes)
      .length;
  const found = async (query: string) => {
    const ids: string[] = [];
    const ours = `TaskQueue = '${stage.taskQueue}' and ${query}`;
    for await (const run of stage.client.workflow.list({ query: ours })) ids.push(run.workflowId);
    return ids;
  };
  const common = { tenant: TENANT, amountMinor: 2000, needsOperator: false };

  const ends = [
    { change: {}, status: 'completed', step: 'send receipt' },
    {
      change: { paymentMethod: 'pm_card_chargeDeclined' },
      status: 'rejected',
      step: 'authorize payment',
    },
    { change: { postalCode: '00000' }, status: 'refunded', step: 'request shipment' },
  ];
  for (const { change, status, step } of ends) {
    it(`says how an order ended: ${status}, at "${step}", in one update`, async () => {
      const order = await placed(change);
      await stage.run(order);
      assert.deepEqual(await listed(order.id), { ...common, status, step });
      assert.equal(await updatesOf(order.id), 1);
      await eventually(async () =>
        (await found(`status = '${status}' and step = '${step}'`)).includes(order.id),
      );
    });
  }

  it('says how a refund ended', async () => {
    const order = await placed();
    await stage.run(order);
    const refund = await requested(createRefundStore(stage.shop.pool), order);
    await stage.runRefund(refund);
    const end = { status: 'succeeded', step: 'send refund' };
    assert.deepEqual(await listed(refund.id), { ...common, ...end });
  });

  it('has a summary in words on every step, local or regular', async () => {
    const summaries = async (id: string) =>
      (await eventsOf(id))
        .filter(
          (event) =>
            event.markerRecordedEventAttributes ??
            event.activityTaskScheduledEventAttributes ??
            event.timerStartedEventAttributes,
        )
        .map(({ userMetadata }) =>
          userMetadata?.summary
            ? defaultPayloadConverter.fromPayload<string>(userMetadata.summary)
            : 'none',
        );
    const troubled = await placed({ postalCode: '00000' });
    await setFaults(stage.parties.carrierUrl, { request: { fault: 'fail-before', times: 1 } });
    await stage.run(troubled);
    assert.deepEqual(await summaries(troubled.id), [
      'reserve stock',
      'authorize payment',
      'capture payment',
      'request shipment',
      'request shipment',
      'cancel shipment',
      'refund payment',
      'restock',
      'close order',
    ]);
    const declined = await placed({ paymentMethod: 'pm_card_chargeDeclined' });
    await stage.run(declined);
    assert.deepEqual(await summaries(declined.id), [
      'reserve stock',
      'authorize payment',
      'begin unwind',
      'void authorization',
      'release stock',
      'close order',
    ]);
  });

  it('leaves out a run that was started without search attributes, which goes on all the same', async () => {
    const order = await placed();
    await stage.client.workflow.execute(CHECKOUT, {
      workflowId: order.id,
      taskQueue: stage.taskQueue,
      args: [{ order, budgets: SHORT_BUDGETS }],
    });
    assert.equal((await stage.shop.row(order.id)).status, 'completed');
    assert.deepEqual(await listed(order.id), {});
  });

  describe('in a namespace that knows no search attributes', () => {
    let namespace: string;
    beforeEach(async () => {
      namespace = `bare-${randomBytes(4).toString('hex')}`;
      const { workflowService } = stage.client.connection;
      const workflowExecutionRetentionPeriod = { seconds: 86_400 as never };
      await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
    });

    it('has a run of every order all the same, and somebody is told once', async () => {
      const told: string[] = [];
      const { address } = await service('temporal');
      const { taskQueue } = stage;
      const onUnlisted = (detail: string) => told.push(detail);
      const sagas = connectSagaClient({ address, namespace, taskQueue, onUnlisted });
      try {
        for (const order of [await placed(), await placed()]) {
          await eventually(() =>
            sagas.startCheckout(order).then(
              () => true,
              () => false,
            ),
          );
          assert.equal((await sagas.describe(order.id, 60)).state, 'running');
        }
        assert.equal(told.length, 1);
        assert.match(told[0] ?? '', /search attribute/);
      } finally {
        await sagas.close();
      }
    });

    it('learns them from the launcher, however often it is told', async () => {
      const { connection } = stage.client;
      await eventually(() =>
        registerSearchAttributes(connection, namespace).then(
          () => true,
          () => false,
        ),
      );
      await registerSearchAttributes(connection, namespace);
      const known = await connection.operatorService.listSearchAttributes({ namespace });
      const names = ['amountMinor', 'needsOperator', 'status', 'step', 'tenant'];
      assert.deepEqual(Object.keys(known.customAttributes).sort(), names);
    });

    it('is a complaint when it gives one of the names another type', async () => {
      const { connection } = stage.client;
      const taken = { namespace, searchAttributes: { status: 3 } };
      await eventually(() =>
        connection.operatorService.addSearchAttributes(taken).then(
          () => true,
          () => false,
        ),
      );
      await assert.rejects(
        () => registerSearchAttributes(connection, namespace),
        (error) => error instanceof Complaint && /other types.*status=keyword/.test(error.message),
      );
    });

    it('is a complaint when it may not be told', async () => {
      await assert.rejects(
        () => registerSearchAttributes(stage.client.connection, 'nowhere'),
        (error) =>
          error instanceof Complaint && /tenant=keyword, status=keyword/.test(error.message),
      );
    });
  });
});
