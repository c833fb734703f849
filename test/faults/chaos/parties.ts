/** The parties outside: each a process with a book in the evidence, told at every start what goes wrong. */
import { join } from 'node:path';
import { standInReady } from '../../../src/launcher/programs.ts';
import { PARTIES } from './acts.ts';
import type { PartyName } from './acts.ts';
import type { Part } from './part.ts';
import { control } from './party-faults.ts';
import { programPart, takePorts } from './programs.ts';
import type { PartyPlan } from './rates.ts';
import type { Setting } from './servers.ts';

export type Parties = Readonly<Record<PartyName, Party>>;

interface Party {
  readonly part: Part;
  readonly url: string;
  readonly smtpUrl: string;
}

/** Where its book is, in the evidence. */
const BOOKS: Readonly<Record<PartyName, string>> = {
  gateway: 'gateway.jsonl',
  carrier: 'carrier.jsonl',
  mail: 'mails.jsonl',
};

export async function startParties(
  setting: Setting,
  evidence: string,
  plans: Readonly<Record<PartyName, PartyPlan>>,
  environment: NodeJS.ProcessEnv = {},
): Promise<Parties> {
  const parties = PARTIES.map(async (name): Promise<[PartyName, Party]> => {
    const [port = 0, smtpPort = 0] = await takePorts(setting, 'PARTY_PORT', [name, `${name}-smtp`]);
    const url = `http://127.0.0.1:${port}`;
    const env = {
      ...process.env,
      ...environment,
      COUNTERPARTY_PORT: String(port),
      COUNTERPARTY_SMTP_PORT: String(smtpPort),
      COUNTERPARTY_BOOK: join(evidence, BOOKS[name]),
    };
    const file = 'counterparties/main.ts';
    const program = { name, file, args: [name], env, ready: standInReady };
    const tell = () => control(url, 'PUT', 'seed', plans[name]);
    const part = programPart(setting, { ...program, tell });
    await part.up();
    return [name, { part, url, smtpUrl: `smtp://127.0.0.1:${smtpPort}` }];
  });
  return Object.fromEntries(await Promise.all(parties)) as Record<PartyName, Party>;
}
