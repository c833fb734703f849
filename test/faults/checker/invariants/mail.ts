/** Letters: one for each outcome, about what happened, to whom it happened. */
import type { MailLine } from '../evidence.ts';
import { grouped, type Ending, type Facts } from '../facts.ts';
import { ENDS, statusTold } from '../statuses.ts';
import type { Finding } from '../verdict.ts';

/** N1 */
export function* oneLetterPerOutcome(facts: Facts): Iterable<Finding> {
  const mayRepeat = repeatable(facts);
  for (const order of facts.orders.values()) {
    if (!order.isJudged) continue;
    const details = [...unsent(order), ...needless(order, mayRepeat), ...misled(order, facts)];
    for (const detail of details) yield { orderId: order.id, detail };
  }
  for (const { kind, orderId, mail, seq } of facts.evidence.mails) {
    if (kind !== 'effect' || facts.known.has(orderId ?? '')) continue;
    yield {
      orderId: orderId ?? undefined,
      detail: `mail ${seq} (${mail?.messageId}) is of no order`,
    };
  }
}

/** Those whose answer may have been lost: by the mail server's fault, or because a worker died. */
function repeatable({ evidence }: Facts): (messageId: string) => boolean {
  const parties = ['gateway', 'carrier', 'mail'];
  const isAnythingElseHit = evidence.run.plan.some(
    ({ target = '' }) => !parties.includes(target.split('.')[0] ?? ''),
  );
  const isHit = ({ fault = null, outcome }: MailLine) => fault !== null && outcome === 'executed';
  const lost = new Set(evidence.mails.filter(isHit).map(({ messageId }) => messageId));
  return (messageId) => isAnythingElseHit || lost.has(messageId);
}

function due({ id, final }: Ending): readonly string[] {
  const told = final.events.map(({ type }) => statusTold(type) ?? '');
  return told.filter((status) => ENDS.includes(status)).map((end) => `<${id}.${end}@makegood>`);
}

// Decided by hand, these are sent by nobody: the operator tells the customer, or there is nothing to tell.
const LETTERS_OF = { 'send receipt': '.completed@', 'refund payment': '.refunded@' };

function* unsent(order: Ending): Iterable<string> {
  const byHand = Object.entries(LETTERS_OF).filter(([step]) => order.byHand.has(step));
  for (const messageId of due(order)) {
    if (order.mails.some(({ mail }) => mail?.messageId === messageId)) continue;
    if (byHand.some(([, part]) => messageId.includes(part))) continue;
    yield `${messageId} was not sent`;
  }
}

function* needless(order: Ending, mayRepeat: (id: string) => boolean): Iterable<string> {
  const outcomes = due(order);
  for (const [messageId, sent] of grouped(order.mails, ({ mail }) => mail?.messageId ?? '')) {
    if (!outcomes.includes(messageId)) yield `${messageId} tells what did not happen`;
    if (sent.length === 1 || mayRepeat(messageId)) continue;
    yield `${messageId} was sent ${sent.length} times`;
  }
}

/** To anybody but the one whom the client named, or about another order. */
function* misled({ id, mails }: Ending, { acknowledged }: Facts): Iterable<string> {
  const email = emailIn(acknowledged.get(id)?.[0]?.send.body);
  for (const { mail, seq } of mails) {
    if (email !== undefined && mail?.to.toLowerCase() !== email)
      yield `mail ${seq} went to somebody else`;
    if (mail?.text.includes(id) !== true) yield `mail ${seq} is about another order`;
  }
}

function emailIn(body: unknown): string | undefined {
  const sent = body as { readonly customer?: { readonly email?: string } } | undefined;
  return sent?.customer?.email?.toLowerCase();
}
