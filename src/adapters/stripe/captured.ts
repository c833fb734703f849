/** Which orders the gateway has captured since a moment, as its events tell; from the newest back. */
import type { LedgerEvent } from '../../activities/reconcile-ports.ts';
import type { Captured } from '../../operator/ports.ts';
import { createStripeLedger } from './ledger.ts';

// Nobody waits for an order meanwhile.
const CALL_MS = 30_000;

export function createCaptured(stripe: Parameters<typeof createStripeLedger>[0]): Captured {
  const ledger = createStripeLedger(stripe);
  return {
    async since(moment) {
      const found = new Set<string>();
      for (let before: string | undefined; ;) {
        const { events, hasMore } = await ledger.eventsBefore(before, { timeoutMs: CALL_MS });
        for (const orderId of events.flatMap(captured)) found.add(orderId);
        const [oldest] = events;
        if (!hasMore || oldest === undefined || oldest.at < moment) return [...found];
        before = oldest.id;
      }
    },
  };
}

// Whoever is told of one that was captured before does no harm by it.
function captured({ intent }: LedgerEvent): string[] {
  if (intent?.orderId === undefined || intent.captured === '0') return [];
  return [intent.orderId];
}
