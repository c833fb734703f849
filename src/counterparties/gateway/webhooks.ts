/**
 * Whom the gateway tells of its events: set at its start or over its control endpoint, and told only of what has
 * happened since. Events are made from the gateway's one book; here is only which of them were delivered.
 */
import type { Context } from 'hono';
import { z } from 'zod';
import { openBook } from '../book.ts';
import type { EffectLine } from '../book.ts';
import type { FaultPlan } from '../plan.ts';
import type { HttpEnv } from '../server.ts';
import type { Json } from './model.ts';
import { createSender } from './sender.ts';
import type { Delivery, Endpoint, GatewayNews, Sender } from './sender.ts';

export interface Webhooks extends Sender {
  /** What an earlier run has left undelivered is offered again. */
  resume(all: readonly GatewayNews[]): void;
}

export async function openWebhooks(options: {
  readonly bookFile: string;
  readonly endpoint: Endpoint | undefined;
  readonly faults: FaultPlan<'webhook'>;
  readonly now: () => number;
}): Promise<Webhooks> {
  const { bookFile, faults, now, endpoint } = options;
  const done = new Set<string>();
  let since = Infinity;
  const book = await openBook<EffectLine, Delivery>(bookFile, (_, line) => {
    since = Math.min(since, Date.parse(line.at));
    faults.restore('webhook', line.fault);
    if (line.outcome === 'delivered' || line.outcome === 'lost') done.add(line.event);
  });
  const sender = createSender({ endpoint, book, faults, now });
  const begin = async (): Promise<void> => {
    if (since !== Infinity) return;
    since = now();
    await book.append([], { ...BEGINNING, at: new Date(since).toISOString() });
  };
  if (endpoint !== undefined) await begin();
  return {
    ...sender,
    introduce(next) {
      sender.introduce(next);
      void begin();
    },
    resume(all) {
      for (const news of all) {
        const isNews = Number(news.event['created']) * 1_000 >= since - A_SECOND_MS;
        if (isNews && !done.has(idOf(news.event))) void sender.offer(news);
      }
    },
    async close() {
      await sender.close();
      await book.close();
    },
  };
}

// Events tell the second in which they were made.
const A_SECOND_MS = 1_000;

/** Nobody is told of what was before. */
const BEGINNING = {
  kind: 'request',
  operation: 'endpoint',
  orderId: null,
  requestId: null,
  fault: null,
  outcome: 'added',
  event: '',
  type: '',
  url: null,
  status: null,
} as const;

function idOf(event: Json): string {
  return String(event['id']);
}

const endpointSchema = z.strictObject({
  urls: z.array(z.url({ protocol: /^https?$/ })).min(1),
  secret: z.string().min(1),
});

/** `PUT /control/webhooks`: the endpoint; `GET`: how many events it has still to be told of. */
export async function takeEndpoint(
  c: Context<HttpEnv>,
  webhooks: Pick<Webhooks, 'introduce'>,
): Promise<Response> {
  const parsed = endpointSchema.safeParse(await c.req.json().catch(() => undefined));
  if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400);
  webhooks.introduce(parsed.data);
  return c.body(null, 204);
}
