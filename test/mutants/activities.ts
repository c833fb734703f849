/** Bugs of the activities: keys, looks before repeats, amounts, and what is taken for an answer. */
import type { Mutant } from './mutant.ts';
import { AMOUNTS, SIMULATION, WRONG_MONEY } from './suites.ts';

const payments = 'src/activities/payments.ts';
const refunds = 'src/activities/refunds.ts';
const gatewayCalls = 'src/activities/gateway-calls.ts';
const shipping = 'src/activities/shipping.ts';
const keys = 'src/domain/keys.ts';

export const ACTIVITY_MUTANTS: readonly Mutant[] = [
  {
    name: "The gateway's key is new with each attempt.",
    file: keys,
    find: 'return `${sagaId}:${operation}:${n}`;',
    replace: 'return `${sagaId}:${operation}:${n}-${Math.random()}`;',
    caughtBy: SIMULATION,
  },
  {
    name: 'Two refunds of an order share a key.',
    file: refunds,
    find: 'refundAtGateway(deps, { sagaId: id, orderId }, begun.work)',
    replace: 'refundAtGateway(deps, { sagaId: orderId, orderId }, begun.work)',
    caughtBy: SIMULATION,
  },
  {
    name: 'Money is moved before the intent is committed.',
    file: payments,
    find: 'return await deps.book.commitIntent(id, intent.id);',
    replace: `return { state: 'open', work: { ...work, intentId: intent.id } };`,
    caughtBy: SIMULATION,
  },
  {
    name: 'A capture that is not known to have failed is taken for refused.',
    file: payments,
    find: `if (intent.status === 'canceled') return void settle(await book.recordCaptureRefused(id));`,
    replace: `if (intent.status !== 'succeeded') return void settle(await book.recordCaptureRefused(id));`,
    caughtBy: AMOUNTS,
  },
  {
    name: 'A void is written down without asking the gateway.',
    file: payments,
    find: `          : await gateway.cancelIntent(intentId, keyed(deps, id, 'cancel', n));
      if (after.status === 'processing') return void settle(await giveUp(deps, id, after, waits));
      requireStatus(after, 'canceled');`,
    replace: `          : before;
      if (after.id === '') keyed(deps, id, 'cancel', n);`,
    caughtBy: SIMULATION,
  },
  {
    name: 'What a bank is still at is called off, in vain and for ever.',
    file: payments,
    find: `      if (before.status === 'processing') return void settle(await giveUp(deps, id, before, waits));
`,
    replace: '',
    caughtBy: SIMULATION,
  },
  {
    name: 'What the gateway still holds is not written down before it is let go.',
    file: payments,
    find: `      if (before.capturableMinor > 0n) await book.recordHeld(id, before);
`,
    replace: '',
    caughtBy: SIMULATION,
  },
  {
    name: 'Any capture is taken for the whole.',
    file: payments,
    find: `        { ...intent.amount, amountMinor: intent.capturedMinor },
        'captured',`,
    replace: `        work.amount,
        'captured',`,
    caughtBy: AMOUNTS,
  },
  {
    name: 'Any hold is taken for the whole.',
    file: payments,
    find: `{ ...intent.amount, amountMinor: held.capturableMinor }, 'authorized'`,
    replace: `work.amount, 'authorized'`,
    caughtBy: AMOUNTS,
  },
  {
    name: 'Any refund is taken for the whole.',
    file: payments,
    find: `      requireMoney(begun.work.amount, refund.amount, 'refunded');
`,
    replace: '',
    caughtBy: AMOUNTS,
  },
  {
    name: 'An authorization that is not there yet is a decline.',
    file: payments,
    find: `if (status === 'requires_payment_method' || status === 'canceled') {`,
    replace: `if (status !== 'requires_capture') {`,
    caughtBy: AMOUNTS,
  },
  {
    name: 'The currency is not looked at.',
    file: gatewayCalls,
    find: 'if (got.amountMinor === wanted.amountMinor && got.currency === wanted.currency) return;',
    replace: 'if (got.amountMinor === wanted.amountMinor) return;',
    caughtBy: WRONG_MONEY,
  },
  {
    name: 'A pending refund is taken for paid.',
    file: refunds,
    find: `    case 'pending':
    case 'requires_action':
      throw`,
    replace: `    case 'pending':
      return await book.recordRefundSucceeded(ref, refund);
    case 'requires_action':
      throw`,
    caughtBy: SIMULATION,
  },
  {
    name: 'A failed refund is taken for paid.',
    file: refunds,
    find: `    case 'failed':
    case 'canceled':
      return await book.recordRefundFailed(ref, refund);`,
    replace: `    case 'failed':
    case 'canceled':
      return await book.recordRefundSucceeded(ref, refund);`,
    caughtBy: SIMULATION,
  },
  {
    name: 'A repeated refund is sent again without a look.',
    file: gatewayCalls,
    find: 'repeated ? await deps.gateway.findRefund(intentId, call()) : undefined;',
    replace: 'repeated ? undefined : undefined;',
    caughtBy: SIMULATION,
  },
  {
    name: 'A parcel has a new reference with each attempt.',
    file: shipping,
    find: 'const shipment = { reference: id, requestId, ...work };',
    replace: 'const shipment = { reference: `${id}-${Math.random()}`, requestId, ...work };',
    caughtBy: SIMULATION,
  },
  {
    name: 'A parcel is called back in the book only.',
    file: shipping,
    find: `      await carrier.cancelShipment(id, callBudget(deps));
`,
    replace: '',
    caughtBy: SIMULATION,
  },
  {
    name: 'The carrier does not answer, and the address is refused.',
    file: shipping,
    find: `    if (!(error instanceof Refusal)) throw error;
    // The`,
    replace: `    if (!(error instanceof Error)) throw error;
    // The`,
    caughtBy: SIMULATION,
  },
  {
    name: 'A mail has a new Message-ID with each attempt.',
    file: keys,
    find: 'return `<${orderId}.${kind}@makegood>`;',
    replace: 'return `<${orderId}.${kind}.${Math.random()}@makegood>`;',
    caughtBy: SIMULATION,
  },
  {
    name: 'A receipt is sent and not written down.',
    file: 'src/activities/notifications.ts',
    find: 'settle(await book.recordReceipt(id));',
    replace:
      "settle(begun.work.amount.amountMinor < 0n ? await book.recordReceipt(id) : { state: 'done', result: {} });",
    caughtBy: SIMULATION,
  },
  {
    name: 'A recorded refusal is answered as done.',
    file: 'src/activities/step.ts',
    find: `if (recorded.state === 'refused') throw new Refusal(recorded.code, recorded.detail);`,
    replace: `if (recorded.state === 'refused') return new Refusal(recorded.code, recorded.detail) as never;`,
    caughtBy: SIMULATION,
  },
];
