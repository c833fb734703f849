/**
 * The checkout: take the goods off the shelf, hold the money, take the money, ship, say thanks.
 * Before the money is taken everything can be undone; after it the order completes or is made good.
 */
import { participants, runSaga } from '../saga/index.ts';
import type { Committed, Runtime, Saga, SagaOptions } from '../saga/index.ts';
import type { OrderFacts, OrderStatus } from '../domain/order.ts';
import type { Activities } from '../activities/index.ts';
import type { CheckoutInput, CheckoutResult } from './contract.ts';
import { shipAndCapture } from './ship-and-capture.ts';
import { showRun } from './show-run.ts';

/** The Temporal workflow: the saga below on its real participants. */
export function checkout({ order, budgets }: CheckoutInput): Promise<CheckoutResult> {
  const act = participants<Activities>(budgets);
  return showRun((onProgress) => runCheckout(act, order, { onProgress }), STATUS_AFTER);
}

/** The same on any runtime. */
export function runCheckout(
  act: Activities,
  order: OrderFacts,
  { onProgress }: Pick<SagaOptions<CheckoutResult>, 'onProgress'> = {},
  runtime?: Runtime,
): Promise<CheckoutResult> {
  return runSaga(
    (saga) => checkoutSaga(saga, act, order),
    {
      beginUnwind: (reason) => act.beginUnwind(order, reason),
      close: () => act.closeOrder(order),
      callOperator: (parked) => act.callOperator(order, parked),
      ...(onProgress && { onProgress }),
    },
    runtime,
  );
}

/** What the order's row says once a step is done; the end says its own. */
const STATUS_AFTER: Readonly<Record<string, OrderStatus>> = {
  'reserve stock': 'reserved',
  'authorize payment': 'authorized',
  'capture payment': 'paid',
  'request shipment': 'shipped',
  'capture payment 1': 'paid',
};

export async function checkoutSaga(
  saga: Saga,
  act: Activities,
  order: OrderFacts,
): Promise<CheckoutResult> {
  if (order.hasVoucher) {
    await saga.step('redeem voucher', {
      run: () => act.redeemVoucher(order),
      compensate: () => act.giveVoucherBack(order),
    });
  }
  await saga.step('reserve stock', {
    run: () => act.reserveStock(order),
    compensate: () => act.releaseStock(order),
  });
  await saga.step('authorize payment', {
    run: () => act.authorizePayment(order),
    compensate: () => act.voidAuthorization(order),
  });

  if (order.capture === 'at-shipment') return await shipAndCapture(saga, act, order);
  const committed = await saga.pivot('capture payment', () => act.capturePayment(order));

  const shipment = await committed.step('request shipment', () => act.requestShipment(order), {
    refusals: ['address-refused'],
  });
  if ('refused' in shipment) return await makeGood(committed, act, order);
  await committed.step('send receipt', () => act.sendReceipt(order));
  return { status: 'completed', trackingNumber: shipment.trackingNumber };
}

/** The parcel cannot go out: nothing is on its way, the money back, the goods back, all told. */
async function makeGood(
  committed: Committed,
  act: Activities,
  order: OrderFacts,
): Promise<CheckoutResult> {
  await committed.step('cancel shipment', () => act.cancelShipment(order));
  await committed.step('refund payment', () => act.refundPayment(order));
  await committed.step('restock', () => act.restock(order));
  if (order.hasVoucher) await committed.step('return voucher', () => act.returnVoucher(order));
  return await committed.step('close', () => act.closeOrder(order));
}
