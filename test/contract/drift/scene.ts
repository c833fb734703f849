/** Who a story is about: two orders, what they want, and the names of all that is done for them. */
import { createHash } from 'node:crypto';
import type { Intent } from '../../../src/activities/ports.ts';
import type { Claim } from '../../../src/api/ports.ts';
import type { OrderId, OrderLine } from '../../../src/domain/order.ts';
import type { RefundId, RefundRef } from '../../../src/domain/refund.ts';
import { TENANT } from '../../support/shop.ts';

/** The names that a story's orders go by, each story's its own. */
export interface Cast {
  readonly ids: readonly [OrderId, OrderId];
  /** Also those that are placed under other keys. */
  readonly everyId: readonly OrderId[];
  readonly skus: readonly [string, string];
  readonly voucher: string;
}

export function castOf(story: string): Cast {
  const ids = [`ord_${story}a`, `ord_${story}b`] as const;
  return {
    ids,
    everyId: ids.flatMap((id) => [id, `${id}1`, `${id}2`] as const),
    skus: [`${story}-cup`, `${story}-mug`],
    voucher: story.toUpperCase(),
  };
}

export interface Scene {
  readonly cast: Cast;
  readonly id: OrderId;
  readonly lines: readonly OrderLine[];
  readonly amountMinor: bigint;
  readonly intent: Intent;
  readonly refund: (choice: number) => RefundRef;
  readonly claim: (route: string, choice: number) => Claim;
}

export function sceneOf(cast: Cast, which: 0 | 1): Scene {
  const id = cast.ids[which];
  const [cup, mug] = cast.skus;
  const lines =
    which === 0
      ? [{ sku: cup, quantity: 1 }]
      : [
          { sku: mug, quantity: 1 },
          { sku: cup, quantity: 2 },
        ];
  const amountMinor = which === 0 ? 1_000n : 3_000n;
  const hash = (text: string) => createHash('sha256').update(`${id} ${text}`).digest();
  return {
    cast,
    id,
    lines,
    amountMinor,
    intent: {
      id: `pi_${id}`,
      status: 'succeeded',
      amount: { amountMinor, currency: 'EUR' },
      capturableMinor: amountMinor,
      capturedMinor: amountMinor,
    },
    refund: (choice) => ({
      id: `rfd_${id.slice(4)}${choice % 3}` as RefundId,
      orderId: id,
      tenantId: TENANT,
      requestId: 'req_refund',
    }),
    claim: (route, choice) => ({
      tenantId: TENANT,
      route,
      keyHash: hash(`key ${choice % 3}`),
      fingerprint: hash(choice === 5 ? 'another body' : 'body'),
    }),
  };
}

/** Leases and queues are about everybody's orders; a story is about its own. */
export function ours<Row extends { readonly id: string }>(
  { cast }: Scene,
  rows: readonly Row[],
): Row[] {
  const [a] = cast.ids;
  return rows
    .filter(({ id }) => id.includes(a.slice(4, -1)))
    .toSorted((x, y) => JSON.stringify(x.id).localeCompare(JSON.stringify(y.id)));
}
