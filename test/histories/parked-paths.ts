/** The ways on which a step or an undo is parked, and what ends the wait. */
import { decided, DECLINED, down, healed, REJECTED, UNSHIPPABLE } from './scene.ts';
import type { Path, Scene } from './scene.ts';

const unsent = { faults: { carrier: { request: REJECTED } } } as const;
const undelivered = {
  faults: { mail: { send: { fault: 'decline' } } },
  ends: 'completed',
} as const;
const unauthorized = { faults: { gateway: { create: REJECTED } } } as const;
const unvoidable = {
  faults: { gateway: { cancel: REJECTED, retrieve: REJECTED } },
  before: (scene: Scene) => scene.cancelBefore('capturePayment', 'in the books alone'),
  ends: 'cancelled',
} as const;
const unrefundable = { ...UNSHIPPABLE, faults: { gateway: { refund: REJECTED } } } as const;

export const PARKED_PATHS: Readonly<Record<string, Path>> = {
  'authorization-parked-retried': {
    ...unauthorized,
    meanwhile: decided('authorize payment', 'retry'),
    ends: 'completed',
  },
  'authorization-refused-by-operator': {
    ...unauthorized,
    meanwhile: decided('authorize payment', 'refuse'),
    ends: 'rejected',
  },
  'authorization-parked-cancelled': {
    ...unauthorized,
    async meanwhile(scene) {
      await scene.parked('authorize payment');
      await scene.cancel();
    },
    ends: 'cancelled',
  },
  'capture-parked-retried': {
    faults: { gateway: { capture: REJECTED } },
    meanwhile: decided('capture payment', 'retry'),
    ends: 'completed',
  },
  'shipment-parked-retried': {
    ...unsent,
    meanwhile: decided('request shipment', 'retry'),
    ends: 'completed',
  },
  'shipment-marked-done': {
    ...unsent,
    meanwhile: decided('request shipment', 'mark-done'),
    ends: 'completed',
  },
  'shipment-refused-by-operator': {
    ...unsent,
    meanwhile: decided('request shipment', 'refuse'),
    ends: 'refunded',
  },
  'parked-then-succeeded': {
    ...unsent,
    meanwhile: healed('request shipment'),
    ends: 'completed',
  },
  'parked-decided-unwoken': {
    ...unsent,
    async meanwhile(scene) {
      await scene.parked('request shipment');
      await scene.writeDown('request shipment', 'refuse');
    },
    ends: 'refunded',
  },
  'receipt-skipped': { ...undelivered, meanwhile: decided('send receipt', 'skip') },
  'receipt-marked-done': { ...undelivered, meanwhile: decided('send receipt', 'mark-done') },

  'undo-parked-marked-done': {
    ...unvoidable,
    meanwhile: decided('authorize payment', 'mark-done'),
  },
  'undo-parked-skipped': { ...unvoidable, meanwhile: decided('authorize payment', 'skip') },
  'undo-parked-retried': { ...unvoidable, meanwhile: decided('authorize payment', 'retry') },
  'undo-parked-then-succeeded': { ...unvoidable, meanwhile: healed('authorize payment') },
  'undo-of-reservation-skipped': {
    ...DECLINED,
    book: down('releaseStock', 9),
    meanwhile: decided('reserve stock', 'skip'),
  },
  'unwinding-parked-then-agreed': {
    ...DECLINED,
    book: down('beginUnwind', 9),
    meanwhile: healed('begin to unwind'),
  },
  'close-parked-then-succeeded': {
    ...DECLINED,
    book: down('closeOrder', 9),
    meanwhile: healed('close'),
  },

  'made-good-refund-retried': { ...unrefundable, meanwhile: decided('refund payment', 'retry') },
  'made-good-refund-marked-done': {
    ...unrefundable,
    meanwhile: decided('refund payment', 'mark-done'),
  },
  'made-good-refund-skipped': { ...unrefundable, meanwhile: decided('refund payment', 'skip') },
  'made-good-cancel-skipped': {
    ...UNSHIPPABLE,
    faults: { carrier: { cancel: REJECTED } },
    meanwhile: decided('cancel shipment', 'skip'),
  },
  'made-good-restock-retried': {
    ...UNSHIPPABLE,
    book: down('restock', 9),
    meanwhile: decided('restock', 'retry'),
  },
};
