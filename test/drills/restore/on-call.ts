/** Whoever is on call, by the commands that they have. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { withClient } from '../../../src/launcher/postgres.ts';
import { writeLines } from '../../faults/chaos/lines.ts';
import { root } from '../../faults/chaos/programs.ts';
import { STRIPE_KEY } from '../../faults/chaos/stack.ts';
import type { Stack } from '../../faults/chaos/stack.ts';
import type { Scene } from './scene.ts';

const SIGNED = { operator: 'ann', why: 'the drill' };

/**
 * From here on, until all is over: a shipment that was called back in what the book has lost is not
 * sent a second time, so the carrier refuses it (410), and the order is made good once more.
 */
export function decideParked({ stack, folder, say, over }: Scene): void {
  const acts: object[] = [];
  const look = async (): Promise<void> => {
    const { rows } = await withClient(stack.database.adminUrl, (client) =>
      client.query<{ id: string }>(
        `SELECT order_id AS id FROM parked_step
         WHERE step = 'request shipment' AND detail LIKE '%410%'`,
      ),
    );
    for (const { id } of rows) {
      const decision = { step: 'request shipment', action: 'refuse' };
      await operate(stack, ['resolve', id, decision.step, decision.action]);
      const result = 'resolved';
      acts.push({ at: Date.now(), orderId: id, sagaId: id, ...decision, ...SIGNED, result });
      writeLines(folder, 'operators.jsonl', acts);
      say(`${id}: its shipment had been called back, so it is made good`);
    }
  };
  const loop = async (): Promise<void> => {
    while (!over.aborted) {
      await look().catch((error: unknown) => say(String(error).split('\n', 1)[0] ?? ''));
      await sleep(LOOK_MS, undefined, { signal: over }).catch(() => undefined);
    }
  };
  void loop();
}

const LOOK_MS = 1_000;

/** `npm run operate`, as whoever is on call; what it said. */
export async function operate(stack: Stack, args: readonly string[]): Promise<string> {
  const file = join(root, 'src', 'launcher', 'operate.ts');
  const signed = [...args, '--why', SIGNED.why, '--by', SIGNED.operator];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', file, ...signed],
    {
      cwd: root,
      env: {
        ...process.env,
        DATABASE_URL: stack.database.url,
        TEMPORAL_ADDRESS: stack.temporalAddress,
        STRIPE_SECRET_KEY: STRIPE_KEY,
        STRIPE_API_BASE: stack.partyUrls.gateway,
      },
      maxBuffer: 2 ** 26,
    },
  );
  return stdout;
}
