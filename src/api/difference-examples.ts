/** What the operations document shows of differences, made by what makes the real answers. */
import type { z } from '@hono/zod-openapi';
import type { Difference } from '../operator/ports.ts';
import { differencesCursor, showCaptures, showDifference } from './difference-shown.ts';
import type { because } from './operations-schemas.ts';

type Because = z.input<typeof because>;

const found: Difference = {
  id: 'dif_019aa7b1c2d37e4f8a9b0c1d2e3f4a5b',
  kind: 'moved-by-hand',
  state: 'open',
  orderId: 'ord_01m7z699hgfq8rk1nxvfkn8kg6',
  paymentId: 'pi_3Q9',
  ours: { status: 'captured', currency: 'EUR', held: '0', kept: '2998' },
  gateway: { status: 'succeeded', currency: 'EUR', held: '0', kept: '1499' },
  detail: 'refunded 1499 EUR that nobody here has asked for: re_7Kd',
  remedy: null,
  trouble: null,
  foundAt: '2026-11-21T14:20:03.118Z',
  settledAt: null,
  explained: null,
};
const explained = { by: 'ann', why: 'a goodwill refund', at: '2026-11-21T14:31:40.702Z' };

export const differenceAnswers = {
  page: {
    data: [showDifference(found)],
    nextCursor: differencesCursor({ micros: '1795270803118000', id: found.id }),
  },
  difference: showDifference(found),
  explained: showDifference({ ...found, state: 'explained', explained }),
  halted: showCaptures({
    halted: true,
    since: '2026-11-21T14:20:03.118Z',
    by: 'reconciler',
    why: 'ord_01m7z699hgfq8rk1nxvfkn8kg6 was captured twice',
  }),
  resumed: showCaptures({ halted: false }),
};

export const differenceRequests = {
  explain: { why: explained.why },
  halt: { why: 'prices were imported wrong' },
  resume: { why: 'the prices are right again' },
} satisfies Record<string, Because>;
