/** Which faults really hit at those outside, as they say themselves. */
import { PARTIES } from './acts.ts';
import type { PartyName } from './acts.ts';
import { linesIfAny } from './lines.ts';
import { reportOf } from './party-faults.ts';

export async function hitsAtParties(urls: Readonly<Record<PartyName, string>>): Promise<{
  readonly hits: Readonly<Record<string, number>>;
  readonly lostAnswers: number;
}> {
  const hits: Record<string, number> = {};
  let lostAnswers = 0;
  for (const party of PARTIES) {
    const report = await reportOf(urls[party]);
    lostAnswers += report.lostAnswers;
    for (const [operation, counts] of Object.entries(report.hits)) {
      for (const [fault, count] of Object.entries(counts)) {
        hits[`${party}.${operation}.${fault}`] = count;
      }
    }
  }
  return { hits, lostAnswers };
}

/** What the tenant's own server did wrong, by its book; nothing where there is none. */
export function hitsAtListener(folder: string): {
  readonly hits: Readonly<Record<string, number>>;
  readonly lostAnswers: number;
} {
  const lines = linesIfAny(folder, 'webhooks.jsonl');
  const hits: Record<string, number> = {};
  for (const { fault } of lines as readonly { readonly fault: string }[]) {
    const name = `listener.webhook.${fault}`;
    if (fault !== 'none') hits[name] = (hits[name] ?? 0) + 1;
  }
  return { hits, lostAnswers: hits['listener.webhook.lost'] ?? 0 };
}
