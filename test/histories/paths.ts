/**
 * Every way that an order or a refund can go, each provoked as the world would provoke it. `npm run
 * histories` walks them and keeps the history of each, under the name it has here.
 */
import { LATER_PATHS } from './later-paths.ts';
import { PARKED_PATHS } from './parked-paths.ts';
import { ASKED, decided, DECLINED, down, healed, REJECTED, UNSHIPPABLE } from './scene.ts';
import type { Path } from './scene.ts';

export const PATHS: Readonly<Record<string, Path>> = {
  completed: { ends: 'completed' },
  'completed-at-regular-speed': {
    slowly: [
      'reserveStock',
      'authorizePayment',
      'capturePayment',
      'requestShipment',
      'sendReceipt',
    ],
    ends: 'completed',
  },
  'completed-without-search-attributes': { isUnlisted: true, ends: 'completed' },

  'voucher-redeemed': { voucherUses: 1, ends: 'completed' },
  'voucher-exhausted': { voucherUses: 0, ends: 'rejected' },
  'voucher-given-back': {
    ...DECLINED,
    voucherUses: 1,
    slowly: ['redeemVoucher', 'giveVoucherBack'],
  },
  'voucher-returned': { ...UNSHIPPABLE, voucherUses: 1 },
  'voucher-returned-at-regular-speed': {
    ...UNSHIPPABLE,
    voucherUses: 1,
    slowly: ['returnVoucher'],
  },

  'out-of-stock': { units: 1, ends: 'rejected' },
  'payment-declined': DECLINED,
  'authorization-lapsed': {
    faults: { gateway: { capture: { fault: 'decline' } } },
    ends: 'rejected',
  },
  'unavailable-at-first': { book: down('reserveStock', 9), ends: 'rejected' },
  'unavailable-and-undone': {
    faults: { gateway: { confirm: { fault: 'fail-before' } } },
    ends: 'rejected',
  },
  'timed-out-and-undone': {
    before: ({ stage }) => stage.slow('authorizePayment'),
    ends: 'rejected',
  },
  'undone-at-regular-speed': {
    ...DECLINED,
    slowly: ['beginUnwind', 'voidAuthorization', 'releaseStock', 'closeOrder'],
  },

  'cancelled-before-reserve': {
    before: (scene) => scene.cancelBefore('reserveStock'),
    ends: 'cancelled',
  },
  'cancelled-before-authorize': {
    before: (scene) => scene.cancelBefore('authorizePayment'),
    ends: 'cancelled',
  },
  'cancelled-before-capture': {
    before: (scene) => scene.cancelBefore('capturePayment'),
    ends: 'cancelled',
  },
  'cancelled-while-authorizing': {
    before: (scene) => scene.cancelDuring('authorizePayment'),
    ends: 'cancelled',
  },
  'cancelled-in-the-books-alone': {
    before: (scene) => scene.cancelBefore('capturePayment', 'in the books alone'),
    ends: 'cancelled',
  },
  'cancelled-too-late-for-capture': {
    before: (scene) => scene.cancelBefore('capturePayment', 'in Temporal alone'),
    ends: 'completed',
  },
  'cancelled-too-late-for-shipment': {
    before: (scene) => scene.cancelBefore('requestShipment'),
    ends: 'completed',
  },
  'cancelled-too-late-for-receipt': {
    before: (scene) => scene.cancelBefore('sendReceipt'),
    ends: 'completed',
  },

  'customer-approves': {
    ...ASKED,
    meanwhile: (scene) => scene.customer('approve'),
    ends: 'completed',
  },
  'customer-approves-unheard': {
    ...ASKED,
    meanwhile: (scene) => scene.customer('approve', false),
    ends: 'completed',
  },
  'customer-declines': {
    ...ASKED,
    meanwhile: (scene) => scene.customer('decline'),
    ends: 'rejected',
  },
  'cancelled-while-the-customer-is-asked': {
    ...ASKED,
    meanwhile: async (scene) => {
      await scene.customer('nothing');
      await scene.cancel();
    },
    ends: 'cancelled',
  },

  'made-good': UNSHIPPABLE,
  'made-good-at-regular-speed': {
    ...UNSHIPPABLE,
    slowly: ['requestShipment', 'cancelShipment', 'refundPayment', 'restock', 'closeOrder'],
  },
  'made-good-refund-pending': {
    order: { ...UNSHIPPABLE.order, paymentMethod: 'pm_card_pendingRefund' },
    ends: 'refunded',
  },

  ...PARKED_PATHS,
  ...LATER_PATHS,

  terminated: { before: (scene) => scene.terminateBefore('requestShipment'), ends: undefined },
  'second-run-completes': {
    before: (scene) => scene.terminateBefore('requestShipment'),
    meanwhile: (scene) => scene.startAgain(),
    ends: 'completed',
  },
  'second-run-after-a-reset': {
    before: (scene) => scene.resetBefore('requestShipment'),
    ends: 'completed',
  },
  'second-run-recalls': {
    before: (scene) => scene.terminateBefore('capturePayment'),
    meanwhile: (scene) => scene.startAgain(down('reserveStock', 3)),
    ends: 'rejected',
  },
  'second-run-too-late-to-unwind': {
    before: (scene) => scene.terminateBefore('requestShipment'),
    meanwhile: (scene) => scene.startAgain(down('reserveStock', 3)),
    ends: 'completed',
  },

  'refund-succeeded': { isRefund: true, ends: 'succeeded' },
  'refund-at-regular-speed': { isRefund: true, slowly: ['sendRefund'], ends: 'succeeded' },
  'refund-pending': {
    isRefund: true,
    order: { paymentMethod: 'pm_card_pendingRefund' },
    ends: 'succeeded',
  },
  'refund-failed': {
    isRefund: true,
    faults: { gateway: { refund: { fault: 'decline' } } },
    ends: 'failed',
  },
  'refund-failed-at-regular-speed': {
    isRefund: true,
    slowly: ['sendRefund', 'refundGate'],
    faults: { gateway: { refund: { fault: 'decline' } } },
    ends: 'failed',
  },
  'refund-failed-at-the-bank': {
    isRefund: true,
    order: { paymentMethod: 'pm_card_refundFail' },
    ends: 'failed',
  },
  'refund-cancelled-in-vain': {
    isRefund: true,
    before: (scene) => scene.cancelBefore('sendRefund', 'in Temporal alone'),
    ends: 'succeeded',
  },
  'refund-parked-retried': {
    isRefund: true,
    faults: { gateway: { refund: REJECTED } },
    meanwhile: decided('send refund', 'retry'),
    ends: 'succeeded',
  },
  'refund-parked-then-succeeded': {
    isRefund: true,
    faults: { gateway: { refund: REJECTED } },
    meanwhile: healed('send refund'),
    ends: 'succeeded',
  },
};
