/** `npm run keys create [--tenant name] [--scopes a,b]`: makes an API key and shows it once. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { runCommand } from './command.ts';
import { Complaint } from './complaint.ts';
import { findDatabase } from './endpoints.ts';
import { withClient } from './postgres.ts';
import { createKey, ensureTenant, keyEnvironment, SCOPES } from './shop.ts';

const usage = 'usage: npm run keys -- create [--tenant <name>] [--scopes <scope,scope>]';

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tenant: { type: 'string', default: 'demo' },
      scopes: { type: 'string', default: SCOPES.join(',') },
    },
  });
  if (positionals.join(' ') !== 'create') throw new Complaint(usage);
  const scopes = z.array(z.enum(SCOPES)).safeParse(values.scopes.split(','));
  if (!scopes.success) {
    throw new Complaint(`--scopes: each one is of ${SCOPES.join(', ')}; got ${values.scopes}`);
  }
  const key = await withClient(findDatabase(process.env), async (client) => {
    const tenantId = await ensureTenant(client, values.tenant);
    const environment = keyEnvironment(process.env);
    return createKey(client, { tenantId, scopes: scopes.data, environment });
  });
  console.log(`A key of tenant ${values.tenant} for ${scopes.data.join(', ')}.`);
  console.log('It is shown this once; only its hash is kept:');
  console.log(key);
});
