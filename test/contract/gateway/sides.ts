/** Both gateways that must not drift: the one in memory, and the stand-in behind the Stripe adapter. */
import type { PaymentGateway } from '../../../src/activities/ports.ts';
import { createStripeGateway } from '../../../src/adapters/stripe/index.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import { createMemoryGateway } from '../../simulation/memory/gateway.ts';
import { plainGateway } from '../../support/plain-gateway.ts';
import { effectsOf, setFaults } from '../../support/stand-ins.ts';

export interface GatewaySide {
  readonly gateway: PaymentGateway;
  readonly passTime: (ms: number) => void;
  /** The authorization is gone by the time of the next capture. */
  readonly lapse: (orderId: OrderId) => Promise<unknown>;
  /** From the gateway's own book. */
  readonly effects: (orderId: OrderId) => Promise<readonly unknown[]>;
}

/** To be called inside a describe block; gives a side once the tests run. */
export const GATEWAYS: Readonly<Record<string, () => () => GatewaySide>> = {
  'in memory': () => memorySide,
  'over the Stripe adapter': stripeSide,
};

const WEEK_MS = 7 * 86_400_000;

export function memorySide(): GatewaySide {
  let clock = Date.parse('2026-11-02T10:00:00Z');
  const gateway = createMemoryGateway({ now: () => clock, authorizationMs: WEEK_MS });
  const passTime = (ms: number) => void (clock += ms);
  return {
    gateway,
    passTime,
    lapse(): Promise<void> {
      passTime(WEEK_MS);
      return Promise.resolve();
    },
    effects: (orderId) =>
      Promise.resolve(
        gateway.lines.flatMap((line) =>
          line.kind === 'effect' && line.orderId === orderId ? [line.effect] : [],
        ),
      ),
  };
}

export function stripeSide(): () => GatewaySide {
  const { url, passTime } = plainGateway();
  let gateway: PaymentGateway;
  before(() => {
    gateway = createStripeGateway({ secretKey: 'sk_test_standin', apiBase: url() });
  });
  return () => ({
    gateway,
    passTime,
    // No clock of its own lets an authorization lapse there: its fault plan does.
    lapse: (orderId) => setFaults(url(), { capture: { fault: 'lapse', orderId } }),
    effects: (orderId) => effectsOf(url(), orderId),
  });
}
