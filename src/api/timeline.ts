/** What has happened to an order, in the words of somebody who tells it. */
import type { MoneyJson } from '../domain/money.ts';
import type { Story, TimelineEntry } from './operator-ports.ts';

export function storyInWords({ id, tenant, status, reason, amount, timeline }: Story): string {
  const end = reason === null ? status : `${status} (${reason})`;
  const head = `${id}  ${end}  ${moneyInWords(amount)}  of ${tenant}`;
  return [head, ...timeline.map((entry) => `  ${entry.at}  ${inWords(entry)}`)].join('\n');
}

export function inWords(entry: TimelineEntry): string {
  switch (entry.kind) {
    case 'request':
      return `${entry.request} was accepted`;
    case 'run':
      return `its run ${entry.sagaId} was started`;
    case 'gateway':
      return gatewayInWords(entry);
    case 'step':
      return `${nameOf(entry)}: ${outcomeOf(entry)}${byHand(entry)}`;
    case 'parked':
      return `${nameOf(entry)} is parked since then: ${entry.detail}`;
    case 'event':
      return `event ${entry.sequence}, ${entry.type}`;
    case 'mail':
      return `the mail '${entry.mail}' was ${entry.phase}`;
    case 'operator':
      return `${entry.operator}: ${entry.action}${aboutStep(entry)}, because: ${entry.why}`;
    case 'difference':
      return `${entry.differenceId}, ${entry.difference}, was ${entry.phase}: ${entry.detail}`;
  }
}

type Of<Kind extends TimelineEntry['kind']> = Extract<TimelineEntry, { readonly kind: Kind }>;

function gatewayInWords({
  operation,
  n,
  phase,
  outcome,
  amount,
  gatewayId,
}: Of<'gateway'>): string {
  const which = gatewayId === undefined ? '' : ` of ${gatewayId}`;
  const attempt = `${operation}${which}, attempt ${n}`;
  if (phase === 'requested') return `the gateway is asked: ${attempt}`;
  const moved = amount === undefined ? '' : `, ${moneyInWords(amount)}`;
  return `the gateway has answered: ${attempt}: ${outcome ?? 'nothing'}${moved}`;
}

function outcomeOf({ refused }: Of<'step'>): string {
  return refused === undefined ? 'done' : `refused, ${refused}`;
}

function nameOf({ step, direction }: Pick<Of<'step'>, 'step' | 'direction'>): string {
  return direction === 'undo' ? `the undo of '${step}'` : `'${step}'`;
}

function byHand({ operatorActionId }: Of<'step'>): string {
  return operatorActionId === undefined ? '' : ` (operator action ${operatorActionId})`;
}

function aboutStep({ step, direction = 'do' }: Of<'operator'>): string {
  return step === undefined ? '' : ` ${nameOf({ step, direction })}`;
}

function moneyInWords({ value, currency }: MoneyJson): string {
  return `${value} minor units ${currency}`;
}
