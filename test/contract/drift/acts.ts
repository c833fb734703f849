/**
 * All that anybody can do to the books of two orders. An act takes a number to choose by, so that a
 * story of acts is plain data: it is printed, shrunk and told again from its seed.
 */
import type { NewOrder, NewRefund } from '../../../src/api/ports.ts';
import type { EndReason } from '../../../src/domain/order.ts';
import type { Action } from '../../../src/saga/parking.ts';
import { TENANT } from '../../support/shop.ts';
import { isOfOtherWay, ON_CAPTURE } from './capture-acts.ts';
import { comparable } from './comparable.ts';
import { ours, sceneOf } from './scene.ts';
import type { Cast, Scene } from './scene.ts';
import { ON_SHIPMENTS } from './shipment-acts.ts';
import type { Side } from './sides.ts';

/** `which` names one of two orders, or a refund of one. */
export interface Command {
  readonly act: Act;
  readonly which: 0 | 1;
  readonly choice: number;
}

export function perform(side: Side, cast: Cast, { act, which, choice }: Command): Promise<unknown> {
  return ACTS[act](side, sceneOf(cast, which), choice);
}

/** A bug is one in any words. */
export async function answerOf(act: () => Promise<unknown>): Promise<unknown> {
  try {
    return comparable(await act());
  } catch {
    return 'a bug';
  }
}

const REASONS: readonly EndReason[] = [
  'cancelled',
  'temporarily-unavailable',
  'payment-declined',
  'out-of-stock',
];

const STEPS = [
  'reserve stock',
  'authorize payment',
  'capture payment',
  'request shipment',
  'send receipt',
  'cancel shipment',
  'refund payment',
  'restock',
  'begin to unwind',
  'close',
  'redeem voucher',
  'return voucher',
  'await shipment 1',
  'request shipment 1',
  'capture payment 1',
  'await shipment 2',
  'cancel shipment 2',
  'release the rest',
] as const;

const UNDOABLE: readonly string[] = [
  'reserve stock',
  'authorize payment',
  'redeem voucher',
  'request shipment 1',
];

const ACTIONS: readonly Action[] = ['retry', 'mark-done', 'skip', 'refuse'];

type Do = (side: Side, scene: Scene, choice: number) => Promise<unknown>;

const ON_BOOK = {
  redeem: ({ book }, { id }) => book.redeemVoucher(id),
  giveBack: ({ book }, { id }) => book.giveVoucherBack(id),
  returnVoucher: ({ book }, { id }) => book.returnVoucher(id),
  reserve: ({ book }, { id }) => book.reserveStock(id),
  release: ({ book }, { id }) => book.releaseStock(id),
  beginAuthorization: ({ book }, { id }) => book.beginAuthorization(id),
  commitIntent: ({ book }, { id }, choice) =>
    book.commitIntent(id, choice === 7 ? `pi_${id}_second` : `pi_${id}`),
  recordAuthorization: ({ book }, { id, intent }) => book.recordAuthorization(id, intent),
  recordDecline: ({ book }, { id }) => book.recordDecline(id, 'canceled', 'No money left.'),
  recordWaiting({ book }, { id, intent }, choice) {
    const actionUrl = choice % 3 === 0 ? {} : { actionUrl: `https://bank.example/${choice % 3}` };
    const asked = { ...intent, status: 'requires_action', ...actionUrl } as const;
    // How long it has waited is the clock's word, and each side has its own.
    return book.recordWaiting(id, asked, choice === 7 ? -1 : 3_600_000).then((begun) => {
      return begun.state === 'open' ? { state: 'open' } : begun;
    });
  },
  recordGivenUp: ({ book }, { id }) => book.recordGivenUp(id),
  beginVoid: ({ book }, { id }) => book.beginVoid(id),
  recordHeld: ({ book }, { id, intent }) => book.recordHeld(id, intent),
  recordVoid: ({ book }, { id }) => book.recordVoid(id),
  beginReceipt: ({ book }, { id }) => book.beginReceipt(id),
  recordReceipt: ({ book }, { id }) => book.recordReceipt(id),
  beginUnwind: ({ book }, { id }, choice) =>
    book.beginUnwind(id, REASONS[choice % REASONS.length] ?? 'cancelled'),
  closeOrder: ({ book }, { id }) => book.closeOrder(id),
  async park({ book, isLater }, { id }, choice) {
    const step = STEPS[choice % STEPS.length] ?? 'close';
    if (isOfOtherWay(step, await isLater(id))) return 'no step of it';
    const undo = UNDOABLE.includes(step) && Math.floor(choice / STEPS.length) % 2 === 0;
    const ref = { id, tenantId: TENANT, requestId: 'req' };
    return book.parkStep(ref, { step, undo, detail: `attempt ${choice}` });
  },
} satisfies Record<string, Do>;

