/** Differences between the books, and halted captures, as lines of a terminal. */
import type { BookSide, Captures, Difference } from './ports.ts';

export function differencesInWords(differences: readonly Difference[]): string {
  if (differences.length === 0) return 'The books agree.';
  return differences.map(inWords).join('\n');
}

function inWords({ id, kind, state, orderId, paymentId, ...rest }: Difference): string {
  const { ours, gateway, detail, trouble, foundAt } = rest;
  const whose = [orderId, paymentId].filter((one) => one !== null).join('  ');
  return [
    `${id}  ${kind}  ${state}  ${whose}`,
    `  found ${foundAt}: ${detail}`,
    `  ours: ${sideInWords(ours)}; the gateway's: ${sideInWords(gateway)}`,
    ...(trouble === null ? [] : [`  not settled yet: ${trouble}`]),
  ].join('\n');
}

function sideInWords(side: BookSide | null): string {
  if (side === null) return 'nothing';
  const { status, held, kept, currency } = side;
  return `${status}, holds ${held} and keeps ${kept} minor units ${currency}`;
}

export function capturesInWords(captures: Captures): string {
  if (!captures.halted) return 'Captures go on.';
  return `Captures are halted since ${captures.since} by ${captures.by}: ${captures.why}`;
}
