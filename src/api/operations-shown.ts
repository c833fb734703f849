/** What the operations API shows, and where each of it is. Pure. */
import type { OrderId } from '../domain/order.ts';
import type { RefundId } from '../domain/refund.ts';
import type { Cause, FoundOrder, QueueRetry, SagaId, Story } from './operator-ports.ts';
import type { Summary, TimelineEntry, Trouble } from './operator-ports.ts';
import { inWords } from './timeline.ts';

/** Where a run is in the Temporal UI; undefined where nobody has said where that is. */
export type RunUrl = (id: SagaId) => string | undefined;

export function runUrls(uiUrl: string | undefined, namespace: string): RunUrl {
  if (uiUrl === undefined) return () => undefined;
  const base = `${uiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
  return (id) => `${base}/${encodeURIComponent(id)}`;
}

const HERE = '/v1/operations';

export function storyPath(id: SagaId): string {
  return `${HERE}/orders/${id}`;
}

export function showSummary({ oldestUnfinished, atRisk, ...summary }: Summary) {
  const oldest = oldestUnfinished && {
    ...oldestUnfinished,
    links: { self: storyPath(oldestUnfinished.id) },
  };
  return { ...summary, oldestUnfinished: oldest, atRisk: [...atRisk] };
}

export function showCause({ first, ...cause }: Cause, runUrl: RunUrl) {
  return {
    ...cause,
    atStake: [...cause.atStake],
    first: first.map((one) => showTrouble(one, runUrl)),
    links: { self: `${HERE}/queue/${cause.cause}` },
  };
}

export function showTrouble(trouble: Trouble, runUrl: RunUrl) {
  const { orderId, sagaId, tenant, status, amount } = trouble;
  const links = { self: storyPath(orderId), ...runLink(sagaId, runUrl) };
  const known = { orderId, sagaId, tenant, status, amount };
  if (!('parkedAt' in trouble)) return { ...known, since: trouble.blockedSince, links };
  const { step, direction, detail, parkedAt, choices } = trouble;
  return { ...known, since: parkedAt, step, direction, detail, choices: [...choices], links };
}

export function showFound(found: FoundOrder, runUrl: RunUrl) {
  return { ...found, links: { self: storyPath(found.id), ...runLink(found.id, runUrl) } };
}

export function showRetry(retry: QueueRetry) {
  return { ...retry, links: { self: `${HERE}/retries/${retry.id}` } };
}

export function showStory(story: Story, runUrl: RunUrl) {
  const self = storyPath(story.id);
  return {
    ...story,
    lines: [...story.lines],
    refunds: [...story.refunds],
    parked: story.parked.map(({ orderId: _, ...parked }) => ({
      ...parked,
      choices: [...parked.choices],
      links: { resolve: resolvePath(parked.sagaId, parked.step) },
    })),
    timeline: story.timeline.map((entry) => showEntry(entry, runUrl)),
    links: {
      self,
      cancel: `${self}/cancel`,
      refunds: `${self}/refunds`,
      ...runLink(story.id, runUrl),
    },
  };
}

function showEntry(entry: TimelineEntry, runUrl: RunUrl) {
  const run = entry.kind === 'run' ? runUrl(entry.sagaId) : undefined;
  return { ...entry, text: inWords(entry), ...(run !== undefined && { links: { run } }) };
}

function resolvePath(id: SagaId, step: string): string {
  return `${storyPath(id)}/steps/${encodeURIComponent(step)}/resolve`;
}

export function showOperatorCancelled(id: OrderId) {
  return { id, links: { order: storyPath(id) } };
}

export function showOperatorRefund(id: RefundId, orderId: OrderId) {
  return { id, orderId, links: { order: storyPath(orderId) } };
}

function runLink(id: SagaId, runUrl: RunUrl) {
  const run = runUrl(id);
  return run === undefined ? {} : { run };
}
