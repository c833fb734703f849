/** Every secret rotated under steady load; the verdict is how many orders noticed: none may. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from './load.ts';
import { ROTATIONS, tenantId } from './rotations.ts';
import { FIRST, startSecretsStack } from './stack.ts';

export interface Rotated {
  readonly placed: number;
  readonly completed: number;
  readonly failures: readonly string[];
  /** Secrets that were asked to open something and were not good. */
  readonly refused: number;
  /** Receipts that the mail server has. */
  readonly mails: number;
}

export async function rotateSecrets(wish: {
  readonly perSecond: number;
  /** Those named, or all. */
  readonly rotations: readonly string[];
  /** How long orders come before the first one and after each. */
  readonly restMs: number;
  readonly say: (line: string) => void;
}): Promise<Rotated> {
  const { perSecond, rotations, restMs, say } = wish;
  const folder = mkdtempSync(join(tmpdir(), 'makegood-secrets-'));
  const stack = await startSecretsStack(folder, say);
  try {
    const tenant = await tenantId(stack);
    let current = { apiKey: stack.apiKey, kid: FIRST.kid };
    const load = startLoad(stack.apiUrls, perSecond, [
      () => Promise.resolve(current.apiKey),
      () => stack.issuer.sign(current.kid, tenant),
    ]);
    try {
      await sleep(restMs);
      for (const name of rotations) {
        const begun = performance.now();
        const before = load.counts().placed;
        await ROTATIONS[name]?.({
          stack,
          load,
          use: (clients) => void (current = { ...current, ...clients }),
        });
        const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
        say(`${name}: rotated in ${seconds} s, ${load.counts().placed - before} orders meanwhile`);
        await sleep(restMs);
      }
    } finally {
      await load.stop();
    }
    const refused = stack.gateway.refused() + stack.mail.refused();
    const { failures } = load;
    return { ...load.counts(), failures, refused, mails: stack.mail.sent.size };
  } finally {
    await stack.close();
  }
}
