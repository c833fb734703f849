/** The reconciler's books on PostgreSQL: one function, one round trip, one transaction (0017). */
import type pg from 'pg';
import type { Check, CheckRecorded, EventsPlace } from '../../activities/reconcile-ports.ts';
import type { EventIntent, LedgerEvent, News } from '../../activities/reconcile-ports.ts';
import type { ReconcileBook, SettlementBook } from '../../activities/reconcile-ports.ts';
import { call } from './pool.ts';
import { beginStep, recordStep } from './step-answers.ts';

export function createReconcileBook(pool: pg.Pool): ReconcileBook {
  return {
    eventsPlace: () => call<EventsPlace>(pool, 'events_place'),
    noteEvents: (from, { place, reachedAt }, events, toleranceMs) =>
      call<boolean>(
        pool,
        'note_events',
        from,
        place,
        reachedAt?.toISOString() ?? null,
        JSON.stringify(furthest(events, ({ intent }) => intent, rankOfIntent)),
        JSON.stringify(furthest(events, ({ refund }) => refund, rankOfRefund)),
        ms(toleranceMs),
      ),
    noteEntries: (after, { limit, toleranceMs, overlapMs }) =>
      call(pool, 'note_entries', after ?? null, limit, ms(toleranceMs), ms(overlapMs)),
    sweepBooks: (limit) => call<readonly News[]>(pool, 'sweep_books', limit),
    leaseChecks: (limit, leaseMs) =>
      call<readonly Check[]>(pool, 'lease_checks', limit, ms(leaseMs)),
    async restChecks(rest) {
      const rows = rest.map(({ againMs, ...one }) => ({ ...one, again: ms(againMs) }));
      await call(pool, 'rest_checks', JSON.stringify(rows));
    },
    recordCheck: ({ intentId, orderId, lentUntil, ours }, findings, { standing, againMs }) =>
      call<CheckRecorded>(
        pool,
        'record_check',
        intentId,
        orderId,
        lentUntil,
        JSON.stringify(ours),
        JSON.stringify(findings),
        standing,
        ms(againMs),
      ),
    settling: (limit) => call<readonly string[]>(pool, 'list_settling', limit),
  };
}

export function createSettlementBook(pool: pg.Pool): SettlementBook {
  return {
    beginSettling: (id) => beginStep(pool, 'begin_settling', id),
    recordSettled: (id, gatewayId, outcome) =>
      recordStep(pool, 'record_settled', id, gatewayId, outcome),
    giveUp: (id, trouble) => recordStep(pool, 'end_settling', id, trouble),
    async noteTrouble(id, trouble) {
      await call(pool, 'note_settling_trouble', id, trouble);
    },
  };
}

function ms(span: number | undefined): string | null {
  return span === undefined ? null : `${span} ms`;
}

/**
 * Of each payment, or refund, what was said when it had come furthest: events come in any order, and an
 * insert may meet each payment only once.
 */
function furthest<T extends { readonly id: string }>(
  events: readonly LedgerEvent[],
  told: (event: LedgerEvent) => T | undefined,
  rank: (told: T) => number,
): (T & { readonly at: string })[] {
  const last = new Map<string, T & { readonly at: string }>();
  for (const event of events) {
    const one = told(event);
    const other = one && last.get(one.id);
    if (one === undefined || (other !== undefined && rank(one) < rank(other))) continue;
    last.set(one.id, { ...one, at: event.at.toISOString() });
  }
  return [...last.values()];
}

function rankOfIntent({ isOver, held }: EventIntent): number {
  if (isOver) return 2;
  return held === '0' ? 0 : 1;
}

function rankOfRefund({ status }: NonNullable<LedgerEvent['refund']>): number {
  return status === 'pending' ? 0 : 1;
}
