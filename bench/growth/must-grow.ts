/** What grows faster than log n because it has to. Everything else that does is a failure. */
import type { MustGrow } from './judge.ts';

export const MUST_GROW: readonly MustGrow[] = [
  {
    axis: 'lines',
    probe: /./,
    why: 'each line is priced, reserved, sold and shown',
  },
  {
    axis: 'orders',
    probe: /^operations: summary/,
    why: 'the orders of the last day are counted, up to 50,000',
  },
  {
    axis: 'backlog',
    probe: /^metrics|^operations: (summary|queue by cause)/,
    why: 'what waits is counted, and what it comes to',
  },
  {
    axis: 'gone',
    probe: /a tick$|^reconciler: payments|^metrics/,
    why: 'what has left a queue stays in its index until the next vacuum, 200,000 dead rows later at most',
  },
  {
    axis: 'gone',
    probe: /^operations: summary/,
    why: 'the orders of the last day are counted, up to 50,000',
  },
  {
    axis: 'planned young',
    probe: /^operations: summary/,
    why: 'the index by time is summarized by autovacuum, and until then everything may be of today',
  },
];
