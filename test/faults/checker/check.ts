/** The verdict on a folder of evidence: every rule of the table asked, and what could not be read. */
import type { Evidence, FinalOrder } from './evidence.ts';
import { join } from './facts.ts';
import { readEvidence } from './read.ts';
import { BOOKS, RULES } from './table.ts';
import type { Verdict } from './verdict.ts';

export async function check(folder: string): Promise<Verdict> {
  return judge(await readEvidence(folder));
}

function judge(evidence: Evidence): Verdict {
  const facts = join(evidence);
  const missing = [
    ...evidence.missing.map(({ file, why }) => `${file}: ${why}`),
    ...unread(evidence, facts.known),
  ];
  // A rule whose book is not there would find what is not so.
  const isThere = (book: string) =>
    !evidence.missing.some(({ file }) => BOOKS[book]?.some((name) => file.startsWith(name)));
  const found = RULES.map(([invariant, books, , find]) =>
    books.split('').every(isThere)
      ? [...find(facts)].map((finding) => ({ invariant, ...finding }))
      : [],
  );
  const findings = found.flat();
  return {
    verdict: findings.length > 0 ? 'failed' : missing.length > 0 ? 'unknown' : 'passed',
    findings,
    missing,
    counts: {
      orders: facts.orders.size,
      requests: facts.calls.length,
      'gateway lines': evidence.gateway.length,
      snapshots: evidence.snapshots.length,
      ...Object.fromEntries(RULES.map(([id], n) => [id, found[n]?.length ?? 0])),
    },
  };
}

/** Final reads that are not there: of an order, or of a refund that its events name. */
function unread({ finals }: Evidence, known: ReadonlySet<string>): string[] {
  const read = new Map(finals.map((final) => [final.id, final]));
  const missing = [...known].flatMap((id) => {
    const final = read.get(id);
    if (final === undefined) return [`${id} was not read at the end`];
    // 404 is an answer: the order is lost.
    if (final.status === 404) return [];
    return final.status === 200
      ? refundsUnread(final)
      : [`${id} could not be read: ${final.status}`];
  });
  return finals.length === 0 ? [...missing, 'no order was read at the end'] : missing;
}

function refundsUnread({ id, events, refunds }: FinalOrder): string[] {
  const named = new Set(events.flatMap(({ refundId }) => refundId ?? []));
  return [...named]
    .filter((refundId) => !refunds.some((refund) => refund.id === refundId))
    .map((refundId) => `${id}: its refund ${refundId} was not read at the end`);
}
