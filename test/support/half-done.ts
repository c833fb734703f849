/** Orders of 10.00 EUR that are placed over HTTP and held half done by what their parties do. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { OrderId } from '../../src/domain/order.ts';
import { orderOf } from '../../src/launcher/samples.ts';
import { eventually } from '../api/harness.ts';
import { audit } from './audit.ts';
import type { ProcessStack } from './processes.ts';
import { clearFaults, setFaults } from './stand-ins.ts';

export type HalfDone = ReturnType<typeof halfDoneOrders>;

/** Asks the API at the address of the moment; sells MUG. */
export function halfDoneOrders({ apiKey, client, parties, shop }: ProcessStack, api: () => string) {
  const place = async (): Promise<OrderId> => {
    const response = await fetch(`${api()}/v1/orders`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${apiKey}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': randomUUID(),
      },
      body: JSON.stringify(orderOf({ lines: [{ sku: 'MUG', quantity: 1 }] })),
    });
    assert.equal(response.status, 202);
    return ((await response.json()) as { id: OrderId }).id;
  };
  const placeSome = () => Promise.all([place(), place(), place()]);
  const become = (ids: readonly OrderId[], status: string) =>
    eventually(async () => {
      const rows = await Promise.all(ids.map((id) => shop.row(id)));
      return rows.every((row) => row.status === status);
    });
  /** Till then their first workflow task may be under way, and they belong to no build yet. */
  const held = async (ids: readonly OrderId[]) => {
    const started = 'SELECT FROM "order" WHERE id = ANY ($1) AND run_started_at IS NOT NULL';
    await eventually(async () => (await shop.pool.query(started, [ids])).rowCount === ids.length);
    await eventually(async () => {
      const runs = await Promise.all(ids.map((id) => client.workflow.getHandle(id).describe()));
      return runs.every(({ raw }) => raw.pendingActivities?.length === 1);
    });
  };
  const unshipped = async (): Promise<OrderId[]> => {
    await setFaults(parties.carrierUrl, { request: { fault: 'fail-before' } });
    const ids = await placeSome();
    await become(ids, 'paid');
    await held(ids);
    return ids;
  };
  const uncaptured = async (): Promise<OrderId[]> => {
    await setFaults(parties.gatewayUrl, { capture: { fault: 'fail-before' } });
    const ids = await placeSome();
    await held(ids);
    return ids;
  };

  return {
    placeSome,
    held,
    /** Three that wait for the carrier. */
    unshipped,
    /** Three that wait for the carrier, three that wait for their capture. */
    halfDone: async () => [...(await unshipped()), ...(await uncaptured())],
    /** One whose worker is in the middle of a workflow task, its second one. */
    async askingTheCarrier(): Promise<OrderId> {
      await setFaults(parties.gatewayUrl, { capture: { fault: 'fail-before', times: 1 } });
      await setFaults(parties.carrierUrl, { request: { fault: 'hang' } });
      const id = await place();
      await become([id], 'paid');
      return id;
    },
    async heal() {
      await clearFaults(parties.carrierUrl);
      await clearFaults(parties.gatewayUrl);
    },
    /** By the books of the parties outside, and with no operator needed any more. */
    async requireCompleted(ids: readonly OrderId[]) {
      await become(ids, 'completed');
      await Promise.all(ids.map((id) => client.workflow.getHandle(id).result()));
      const unsent = 'SELECT FROM mail_outbox WHERE order_id = ANY ($1) AND sent_at IS NULL';
      await eventually(async () => (await shop.pool.query(unsent, [ids])).rowCount === 0);
      for (const id of ids) await audit(parties, { id, amountMinor: '1000' }, 'completed');
      const flagged = 'SELECT FROM "order" WHERE id = ANY ($1) AND needs_operator';
      assert.equal((await shop.pool.query(flagged, [ids])).rowCount, 0);
    },
  };
}
