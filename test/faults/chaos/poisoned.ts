/**
 * Orders that the plan left without an end on purpose: a gateway that remembers a 500 for the key of
 * a capture, a void or a refund answers it for as long as it remembers keys, and only a person can
 * go on from there. So it is where the bank lets go of a hold that is captured in part:
 * the rest is captured by nobody. Whoever was hit stands in the gateway's book.
 */
import { readLines } from './lines.ts';

const WITHOUT_A_WAY_ROUND = ['capture', 'cancel', 'refund'];
const LATER_CAPTURE = /:capture:(?!1$)/;

export function poisonedOrders(folder: string): readonly string[] {
  const lines = readLines(folder, 'gateway.jsonl') as readonly {
    readonly kind: string;
    readonly operation: string;
    readonly orderId: string | null;
    readonly key: string | null;
    readonly fault?: string | null;
  }[];
  const hit = lines.filter(
    ({ kind, operation, key, fault }) =>
      kind === 'request' &&
      ((fault === 'error' && WITHOUT_A_WAY_ROUND.includes(operation)) ||
        (fault === 'lapse' && LATER_CAPTURE.test(key ?? ''))),
  );
  return [...new Set(hit.flatMap(({ orderId }) => orderId ?? []))];
}