const ON_REFUNDS = {
  requestRefund({ refunds }, { cast, id, claim, refund }, choice) {
    const wanted: NewRefund = { ...refund(choice), ...wantedOf(cast, choice) };
    return refunds.request(claim(`POST /v1/orders/${id}/refunds`, choice), id, wanted);
  },
  findRefund: ({ refunds }, { id, refund }, choice) => refunds.find(TENANT, id, refund(choice).id),
  openRefund: ({ book }, { refund }, choice) => book.openRefund(refund(choice).id),
  refundSucceeded({ book }, { refund, intent: { amount } }, choice) {
    const ref = refund(choice);
    return book.recordRefundSucceeded(ref, { id: `re_${ref.id}`, status: 'succeeded', amount });
  },
  refundFailed({ book }, { refund, intent: { amount } }, choice) {
    const ref = refund(choice);
    return book.recordRefundFailed(ref, { id: `re_${ref.id}`, status: 'failed', amount });
  },
  refundGate: ({ book }, { refund }, choice) => book.refundGate(refund(choice).id),
  parkRefund: ({ book }, { refund }, choice) =>
    book.parkStep(refund(choice), { step: 'send refund', undo: false, detail: 'no bank' }),
} satisfies Record<string, Do>;

const WANTED: readonly ((sku: string) => Omit<NewRefund, 'id' | 'requestId'>)[] = [
  () => ({}),
  () => ({ amount: { value: '400', currency: 'EUR' } }),
  (sku) => ({ lines: [{ sku, quantity: 1 }], restock: true }),
  () => ({ amount: { value: '1', currency: 'USD' } }),
  () => ({ lines: [{ sku: 'nobody sells this', quantity: 1 }] }),
  (sku) => ({ lines: [{ sku, quantity: 9 }] }),
  (sku) => ({
    lines: [
      { sku, quantity: 1 },
      { sku, quantity: 1 },
    ],
    restock: true,
  }),
];

function wantedOf({ skus: [cup] }: Cast, choice: number) {
  return WANTED[choice % WANTED.length]?.(cup) ?? {};
}

const ON_STORE = {
  place({ store }, { cast, id, lines, claim }, choice) {
    const key = choice % 3;
    const another = [{ sku: 'nobody sells this', quantity: 1 }];
    const order: NewOrder = {
      id: key === 0 ? id : `${id}${key}`,
      requestId: 'req_order',
      lines: choice % 7 === 6 ? another : lines,
      ...(choice % 2 === 0 && { returnUrl: 'https://shop.example/thanks' }),
      customer: { name: 'Ada', email: 'ada@example.com' },
      shippingAddress: {
        name: 'Ada',
        line1: 'Allee 1',
        city: 'Berlin',
        postalCode: '1',
        country: 'DE',
      },
      paymentMethod: 'pm_card_visa',
      ...(choice % 5 !== 3 && { voucherCode: choice % 11 === 10 ? 'NOBODYS' : cast.voucher }),
      ...(choice % 5 === 4 && { expectedAmount: { value: '1', currency: 'EUR' } }),
    };
    return store.place(claim('POST /v1/orders', choice), order);
  },
  async cancel({ store }, { id, claim }, choice) {
    const { state } = await store.cancel(claim(`POST /v1/orders/${id}/cancel`, choice), id);
    return state;
  },
  find: ({ store }, { id }) => store.find(TENANT, id),
  stampStarted: ({ store }, { id }) => store.stampStarted([id]),
  leaseUnstarted: async ({ store }, scene) => ours(scene, await store.leaseUnstarted(10, 1_000)),
  stampRefund: ({ refunds }, { refund }, choice) => refunds.stampStarted([refund(choice).id]),
  leaseRefunds: async ({ refunds }, scene) => ours(scene, await refunds.leaseUnstarted(10, 1_000)),
} satisfies Record<string, Do>;

