/** What is wrong with what receivers have got, by the books and by a library that is not ours. */
import { spoiltIn } from '../../faults/checker/invariants/webhooks.ts';
import type { Receiver } from '../../support/receiver.ts';
import { verified } from '../../support/receiver.ts';

export interface Told {
  readonly kind: string;
  readonly receiver: Pick<Receiver, 'received'>;
  /** Any of which may have signed. */
  readonly secrets: readonly string[];
  /** The IDs of tests that it was sent. */
  readonly tests: readonly string[];
}

/** An event as the books have it. */
export interface Owed {
  readonly id: string;
  readonly orderId: string;
  readonly sequence: number;
}

export interface Judged {
  readonly received: number;
  readonly distinct: number;
  readonly wrong: readonly string[];
}

export function judgeTold(told: Told, owed: readonly Owed[]): Judged {
  const { kind, receiver } = told;
  const got = receiver.received.map((one) => {
    const event = signedBy(told.secrets, one);
    return { ...one, event, isSigned: event !== undefined };
  });
  const ids = new Set(got.map(({ id }) => id));
  const expected = new Set([...owed.map(({ id }) => id), ...told.tests]);
  const missing = [...expected].filter((id) => !ids.has(id));
  const events = got.flatMap(({ id, event }) => (told.tests.includes(id) ? [] : (event ?? [])));
  const all = [
    ...spoiltIn(got, expected),
    ...missing.map((id) => `${id} never came`),
    ...gapsIn(events),
  ];
  return {
    received: receiver.received.length,
    distinct: ids.size,
    wrong: all.map((line) => `${kind}: ${line}`),
  };
}

/** Each order's events count from 1, as far as they go. */
function gapsIn(events: readonly Owed[]): string[] {
  const sequences = new Map<string, Set<number>>();
  for (const { orderId, sequence } of events) {
    sequences.set(orderId, (sequences.get(orderId) ?? new Set()).add(sequence));
  }
  return [...sequences].flatMap(([orderId, seen]) => {
    const all = Array.from({ length: Math.max(...seen) }, (_, n) => n + 1);
    const gaps = all.filter((sequence) => !seen.has(sequence));
    return gaps.length === 0 ? [] : [`${orderId} has gaps: ${gaps.join(', ')}`];
  });
}

function signedBy(secrets: readonly string[], one: Receiver['received'][number]): Owed | undefined {
  for (const secret of secrets) {
    try {
      return verified(secret, one) as Owed;
    } catch {
      // Perhaps the next one.
    }
  }
  return undefined;
}
