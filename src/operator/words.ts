/** The operators' queue, an order and a decision as lines of a terminal. */
import type { MoneyJson } from '../domain/money.ts';
import type {
  Decision,
  OperatorAction,
  ParkedStep,
  QueueEntry,
  RecordedStep,
  ShownOrder,
} from './ports.ts';
import type { Erasure } from './erase.ts';
import type { Resolved } from './resolve.ts';

export function queueInWords(queue: readonly QueueEntry[]): string {
  if (queue.length === 0) return 'No order needs an operator.';
  return queue.map(entryInWords).join('\n');
}

function entryInWords(entry: QueueEntry): string {
  const { sagaId, orderId, status, amount } = entry;
  const head = `${orderId}  ${status}  ${moneyInWords(amount)}`;
  if ('parkedAt' in entry) return [head, ...parkedInWords(entry)].join('\n');
  const whose = sagaId === orderId ? 'its run' : `the run of ${sagaId}`;
  return `${head}\n  blocked since ${entry.blockedSince}: look at ${whose} in the Temporal UI`;
}

export function orderInWords(order: ShownOrder): string {
  const { id, status, gate, reason, amount, blockedSince, parked, steps, actions } = order;
  return [
    `${id}  ${status}${reason === null ? '' : ` (${reason})`}  ${moneyInWords(amount)}  gate ${gate}`,
    ...(blockedSince === null ? [] : [`  blocked since ${blockedSince}`]),
    ...parked.flatMap(parkedInWords),
    'steps:',
    ...steps.map(stepInWords),
    ...(actions.length === 0 ? [] : ['operators:', ...actions.map(actionInWords)]),
  ].join('\n');
}

function parkedInWords({ sagaId, orderId, step, direction, ...parked }: ParkedStep): string[] {
  const what = direction === 'undo' ? `the undo of '${step}'` : `'${step}'`;
  const whose = sagaId === orderId ? '' : ` of ${sagaId}`;
  return [
    `  ${what}${whose} is parked since ${parked.parkedAt}: ${parked.detail}`,
    `  choices: ${parked.choices.join(', ')}`,
  ];
}

function stepInWords({ sagaId, step, direction, at, result, operatorActionId }: RecordedStep) {
  const outcome = result.refused === undefined ? 'done' : `refused: ${result.refused.code}`;
  const what = direction === 'undo' ? `undo of ${step}` : step;
  const whose = sagaId.startsWith('ord_') ? '' : ` of ${sagaId}`;
  const by = operatorActionId === null ? '' : ` (operator action ${operatorActionId})`;
  return `  ${at}  ${what}${whose}: ${outcome}${by}`;
}

function actionInWords({ id, at, operator, action, step, direction, why }: OperatorAction): string {
  const about = direction === 'undo' ? ` the undo of '${step}'` : ` '${step}'`;
  const what = step === null ? '' : about;
  return `  ${at}  ${operator}: ${action}${what}, because: ${why} (operator action ${id})`;
}

export function resolvedInWords({ sagaId, step }: Decision, resolved: Resolved): string {
  switch (resolved.state) {
    case 'unknown':
      return `there is no order or refund ${sagaId}`;
    case 'not-parked':
      return `'${step}' of ${sagaId} is not parked: it may have succeeded meanwhile`;
    case 'not-a-choice':
      return `that is no choice for '${step}'; choices: ${resolved.choices.join(', ')}`;
    case 'incomplete':
      return `'${step}' cannot be marked as done without its ${resolved.missing}`;
    case 'under-way':
      return `an attempt at '${step}' may still succeed: try again in ${resolved.seconds} s`;
    case 'resolved':
      return resolved.asleep === undefined
        ? `written down as operator action ${resolved.actionId}, and the run goes on`
        : `written down as operator action ${resolved.actionId}; the run was not woken, and will` +
            ` look by itself: ${resolved.asleep}`;
  }
}

export function erasureInWords({ erased, unfinished }: Erasure): string {
  return [
    ...erased.map(({ id, actionId }) => `${id} is erased (operator action ${actionId})`),
    ...unfinished.map(
      ({ id, detail }) => `${id} is not erased: ${detail}; erase again once it is over`,
    ),
  ].join('\n');
}

function moneyInWords({ value, currency }: MoneyJson): string {
  return `${value} minor units ${currency}`;
}
