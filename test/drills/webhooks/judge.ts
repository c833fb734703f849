/** What is wrong with what receivers have got, by the books and by a library that is not ours. */
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
  const bodies = new Map<string, string>();
  const events = new Map<string, Owed>();
  const wrong: string[] = [];
  for (const one of receiver.received) {
    const known = bodies.get(one.id);
    if (known !== undefined && known !== one.body) wrong.push(`${one.id} came with another body`);
    bodies.set(one.id, one.body);
    const event = signedBy(told.secrets, one);
    if (event === undefined) wrong.push(`${one.id} has a bad signature`);
    else if (event.id !== one.id) wrong.push(`${one.id} is not the ID of its event`);
    else events.set(one.id, event);
  }
  for (const id of told.tests) events.delete(id);
  const expected = new Set([...owed.map(({ id }) => id), ...told.tests]);
  const missing = [...expected].filter((id) => !bodies.has(id));
  const foreign = [...bodies.keys()].filter((id) => !expected.has(id));
  const all = [
    ...wrong,
    ...missing.map((id) => `${id} never came`),
    ...foreign.map((id) => `${id} is not its tenant's`),
    ...gapsIn([...events.values()]),
  ];
  return {
    received: receiver.received.length,
    distinct: bodies.size,
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
