/** The gateway's calls for one order, each under the key that the engine would give it. */
import assert from 'node:assert/strict';
import type { GatewayRefund, Intent, PaymentGateway } from '../../../src/activities/ports.ts';
import { gatewayKey } from '../../../src/domain/keys.ts';
import type { OrderId } from '../../../src/domain/order.ts';

// Long enough for a loaded machine: only what hangs ever waits for a deadline, with a shorter one.
export const PATIENCE_MS = 5_000;

export const AMOUNT = { amountMinor: 1999n, currency: 'EUR' };

export interface Asked {
  /** Which attempt at this operation, if not the first: its key is another one. */
  readonly n?: number;
  readonly timeoutMs?: number;
  readonly returnUrl?: string;
}

export interface GatewayCalls {
  readonly create: (paymentMethod?: string, asked?: Asked) => Promise<Intent>;
  readonly confirm: (id: string, asked?: Asked) => Promise<Intent>;
  readonly capture: (id: string, asked?: Asked) => Promise<Intent>;
  readonly cancel: (id: string, asked?: Asked) => Promise<Intent>;
  readonly retrieve: (id: string, asked?: Asked) => Promise<Intent>;
  readonly refund: (id: string, asked?: Asked & { amountMinor?: bigint }) => Promise<GatewayRefund>;
  readonly findRefund: (id: string, asked?: Asked) => Promise<GatewayRefund | undefined>;
  /** An intent that is there, is confirmed, is captured. */
  readonly created: (paymentMethod?: string) => Promise<string>;
  readonly held: (paymentMethod?: string) => Promise<string>;
  readonly paid: (paymentMethod?: string) => Promise<string>;
}

export function callsFor(orderId: OrderId, gateway: PaymentGateway): GatewayCalls {
  type Operation = Parameters<typeof gatewayKey>[1];
  const call = (operation: Operation, { n = 1, timeoutMs = PATIENCE_MS }: Asked = {}) => ({
    key: gatewayKey(orderId, operation, n),
    timeoutMs,
  });
  const calls: GatewayCalls = {
    create: (paymentMethod = 'pm_card_visa', asked) =>
      gateway.createIntent(
        { orderId, requestId: 'req-1', installation: 'ins_1', amount: AMOUNT, paymentMethod },
        call('create', asked),
      ),
    confirm: (id, asked) =>
      gateway.confirmIntent(id, { ...call('confirm', asked), returnUrl: asked?.returnUrl }),
    capture: (id, asked) => gateway.captureIntent(id, call('capture', asked)),
    cancel: (id, asked) => gateway.cancelIntent(id, call('cancel', asked)),
    async retrieve(id, { timeoutMs = PATIENCE_MS } = {}) {
      const { heldAt, ...intent } = await gateway.retrieveIntent(id, { timeoutMs });
      // By the gateway's own clock: no two tell the same.
      const isHeld = ['requires_capture', 'succeeded'].includes(intent.status);
      assert.equal(heldAt !== undefined, isHeld);
      return intent;
    },
    refund(id, { amountMinor = AMOUNT.amountMinor, ...asked } = {}) {
      const amount = { ...AMOUNT, amountMinor };
      return gateway.refundIntent({ intentId: id, orderId, amount }, call('refund', asked));
    },
    findRefund: (id, asked) => gateway.findRefund(id, call('refund', asked)),
    created: async (paymentMethod) => (await calls.create(paymentMethod)).id,
    held: async (paymentMethod) => (await calls.confirm(await calls.created(paymentMethod))).id,
    paid: async (paymentMethod) => (await calls.capture(await calls.held(paymentMethod))).id,
  };
  return calls;
}
