/**
 * What has become of an order, by everybody's own book: ours for the steps and the goods, the
 * gateway's for the money, the carrier's for the parcel. Only stand-ins show their books.
 */
import type pg from 'pg';
import { z } from 'zod';
import { createOperationsDesk } from '../../adapters/postgres/operations-desk.ts';
import { query } from '../../adapters/postgres/pool.ts';
import type { Story } from '../../api/operator-ports.ts';
import type { RunUrl } from '../../api/operations-shown.ts';
import type { OrderId } from '../../domain/order.ts';
import { callsIn, moneyIn, parcelIn } from './party-books.ts';
import type { Call, Line, MoneyMoved, Parcel } from './party-books.ts';

export interface Books {
  readonly gate: string;
  readonly steps: readonly StepDone[];
  readonly parked: readonly { readonly step: string; readonly direction: string }[];
  readonly refunds: readonly Pick<Story['refunds'][number], 'id' | 'status' | 'amount'>[];
  readonly goods: readonly Goods[];
  /** Null where the party is no stand-in. */
  readonly money: MoneyMoved | null;
  readonly parcel: Parcel | null;
  /** What the parties were asked, as they saw it. */
  readonly calls: readonly Call[];
  readonly links: { readonly run?: string };
}

interface StepDone {
  readonly at: string;
  readonly sagaId: string;
  readonly step: string;
  readonly direction: 'do' | 'undo';
  readonly refused?: string;
}

interface Goods {
  readonly sku: string;
  readonly quantity: number;
  readonly state: 'held' | 'released' | 'sold' | 'restocked';
}

/** Undefined for an order that nobody has. */
export type BooksOf = (id: string) => Promise<Books | undefined>;

interface Sources {
  readonly pool: pg.Pool;
  readonly runUrl: RunUrl;
  readonly gatewayUrl?: string | undefined;
  readonly carrierUrl?: string | undefined;
}

export function createBooks({ pool, runUrl, gatewayUrl, carrierUrl }: Sources): BooksOf {
  const desk = createOperationsDesk(pool);
  return async (id) => {
    if (!ORDER_ID.test(id)) return undefined;
    const [story, goods, gateway, carrier] = await Promise.all([
      desk.story(id as OrderId),
      query<Goods & pg.QueryResultRow>(pool, 'goods_of_order', GOODS, [id]),
      linesOf(gatewayUrl, id),
      linesOf(carrierUrl, id),
    ]);
    if (story === undefined) return undefined;
    const run = runUrl(story.id);
    return {
      gate: story.gate,
      steps: story.timeline.flatMap((entry) => (entry.kind === 'step' ? [entry] : [])),
      parked: story.parked.map(({ step, direction }) => ({ step, direction })),
      refunds: story.refunds.map(({ id, status, amount }) => ({ id, status, amount })),
      goods,
      money: gateway && moneyIn(gateway),
      parcel: carrier && parcelIn(carrier),
      calls: [...callsIn('gateway', gateway), ...callsIn('carrier', carrier)],
      links: run === undefined ? {} : { run },
    };
  };
}

const ORDER_ID = /^ord_[0-9a-z]{26}$/;

const GOODS = 'SELECT sku, quantity, state FROM reservation WHERE order_id = $1 ORDER BY sku';

const line = z.object({
  at: z.string(),
  kind: z.enum(['effect', 'request']),
  operation: z.string(),
  orderId: z.string().nullable(),
  effect: z.string().optional(),
  fault: z.string().nullish(),
  amount: z.number().optional(),
  trackingNumber: z.string().nullish(),
}) satisfies z.ZodType<Line>;

/** Null where there is no book, or nobody who shows it at the moment. */
async function linesOf(url: string | undefined, id: string): Promise<readonly Line[] | null> {
  if (url === undefined) return null;
  const answer = await fetch(`${url}/control/book`).catch(() => undefined);
  if (answer?.ok !== true) return null;
  return z
    .array(line)
    .parse(await answer.json())
    .filter(({ orderId }) => orderId === id);
}
