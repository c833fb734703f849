/** What runs by itself, now and then: a tick of each loop as it is when there is little to do. */
import type { Probe } from './meter.ts';
import type { Parts } from './parts.ts';

// Few enough that no size on an axis has less to do than the others.
const BATCH = 5;
const [ENTRIES, ORDERS] = [50, 50];
// Longer than the largest shop takes to be made and asked, so that nothing of it is due by then.
const [GRACE_SECONDS, SILENCE_SECONDS] = [7_200, 7_200];
// As src/config.ts has it.
const ARCHIVE_DAYS = 90;
const PAGE = { limit: ENTRIES, toleranceMs: 5_000, overlapMs: 30_000 };

export function loopProbes({ store, refunds, watch, outbox, archive, reconcile }: Parts): Probe[] {
  return [
    {
      name: 'starter, a tick',
      async work() {
        await store.leaseUnstarted(GRACE_SECONDS, BATCH);
        await refunds.leaseUnstarted(GRACE_SECONDS, BATCH);
      },
    },
    { name: 'watcher, a tick', work: () => watch.leaseSilent(SILENCE_SECONDS, BATCH) },
    { name: 'outbox, a tick', work: () => outbox.lease(BATCH, 60_000) },
    { name: 'archiver, a tick', work: () => archive.archive(ARCHIVE_DAYS, BATCH) },
    {
      name: 'reconciler: its own entries',
      work: () => reconcile.noteEntries(undefined, PAGE),
    },
    { name: 'reconciler: sweep of the books', work: () => reconcile.sweepBooks(ORDERS) },
    {
      name: 'reconciler: payments to look at',
      async work() {
        await reconcile.leaseChecks(BATCH, 120_000);
        await reconcile.settling(BATCH);
      },
    },
  ];
}

export function operatorProbes({ numbers, operations, operators }: Parts): Probe[] {
  return [
    { name: 'metrics: numbers of the books', work: () => numbers() },
    { name: 'operations: summary', work: () => operations.summary() },
    { name: 'operations: queue by cause', work: () => operations.causes(3) },
    { name: 'operations: queue', work: () => operators.queue(50) },
    {
      name: 'operations: an order by e-mail',
      work: () => operations.search('c100@example.com', { limit: 51 }),
    },
    {
      name: 'operations: an order told whole',
      work: () => operations.story('ord_00000000000000000000000500'),
    },
    {
      name: 'erasure: orders of a customer',
      work: () => operators.ordersOf('c100@example.com', '', 50),
    },
  ];
}
