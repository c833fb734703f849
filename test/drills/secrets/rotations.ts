/**
 * Each secret rotated as docs/operations/secrets.md says: the new one works beside the old one, all
 * move over, and only then the old one ends. At the end of each it is asked whether it did.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { withClient } from '../../../src/launcher/postgres.ts';
import { root } from '../../faults/chaos/programs.ts';
import type { Load } from './load.ts';
import { FIRST, smtpUrl, TENANT } from './stack.ts';
import type { SecretsStack } from './stack.ts';

interface Scene {
  readonly stack: SecretsStack;
  /** What clients use from now on. */
  readonly use: (clients: { apiKey?: string; kid?: string }) => void;
  readonly load: Load;
}

/** Throws where the old secret still opens something, or the new one does not. */
type Rotation = (scene: Scene) => Promise<void>;

export const ROTATIONS: Readonly<Record<string, Rotation>> = {
  async 'API key'({ stack, use, load }) {
    const [id = ''] = stack.apiKey.split('_').slice(2, 3);
    const key = keyIn(await keys(stack, ['rotate', id, '--overlap-hours', '1']));
    use({ apiKey: key });
    await settled(load);
    await keys(stack, ['revoke', id]);
    await expectStatus(stack.apiUrls, stack.apiKey, '/v1/products', 401);
    await expectStatus(stack.apiUrls, key, '/v1/products', 200);
  },

  async "an operator's key"({ stack }) {
    const path = '/v1/operations/summary';
    const old = keyIn(await keys(stack, ['create', '--operator', 'ann']));
    await expectStatus(stack.operationsUrls, old, path, 200);
    const key = keyIn(await keys(stack, ['rotate', old, '--overlap-hours', '1']));
    await expectStatus(stack.operationsUrls, old, path, 200);
    await keys(stack, ['revoke', old]);
    await expectStatus(stack.operationsUrls, old, path, 401);
    await expectStatus(stack.operationsUrls, key, path, 200);
  },

  /** Two roles that take turns: with one, a process would lose its password before it has the next. */
  async 'database password'({ stack }) {
    const { database, env } = stack;
    const password = randomBytes(24).toString('hex');
    const admin = (sql: string) => withClient(database.adminUrl, (client) => client.query(sql));
    await admin(`CREATE ROLE makegood_b LOGIN PASSWORD '${password}' IN ROLE makegood`);
    await admin(`ALTER ROLE makegood_b SET role = 'makegood'`);
    const url = new URL(database.url);
    url.username = 'makegood_b';
    url.password = password;
    env['DATABASE_URL'] = url.href;
    await stack.restart('all');
    await admin('ALTER ROLE makegood NOLOGIN');
    const isRefused = await withClient(database.url, () => Promise.resolve(false)).catch(
      () => true,
    );
    if (!isRefused) throw new Error('the old role still logs in');
  },

  async 'gateway key'({ stack }) {
    const { gateway, env } = stack;
    const key = 'sk_test_second';
    gateway.good.add(key);
    env['STRIPE_SECRET_KEY'] = key;
    await stack.restart('all');
    gateway.good.delete(FIRST.gateway);
    await untilUsed(gateway.used, key);
  },

  async 'mail password'({ stack }) {
    const { mail, env } = stack;
    const password = 'second-mail-password';
    mail.good.add(password);
    env['SMTP_URL'] = smtpUrl(mail.url, password);
    await stack.restart('workers');
    mail.good.delete(FIRST.mail);
    await untilUsed(mail.used, password);
  },

  /** Published before it signs for as long as an API may not ask again; withdrawn when all is signed anew. */
  async "the token issuer's key"({ stack, use, load }) {
    const { issuer } = stack;
    await issuer.publish('second');
    await sleep(COOLDOWN_MS);
    use({ kid: 'second' });
    await settled(load);
    issuer.withdraw(FIRST.kid);
    const tenant = await tenantId(stack);
    const token = await issuer.sign('second', tenant);
    await expectStatus(stack.apiUrls, token, '/v1/products', 200);
  },
};

// As in src/adapters/jwt: how soon the set may be asked for again.
const COOLDOWN_MS = 30_000;

/** By its name, for a token. */
export async function tenantId({ database }: SecretsStack): Promise<string> {
  const { rows } = await withClient(database.adminUrl, (client) =>
    client.query<{ id: string }>('SELECT id FROM tenant WHERE name = $1', [TENANT]),
  );
  return rows[0]?.id ?? '';
}

/** What was placed with the old one has ended: its clients ask for nothing more. */
async function settled(load: Load): Promise<void> {
  const { placed } = load.counts();
  const ended = () => load.counts().completed + load.failures.length;
  while (ended() < placed) await sleep(LOOK_MS);
}

async function untilUsed(used: ReadonlyMap<string, number>, secret: string): Promise<void> {
  while (!used.has(secret)) await sleep(LOOK_MS);
}

const LOOK_MS = 100;

async function expectStatus(
  urls: readonly string[],
  credential: string,
  path: string,
  status: number,
): Promise<void> {
  const headers = { Authorization: `Bearer ${credential}` };
  for (const url of urls) {
    const answer = await fetch(`${url}${path}`, { headers });
    if (answer.status !== status) throw new Error(`${path} is answered ${answer.status}`);
  }
}

/** `npm run keys`, against this database. */
async function keys({ database }: SecretsStack, args: readonly string[]): Promise<string> {
  const file = join(root, 'src', 'launcher', 'keys.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', file, ...args],
    // The roles of the application take turns here; whoever hands keys out is neither.
    { cwd: root, env: { ...process.env, DATABASE_URL: database.adminUrl } },
  );
  return stdout;
}

function keyIn(said: string): string {
  const key = /^mg_\S+$/m.exec(said)?.[0];
  if (key === undefined) throw new Error(`no key in: ${said}`);
  return key;
}
