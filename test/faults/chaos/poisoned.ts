/**
 * Orders that the plan left without an end on purpose: a gateway that remembers a 500 for the key of
 * a capture, a void or a refund answers it for as long as it remembers keys, and only a person can
 * go on from there. Whoever was hit stands in the gateway's book.
 */
import { readLines } from './lines.ts';

const WITHOUT_A_WAY_ROUND = ['capture', 'cancel', 'refund'];

export function poisonedOrders(folder: string): readonly string[] {
  const lines = readLines(folder, 'gateway.jsonl') as readonly {
    readonly kind: string;
    readonly operation: string;
    readonly orderId: string | null;
    readonly fault?: string | null;
  }[];
  const hit = lines.filter(
    ({ kind, operation, fault }) =>
      kind === 'request' && fault === 'error' && WITHOUT_A_WAY_ROUND.includes(operation),
  );
  return [...new Set(hit.flatMap(({ orderId }) => orderId ?? []))];
}
