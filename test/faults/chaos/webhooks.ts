/**
 * Who tells whom of its own accord: the gateway both APIs, and the APIs the first tenant, whose server
 * is a process of its own that misbehaves, and writes down all it gets.
 */
import { join } from 'node:path';
import { isReady } from '../../../src/launcher/programs.ts';
import type { Part } from './part.ts';
import { programPart, takePorts } from './programs.ts';
import type { Setting } from './servers.ts';
import { GATEWAY_SECRET } from './strangers.ts';

interface Telling {
  /** What the gateway's process is told, and those of the APIs. */
  readonly gateway: NodeJS.ProcessEnv;
  readonly apis: NodeJS.ProcessEnv;
  /** Who listens, and to what the APIs sign with. */
  readonly listen: (setting: Setting, about: Listener) => Promise<Listening>;
}

interface Listener {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly evidence: string;
  readonly seed: string;
}

interface Listening {
  readonly parts: readonly Part[];
  readonly secret?: string;
}

export const NOBODY_IS_TOLD: Telling = {
  gateway: {},
  apis: {},
  listen: () => Promise.resolve({ parts: [] }),
};

export function tellEverybody(eventUrls: Readonly<Record<string, string>>): Telling {
  const gateway = {
    COUNTERPARTY_WEBHOOK_URLS: Object.values(eventUrls).join(','),
    COUNTERPARTY_WEBHOOK_SECRET: GATEWAY_SECRET,
  };
  return { gateway, apis: SETTINGS, listen };
}

const SETTINGS: NodeJS.ProcessEnv = {
  STRIPE_WEBHOOK_SECRET: GATEWAY_SECRET,
  WEBHOOK_ALLOW_PRIVATE: 'true',
  WEBHOOK_TIMEOUT_SECONDS: '1',
  // So long a schedule that chance does not come to its end.
  WEBHOOK_RETRY_SECONDS: Array.from({ length: 50 }, () => '1').join(','),
};

/** By way of no link, for what is wrong with its answers is its own doing. */
async function listen(
  setting: Setting,
  { apiUrl, apiKey, evidence, seed }: Listener,
): Promise<Listening> {
  const [port = 0] = await takePorts(setting, 'LISTENER_PORT', ['tenant']);
  const answer = await fetch(`${apiUrl}/v1/webhook-endpoints`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ url: `http://127.0.0.1:${port}/hooks` }),
  });
  if (!answer.ok) throw new Error(`no webhook endpoint: ${answer.status} ${await answer.text()}`);
  const { id, secret } = (await answer.json()) as { readonly id: string; readonly secret: string };
  const env = {
    ...process.env,
    LISTENER_PORT: String(port),
    LISTENER_ENDPOINT: id,
    LISTENER_SECRET: secret,
    LISTENER_SEED: seed,
    LISTENER_BOOK: join(evidence, 'webhooks.jsonl'),
  };
  // Programs are found from src/.
  const file = '../test/faults/chaos/listener.ts';
  const part = programPart(setting, { name: 'listener', file, env, ready: isReady });
  await part.up();
  return { parts: [part], secret };
}
