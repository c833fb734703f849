/** `npm run tenants`: lists them, and sets when the money of their orders is taken. */
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { z } from 'zod';
import { runCommand } from './command.ts';
import { Complaint } from './complaint.ts';
import { findDatabase } from './endpoints.ts';
import { withClient } from './postgres.ts';

const usage = `usage: npm run tenants -- list
       npm run tenants -- set <name> --capture now|at-shipment`;

const WHEN = { now: 'as soon as their money is held', 'at-shipment': 'as they are shipped' };
const policies = z.enum(['now', 'at-shipment']);

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { capture: { type: 'string' } },
  });
  const [verb, name, ...more] = positionals;
  if (more.length > 0) throw new Complaint(usage);
  const { capture } = values;
  if (verb === 'list' && name === undefined && capture === undefined) await inBooks(list);
  else if (verb === 'set' && name !== undefined && capture !== undefined) {
    const policy = policies.safeParse(capture);
    if (!policy.success) throw new Complaint(`--capture: now or at-shipment; got ${capture}`);
    await inBooks((client) => setCapture(client, name, policy.data));
  } else throw new Complaint(usage);
});

function inBooks(work: (client: pg.Client) => Promise<void>): Promise<void> {
  return withClient(findDatabase(process.env), work);
}

async function list(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; capture_policy: string }>(
    'SELECT name, capture_policy FROM tenant ORDER BY name',
  );
  if (rows.length === 0) console.log('There are no tenants: npm run keys -- create makes one.');
  for (const { name, capture_policy } of rows) console.log(`${name}  captures ${capture_policy}`);
}

/** One that is not there is a slip of the keyboard, not a new tenant. */
async function setCapture(
  client: pg.Client,
  name: string,
  policy: keyof typeof WHEN,
): Promise<void> {
  const set = await client.query('UPDATE tenant SET capture_policy = $2 WHERE name = $1', [
    name,
    policy,
  ]);
  if (set.rowCount !== 1) throw new Complaint(`there is no tenant ${name}`);
  console.log(`Orders that ${name} takes from now on are captured ${WHEN[policy]}.`);
}
