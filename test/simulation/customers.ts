/**
 * The customers who are asked to confirm a payment, and the banks that take their time: each does what the
 * story says, when it says so, and the run hears of it or does not.
 */
import type { OrderId } from '../../src/domain/order.ts';
import type { GatewayLine } from './memory/gateway-book.ts';
import type { World } from './world.ts';

/** Reads on in the gateway's book: whom it has asked since. */
export function createCustomers(world: World): { readonly readOn: () => void } {
  let read = 0;
  return {
    readOn() {
      const { lines } = world.gateway;
      for (; read < lines.length; read += 1) {
        const line = lines[read];
        if (line !== undefined && asksFor(line)) answerLater(world, line.orderId, line.intent);
      }
    },
  };
}

function asksFor(line: GatewayLine): line is GatewayLine & { orderId: OrderId; intent: string } {
  return (
    line.kind === 'effect' && (line.effect === 'action-required' || line.effect === 'processing')
  );
}

function answerLater(world: World, id: OrderId, intent: string): void {
  const { apis, books, gateway, scheduler, server, story, wire } = world;
  const plan = story.orders[Number(books.tables.orders.get(id)?.metadata['plan'])];
  const { answer = 'nothing', afterSeconds = 0, isHeard = false } = plan?.customer ?? {};
  if (answer === 'nothing') return;
  scheduler.after(afterSeconds * 1_000, () => {
    if (!gateway.customerActs(intent, answer === 'approves' ? 'approve' : 'decline')) return;
    const process = apis.pick(scheduler.random);
    if (!isHeard || process === undefined) return;
    const call = { process, party: 'temporal', name: 'hear', about: id, timeoutMs: 2_000 };
    void wire.carry(call, () => server.look(id)).catch(() => undefined);
  });
}
