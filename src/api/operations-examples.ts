/** What the operations document shows of requests and answers, made by what makes the real ones. */
import type { z } from '@hono/zod-openapi';
import type { OrderId } from '../domain/order.ts';
import type { RefundId } from '../domain/refund.ts';
import { makeCursor } from './pages.ts';
import type { Story, Trouble } from './operator-ports.ts';
import { runUrls, showCause, showFound, showOperatorCancelled } from './operations-shown.ts';
import { showOperatorRefund, showRetry, showStory } from './operations-shown.ts';
import { showSummary, showTrouble, storyPath } from './operations-shown.ts';
import type { because, operatorRefundRequest, resolveRequest } from './operations-schemas.ts';
import type { retryRequest } from './operations-schemas.ts';

const id: OrderId = 'ord_01m7z699hgfq8rk1nxvfkn8kg6';
const refundId: RefundId = 'rfd_01m7z6c2v4e0bt5ke3xh9w8n7d';
const cause = '4be0c2d1f3a59687';
const amount = { value: '2998', currency: 'EUR' };
const createdAt = '2026-11-21T13:56:11.440Z';
const parkedAt = '2026-11-21T13:59:12.083Z';
const requestId = 'req_01m7z699hbfq8rk1np0p4dhcsc';
const runUrl = runUrls('https://temporal.example', 'default');
const why = 'the carrier called: it went out';

const parked = {
  sagaId: id,
  orderId: id,
  step: 'request shipment',
  direction: 'do',
  detail: 'the carrier answered 503',
  parkedAt,
  choices: ['mark-done', 'refuse', 'retry'],
} as const;

const trouble: Trouble = {
  ...parked,
  status: 'paid',
  amount,
  tenant: 'my-shop',
  micros: '1795269552083000',
};

const story: Story = {
  id,
  tenant: 'my-shop',
  status: 'paid',
  gate: 'committed',
  reason: null,
  amount,
  lines: [{ sku: 'mug', quantity: 2, unitPrice: { value: '1499', currency: 'EUR' } }],
  payment: { intentId: 'pi_3Q9', authorized: '2998', captured: '2998', refunded: '0' },
  refunds: [],
  requestId,
  needsOperator: true,
  blockedSince: null,
  erasedAt: null,
  createdAt,
  updatedAt: '2026-11-21T13:56:11.602Z',
  parked: [parked],
  timeline: [
    { at: createdAt, kind: 'request', request: 'POST /v1/orders', requestId },
    { at: '2026-11-21T13:56:11.471Z', kind: 'run', sagaId: id },
    {
      at: '2026-11-21T13:56:11.602Z',
      kind: 'gateway',
      sagaId: id,
      operation: 'capture',
      n: 1,
      phase: 'answered',
      gatewayId: 'pi_3Q9',
      outcome: 'succeeded',
      amount,
    },
    {
      at: parkedAt,
      kind: 'parked',
      sagaId: id,
      step: parked.step,
      direction: parked.direction,
      detail: parked.detail,
    },
  ],
};

export const operationsAnswers = {
  summary: showSummary({
    unfinished: { accepted: 1, paid: 3 },
    placedLastDay: { accepted: 1, paid: 3, completed: 1824, rejected: 41 },
    oldestUnfinished: { id, status: 'paid', createdAt },
    parked: 3,
    blocked: 0,
    atRisk: [{ value: '8994', currency: 'EUR' }],
    captures: { halted: false },
    differences: { open: 1, settling: 0 },
  }),
  queue: {
    data: [
      showCause(
        {
          cause,
          step: parked.step,
          direction: parked.direction,
          ending: parked.detail,
          count: 3,
          oldest: parkedAt,
          atStake: [{ value: '8994', currency: 'EUR' }],
          first: [trouble],
        },
        runUrl,
      ),
    ],
  },
  troublePage: {
    data: [showTrouble(trouble, runUrl)],
    nextCursor: makeCursor(`${trouble.micros} ${id}`),
  },
  retry: showRetry({
    id: '7',
    cause,
    operator: 'ann',
    why,
    askedAt: '2026-11-21T14:20:03.118Z',
    asked: 3,
    retried: 3,
    endedAt: '2026-11-21T14:20:03.954Z',
  }),
  foundPage: {
    data: [
      showFound(
        {
          id,
          tenant: 'my-shop',
          status: 'paid',
          amount,
          needsOperator: true,
          createdAt,
          foundBy: 'request',
        },
        runUrl,
      ),
    ],
    nextCursor: null,
  },
  story: showStory(story, runUrl),
  resolution: { operatorActionId: 42, woken: true, links: { order: storyPath(id) } },
  cancelled: showOperatorCancelled(id),
  refund: showOperatorRefund(refundId, id),
};

export const operationsRequests = {
  resolve: { action: 'mark-done', why, trackingNumber: 'MGCAE22DE52FBA' } satisfies z.input<
    typeof resolveRequest
  >,
  retry: { cause, why: 'the carrier is back' } satisfies z.input<typeof retryRequest>,
  cancel: { why: 'the customer called' } satisfies z.input<typeof because>,
  refund: {
    amount: { value: '1499', currency: 'EUR' },
    why: 'one mug came broken',
  } satisfies z.input<typeof operatorRefundRequest>,
};

export const EXAMPLE = { id, cause, step: parked.step, requestId };
