/**
 * What an older book has lost for good, as the parties outside tell it: by name, with what became of
 * the money and the parcel. It is then taken out of the evidence, for the checker holds every order
 * to its book, and these have none.
 */
import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readLines, writeLines } from '../../faults/chaos/lines.ts';
import type { Brought } from './scene.ts';

interface Line {
  readonly kind: string;
  readonly effect?: string | null;
  readonly orderId?: string | null;
  readonly amount?: number;
}

export interface Settled {
  readonly lines: readonly string[];
  /** Lost orders whose money is held or kept at the gateway. */
  readonly open: readonly string[];
}

export function settleLost(folder: string, brought: Brought): Settled {
  const lost = new Set(brought.lostOrders);
  if (lost.size === 0) return { lines: [], open: [] };
  const gateway = readLines(folder, 'gateway.jsonl') as readonly Line[];
  const carrier = readLines(folder, 'carrier.jsonl') as readonly Line[];
  const fates = [...lost].map((id) => fateOf(id, gateway, carrier));
  const open = fates.filter(({ isOpen }) => isOpen).map(({ id }) => id);
  takeOut(folder, lost, brought.lostAt);
  const sum = (of: (fate: Fate) => number) => fates.reduce((all, fate) => all + of(fate), 0);
  return {
    open,
    lines: [
      `orders lost with the book: ${lost.size}; voided ${sum((fate) => fate.voided)},` +
        ` refunded ${sum((fate) => fate.refunded)} minor units; money left with ${open.length} of them`,
      ...fates.map(({ id, words }) => `  ${id}: ${words}`),
    ],
  };
}

interface Fate {
  readonly id: string;
  readonly voided: number;
  readonly refunded: number;
  readonly isOpen: boolean;
  readonly words: string;
}

function fateOf(id: string, gateway: readonly Line[], carrier: readonly Line[]): Fate {
  const effects = (book: readonly Line[], ...kinds: readonly string[]) =>
    book.filter(
      ({ kind, orderId, effect }) =>
        kind === 'effect' && orderId === id && kinds.includes(effect ?? ''),
    );
  const money = (...kinds: readonly string[]) =>
    effects(gateway, ...kinds).reduce((sum, { amount = 0 }) => sum + amount, 0);
  const authorized = money('authorized');
  const captured = money('captured');
  const refunded = money('refunded');
  const voided = money('canceled', 'expired', 'lapsed');
  const held = authorized - captured - voided;
  const parcels = effects(carrier, 'shipped').length - effects(carrier, 'cancelled').length;
  const words = [
    authorized === 0 && 'no money moved',
    voided > 0 && `voided ${voided}`,
    refunded > 0 && `captured ${captured}, refunded ${refunded}`,
    held > 0 && `STILL HELD ${held}`,
    captured > refunded && `STILL KEPT ${captured - refunded}`,
    parcels > 0 && 'its parcel is on its way',
  ].filter((word) => word !== false);
  const isOpen = held !== 0 || captured !== refunded;
  return { id, voided, refunded, isOpen, words: words.join(', ') };
}

/** What is taken out is kept under `whole/`. */
function takeOut(folder: string, lost: ReadonlySet<string>, lostAt: Date): void {
  const isLost = (id: unknown) => typeof id === 'string' && lost.has(id);
  const keep = (name: string, isKept: (line: never) => boolean): void => {
    const lines = readLines(folder, name) as readonly never[];
    const whole = join(folder, 'whole', name);
    mkdirSync(dirname(whole), { recursive: true });
    renameSync(join(folder, name), whole);
    writeLines(folder, name, lines.filter(isKept).map(numbered));
  };
  const ofKnown = ({ orderId }: Line) => !isLost(orderId);
  keep('gateway.jsonl', ofKnown);
  keep('carrier.jsonl', ofKnown);
  keep('mails.jsonl', ofKnown);
  const refunds = readLines(folder, 'database/refund.jsonl') as readonly { readonly id: string }[];
  const kept = new Set(refunds.map(({ id }) => id));
  keep(
    'runs.jsonl',
    ({ workflowId }: { workflowId: string }) =>
      kept.has(workflowId) || (workflowId.startsWith('ord_') && !isLost(workflowId)),
  );
  keep('final/orders.jsonl', ({ id }: { id: string }) => !isLost(id));
  // The book went back to an earlier moment, and so did its sums.
  keep('snapshots.jsonl', ({ at }: { at: string }) => Date.parse(at) > lostAt.getTime());
  const forgotten = callsForgotten(folder, lost, lostAt);
  keep('clients.jsonl', ({ call }: Call) => !forgotten.has(call));
}

/** A gap in a book would be a hole; these are meant. */
function numbered(line: object, n: number): object {
  return 'seq' in line ? { ...line, seq: n + 1 } : line;
}

interface Call {
  readonly call: number;
  readonly at: number;
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly text?: string;
}

/**
 * What was said of a lost order, whenever; and whatever was said of any order before the loss, save
 * that it was accepted, or that a refund was asked for: the book may have gone back behind it.
 */
function callsForgotten(
  folder: string,
  lost: ReadonlySet<string>,
  lostAt: Date,
): ReadonlySet<number> {
  const lines = readLines(folder, 'clients.jsonl') as readonly Call[];
  const names = [...lost];
  const isOfLost = ({ path, text = '' }: Call) =>
    names.some((id) => path.includes(id) || text.includes(id));
  const isBefore = ({ at, method, path }: Call) =>
    at < lostAt.getTime() && !(method === 'POST' && /\/(orders|refunds)$/.test(path));
  return new Set(lines.filter((line) => isOfLost(line) || isBefore(line)).map(({ call }) => call));
}
