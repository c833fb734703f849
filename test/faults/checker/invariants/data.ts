/** What must not be seen, and what must be on record. */
import type { ActionRow } from '../evidence.ts';
import { grouped, type Facts } from '../facts.ts';
import type { Finding } from '../verdict.ts';

/** D1 */
export function* canariesStayInTheirPlaces({ evidence }: Facts): Iterable<Finding> {
  for (const { canary, file, line, orderId } of evidence.sightings) {
    yield { orderId, detail: `${canary} in ${file}:${line}` };
  }
}

interface Act {
  readonly step?: string | null | undefined;
  readonly action: string;
  readonly operator: string;
  readonly why: string;
}

/** D2 */
export function* everyActIsOnRecord({ evidence }: Facts): Iterable<Finding> {
  const acts = evidence.operators.filter(({ result }) => result === 'resolved');
  const rows = evidence.database.operator_action;
  const done = grouped(acts, (act) => signature(act.orderId, act));
  const recorded = grouped(rows, (row) => signature(row.order_id, row));
  for (const act of new Set([...done.keys(), ...recorded.keys()])) {
    const [times = 0, records = 0] = [done.get(act)?.length, recorded.get(act)?.length];
    if (times === records) continue;
    yield {
      orderId: act.split(' ')[0],
      detail: `done ${times} times, recorded ${records}: ${act}`,
    };
  }
  for (const row of rows) {
    if (isWhole(row)) continue;
    const detail = `the record of ${row.action} lacks who, why, before or after`;
    yield { orderId: row.order_id, detail };
  }
}

function isWhole({ operator, why, before, after }: ActionRow): boolean {
  return operator.trim() !== '' && why.trim() !== '' && isKept(before) && isKept(after);
}

function signature(orderId: string, { step, action, operator, why }: Act): string {
  return [orderId, action, step ?? '-', 'by', operator, 'because', why].join(' ');
}

function isKept(state: unknown): boolean {
  return typeof state === 'object' && state !== null && Object.keys(state).length > 0;
}
