/**
 * A payment that waits: for the customer, who confirms it at their bank, or for the bank itself. That is
 * neither an error nor a failed attempt. The book fixes the deadline when it first hears of it; until then
 * each attempt looks, and answers when to look again; the first one after it is refused, and the undo of
 * the step calls the payment off.
 */
import type { OrderId } from '../domain/order.ts';
import { Pending, Unavailable } from '../domain/wrong.ts';
import type { Deps, Intent, Recorded, Waiting } from './ports.ts';

export function isWaiting({ status }: Intent): boolean {
  return status === 'requires_action' || status === 'processing';
}

// Long enough to find a phone, too short for goods to be kept from whoever would buy them.
const ACTION_MS = 15 * 60_000;

export async function recordWaiting(
  { book, actionMs = ACTION_MS }: Deps,
  id: OrderId,
  intent: Intent,
): Promise<Recorded> {
  const { status, actionUrl } = intent;
  if (status === 'requires_action' && actionUrl === undefined) {
    return await book.recordDecline(id, status, NOWHERE);
  }
  const begun = await book.recordWaiting(id, intent, actionMs);
  if (begun.state !== 'open') return begun;
  const { until } = begun.work;
  const whom = status === 'requires_action' ? 'the customer' : 'the customer\u2019s bank';
  throw new Pending(`Waiting for ${whom} until ${inWords(until)}.`, againMs(begun.work), until);
}

/**
 * What a bank is still at cannot be called off. It is given up by whoever finds it so a second time: at the
 * first, another attempt may be about to confirm it.
 */
export async function giveUp(
  { book, actionMs = ACTION_MS }: Deps,
  id: OrderId,
  intent: Intent,
  isKnown: boolean,
): Promise<Recorded> {
  if (isKnown) return await book.recordGivenUp(id);
  await book.recordWaiting(id, intent, actionMs);
  throw new Unavailable(`The intent ${intent.id} is processing, not yet canceled.`);
}

const NOWHERE =
  'The payment is to be confirmed by the customer, and the order has no returnUrl for that.';

// Most customers are done within a minute, and nobody waits for the rest; without webhooks this is what
// a customer waits for at most.
const SHORTEST_MS = 1_000;
const LONGEST_MS = 30_000;
const SHARE_OF_WAIT = 4;
// Each look is some six events of the run's history, which Temporal ends at 51,200: not reached in a wait
// of days, as looks that fail have more.
const MOST_LOOKS = 500;

/** In proportion to how long it has waited, and never past the deadline. */
function againMs({ waitedMs, leftMs }: Waiting): number {
  const longest = Math.max(LONGEST_MS, (waitedMs + leftMs) / MOST_LOOKS);
  const next = Math.max(waitedMs / SHARE_OF_WAIT, SHORTEST_MS);
  return Math.ceil(Math.min(next, longest, Math.max(leftMs, 1)));
}

/** `21 Nov 15:49 UTC`. */
function inWords(until: Date): string {
  const text = until.toUTCString();
  return `${text.slice(5, 11)} ${text.slice(17, 22)} UTC`;
}
