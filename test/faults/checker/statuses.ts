/**
 * The published way of an order (docs/events.md), written down a second time: a checker that asked
 * the engine which moves are legal would find every move legal.
 */
const MOVES: Readonly<Record<string, readonly string[]>> = {
  accepted: ['reserved', 'rejected', 'cancelled'],
  reserved: ['authorized', 'rejected', 'cancelled'],
  authorized: ['paid', 'rejected', 'cancelled'],
  paid: ['shipped', 'refunded'],
  shipped: ['completed', 'refunded'],
  completed: ['refunded'],
  rejected: [],
  cancelled: [],
  refunded: [],
};

export const ENDS: readonly string[] = ['completed', 'rejected', 'cancelled', 'refunded'];

export function isLegalMove(from: string, to: string): boolean {
  return MOVES[from]?.includes(to) === true;
}

/** Whether an order that was seen as `from` may be seen as `to` afterwards. */
export function mayBecome(from: string, to: string): boolean {
  return from === to || (MOVES[from] ?? []).some((next) => mayBecome(next, to));
}

/** The status that an event tells of, if it is one that moves the order. */
export function statusTold(type: string): string | undefined {
  const [, status] = /^order\.(.+)$/.exec(type) ?? [];
  return status !== undefined && status in MOVES ? status : undefined;
}
