/** `npm run keys`: makes API keys, lists them, puts a new one in an old one's place, revokes them. */
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { z } from 'zod';
import { runCommand } from './command.ts';
import { Complaint } from './complaint.ts';
import { findDatabase } from './endpoints.ts';
import { keyIdIn, listKeys, revokeKey, rotateKey } from './key-ring.ts';
import type { ListedKey } from './key-ring.ts';
import { withClient } from './postgres.ts';
import { createKey, createOperatorKey, ensureTenant, keyEnvironment, SCOPES } from './shop.ts';

const usage = `usage: npm run keys -- create [--tenant <name>] [--scopes <scope,scope>]
       npm run keys -- create --operator <name>
       npm run keys -- list [--tenant <name>]
       npm run keys -- rotate <id or key> [--overlap-hours <hours>]
       npm run keys -- revoke <id or key>`;

interface Given {
  readonly id: string;
  readonly tenant: string | undefined;
  readonly operator: string | undefined;
  readonly scopes: string | undefined;
  readonly overlapHours: string;
}

/** By verb and number of words, so that a word too few or too many is seen. */
const commands = new Map<string, (client: pg.Client, given: Given) => Promise<void>>([
  ['create/1', create],
  ['list/1', list],
  ['rotate/2', rotate],
  ['revoke/2', revoke],
]);

// A month with two keys is a key that nobody rotated.
const MOST_OVERLAP_HOURS = 744;

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tenant: { type: 'string' },
      operator: { type: 'string' },
      scopes: { type: 'string' },
      // A day: long enough to roll a new key out, short enough to be remembered.
      'overlap-hours': { type: 'string', default: '24' },
    },
  });
  const [verb = '', key = ''] = positionals;
  const command = commands.get(`${verb}/${positionals.length}`);
  if (command === undefined) throw new Complaint(usage);
  const { tenant, operator, scopes, 'overlap-hours': overlapHours } = values;
  const given = { id: keyIdIn(key), tenant, operator, scopes, overlapHours };
  await withClient(findDatabase(process.env), (client) => command(client, given));
});

async function create(client: pg.Client, given: Given): Promise<void> {
  if (given.operator !== undefined) {
    await createForOperator(client, given);
    return;
  }
  const { tenant = 'demo', scopes: asked = SCOPES.join(',') } = given;
  const scopes = z.array(z.enum(SCOPES)).safeParse(asked.split(','));
  if (!scopes.success) {
    throw new Complaint(`--scopes: each one is of ${SCOPES.join(', ')}; got ${asked}`);
  }
  const tenantId = await ensureTenant(client, tenant);
  const environment = keyEnvironment(process.env);
  const key = await createKey(client, { tenantId, scopes: scopes.data, environment });
  console.log(`A key of tenant ${tenant} for ${scopes.data.join(', ')}.`);
  show(key);
}

async function createForOperator(client: pg.Client, given: Given): Promise<void> {
  const operator = given.operator?.trim() ?? '';
  if (operator === '') throw new Complaint('--operator: a name that is asked for afterwards');
  if (given.tenant !== undefined || given.scopes !== undefined) {
    throw new Complaint('--operator: an operator acts for all tenants, and has no other scopes');
  }
  const key = await createOperatorKey(client, operator, keyEnvironment(process.env));
  console.log(`A key of operator ${operator} for the operations API.`);
  show(key);
}

async function list(client: pg.Client, { tenant }: Given): Promise<void> {
  const keys = await listKeys(client, tenant);
  if (keys.length === 0) console.log('There are no keys.');
  for (const key of keys) {
    const used = key.last_used_at === null ? 'never used' : `used ${day(key.last_used_at)}`;
    const whose = key.tenant ?? `operator ${key.operator ?? ''}`;
    console.log([key.id, whose, key.scopes.join(','), used, stateOf(key)].join('  '));
  }
}

async function rotate(client: pg.Client, { id, overlapHours }: Given): Promise<void> {
  const hours = z.coerce.number().min(0).max(MOST_OVERLAP_HOURS).safeParse(overlapHours);
  if (!hours.success) {
    throw new Complaint(`--overlap-hours: 0 to ${MOST_OVERLAP_HOURS}; got ${overlapHours}`);
  }
  const environment = keyEnvironment(process.env);
  const rotated = await rotateKey(client, id, { overlapHours: hours.data, environment });
  if (rotated === undefined) {
    throw new Complaint(`there is no live key ${id} that has not been rotated already`);
  }
  console.log(`In place of ${id}, which works until ${rotated.until.toISOString()}.`);
  show(rotated.key);
}

async function revoke(client: pg.Client, { id }: Given): Promise<void> {
  if (!(await revokeKey(client, id))) throw new Complaint(`there is no live key ${id}`);
  console.log(`${id} opens nothing from now on.`);
}

function show(key: string): void {
  console.log('It is shown this once; only its hash is kept:');
  console.log(key);
}

function stateOf({ live, expires_at, revoked_at }: ListedKey): string {
  if (revoked_at !== null) return `revoked ${day(revoked_at)}`;
  if (expires_at === null) return 'live';
  return `${live ? 'rotated, works until' : 'rotated, ended'} ${day(expires_at)}`;
}

/** To the minute, as last_used_at is known. */
function day(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
