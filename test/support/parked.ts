/** Orders of which a step is parked, the operators' command, and what must be true in the end. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import { isEnded } from '../../src/domain/order.ts';
import type { OrderFacts, OrderId, OrderStatus } from '../../src/domain/order.ts';
import type { Decision } from '../../src/operator/ports.ts';
import type { Budgets } from '../../src/saga/index.ts';
import { eventually } from '../api/harness.ts';
import { readBook } from './audit.ts';
import { operator } from './operator.ts';
import { service } from './services.ts';
import { createStage } from './stage.ts';
import type { PartyFaults, Stage } from './stage.ts';

const run = promisify(execFile);

export async function createParkedScene(budgets?: Partial<Budgets>) {
  const stage = await createStage(budgets);
  let skus = 0;
  const desk = createOperatorsDesk(stage.shop.pool);
  const queueOf = async (id: OrderId) =>
    (await desk.queue(100)).flatMap((entry) =>
      entry.orderId === id && 'step' in entry ? [entry.step] : [],
    );
  /** Parked, and tried once more since: the next try comes at the slow pace. */
  const isParked = async (id: OrderId, step: string): Promise<boolean> => {
    const { raw } = await stage.client.workflow.getHandle(id).describe();
    const isSlow = raw.pendingActivities?.some(({ attempt }) => (attempt ?? 1) > 1) ?? false;
    return isSlow && (await queueOf(id)).includes(step);
  };
  const statusOf = async (id: OrderId) => (await stage.shop.row(id)).status as OrderStatus;
  /** The command, as an operator types it. */
  const operate = async (...words: string[]): Promise<string> => {
    const { address } = await service('temporal');
    const command = ['--import', 'tsx', 'src/launcher/operate.ts', ...words];
    const env = { ...process.env, DATABASE_URL: stage.shop.url, TEMPORAL_ADDRESS: address };
    return (await run(process.execPath, command, { env })).stdout;
  };
  /** All that a reset must not change. */
  const books = async ({ id }: OrderFacts) => ({
    events: await stage.shop.events(id),
    gateway: await effectsOf(stage.parties.gatewayUrl, id),
    carrier: await effectsOf(stage.parties.carrierUrl, id),
    order: await desk.show(id),
  });

  return {
    stage,
    desk,
    operate,
    isParked,
    /** Places an order under faults that last, and waits until a step of it is parked. */
    async parked(step: string, faults: PartyFaults, { isCancelled = false } = {}) {
      const sku = `SKU-${(skus += 1)}`;
      await stage.shop.stock(sku, 5);
      const order = await stage.shop.order([{ sku, quantity: 2 }]);
      await stage.breakParties(faults);
      if (isCancelled) {
        stage.beforeStep('capturePayment', async (id) => {
          await stage.deps.book.beginUnwind(id, 'cancelled');
        });
      }
      await stage.sagas.startCheckout(order);
      await eventually(() => isParked(order.id, step));
      assert.equal((await stage.shop.row(order.id)).needsOperator, true);
      return { order, sku };
    },
    /** What it says to the operator when it does not do what it was told. */
    async complaint(...words: string[]): Promise<string> {
      const error: unknown = await operate(...words).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof Error && 'stderr' in error, 'the command complains');
      return String(error.stderr);
    },
    /** The word alone, which nobody tells the run. */
    decide: (order: OrderFacts, step: string, action: Decision['action']) =>
      desk.resolve({ sagaId: order.id, step, action, operator: 'bob', why: 'a test' }),
    async requireEnd({ id }: OrderFacts, status: OrderStatus, calls = 1): Promise<void> {
      await eventually(async () => isEnded(await statusOf(id)));
      await stage.client.workflow.getHandle(id).result();
      await stage.tidy();
      const row = await stage.shop.row(id);
      assert.deepEqual([row.status, row.needsOperator], [status, false]);
      assert.deepEqual(await queueOf(id), []);
      const events = await stage.shop.events(id);
      const count = (type: string) => events.filter((event) => event === type).length;
      assert.equal(count('order.needs_operator'), calls);
      assert.equal(count('order.operator_resolved'), (await desk.show(id))?.actions.length);
      assert.equal(events.at(-1), `order.${status}`);
    },
    async requireResetChangesNothing(order: OrderFacts): Promise<void> {
      const before = await books(order);
      await operator.reset(order.id);
      const state = async () => (await stage.sagas.describe(order.id, 60)).state;
      await eventually(async () => (await state()) !== 'running');
      assert.equal(await state(), 'completed');
      assert.deepEqual(await books(order), before);
    },
  };
}

const effectsOf = async (url: string, id: OrderId) =>
  (await readBook(url)).filter(({ orderId, kind }) => orderId === id && kind === 'effect');

export const voidByHand = (stage: Stage, id: OrderId) =>
  byHand(stage, id, (intent) => [`payment_intents/${intent}/cancel`, {}]);
export const refundByHand = (stage: Stage, id: OrderId) =>
  byHand(stage, id, (intent) => ['refunds', { payment_intent: intent }]);

/** What the gateway's own people do at their dashboard, whatever ails its API. */
async function byHand(
  { shop, parties }: Stage,
  id: OrderId,
  call: (intent: string) => readonly [path: string, fields: Record<string, string>],
): Promise<void> {
  const { rows } = await shop.pool.query<{ intent: string }>(
    'SELECT intent_id AS intent FROM payment WHERE order_id = $1',
    [id],
  );
  const [path, fields] = call(rows[0]?.intent ?? assert.fail('there is no intent'));
  const response = await fetch(`${parties.gatewayUrl}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_dashboard', 'idempotency-key': `by hand: ${id}` },
    body: new URLSearchParams(fields),
  });
  assert.equal(response.status, 200, await response.text());
}