const SILENCE = 60;

const ON_WATCH = {
  async leaseSilent({ watch }, scene) {
    const { silent } = await watch.leaseSilent(SILENCE, 1_000);
    return ours(
      scene,
      silent.map((saga) => ({ ...saga, ...saga.facts })),
    );
  },
  flag: ({ watch }, { id }) => watch.flag(id, SILENCE),
  unflag: ({ watch }, { id }) => watch.unflag(id),
  countRestart: ({ watch }, { id }) => watch.countRestart(id),
  flagRefund: ({ watch }, { refund }, choice) => watch.flag(refund(choice).id, SILENCE),
  unflagRefund: ({ watch }, { refund }, choice) => watch.unflag(refund(choice).id),
  countRefundRestart: ({ watch }, { refund }, choice) => watch.countRestart(refund(choice).id),
  passTime: async ({ passTime }, { cast }, choice) => {
    await passTime(cast.everyId, choice % 7 === 6 ? 4_000 : choice % 2 === 0 ? 20 : 120);
  },
} satisfies Record<string, Do>;

const ON_DESK = {
  resolve({ desk }, { id }, choice) {
    const step = STEPS[choice % STEPS.length] ?? 'close';
    const action = ACTIONS[Math.floor(choice / STEPS.length) % ACTIONS.length] ?? 'retry';
    const signed = { operator: 'Grace', why: 'She has called.' };
    const trackingNumber = choice < ACTIONS.length * STEPS.length ? 'MG-by-hand' : undefined;
    return desk.resolve({ sagaId: id, step, action, trackingNumber, ...signed });
  },
  /** Whatever is parked, with one of its own choices: most words would be about nothing else. */
  async resolveParked({ desk }, { id }, choice) {
    const shown = await desk.show(id);
    const all = (shown?.parked ?? []).toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
    const parked = all[choice % Math.max(all.length, 1)];
    if (parked === undefined) return undefined;
    const { sagaId, step, choices } = parked;
    const action = choices[choice % choices.length] ?? 'retry';
    const signed = { operator: 'Grace', why: 'She has called.' };
    return desk.resolve({ sagaId, step, action, trackingNumber: 'MG-by-hand', ...signed });
  },
  show: async ({ desk }, { id }) => {
    const shown = await desk.show(id);
    return (
      shown && {
        ...shown,
        steps: shown.steps.length,
        actions: shown.actions.length,
        parked: shown.parked.length,
      }
    );
  },
  queue: async ({ desk }, scene) =>
    ours(
      scene,
      (await desk.queue(1_000)).map((entry) => ({ ...entry, id: entry.orderId })),
    ),
  leaseMails: async ({ outbox }, scene) =>
    ours(
      scene,
      (await outbox.lease(1_000, 30_000)).map((mail) => ({ ...mail, id: mail.orderId })),
    ),
  mailSent: ({ outbox }, { id }, choice) =>
    outbox.sent(`<${id}.${['rejected', 'cancelled', 'refunded'][choice % 3] ?? ''}@makegood>`),
} satisfies Record<string, Do>;

const ACTS = {
  ...{ ...ON_BOOK, ...ON_CAPTURE, ...ON_SHIPMENTS, ...ON_REFUNDS },
  ...{ ...ON_STORE, ...ON_WATCH, ...ON_DESK },
};

export type Act = keyof typeof ACTS;

export const EVERY_ACT = Object.keys(ACTS) as Act[];

function keyOf({ sagaId, step, direction }: { sagaId: string; step: string; direction: string }) {
  return `${sagaId} ${step} ${direction}`;
}
