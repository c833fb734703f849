/** Which faults really hit at the parties outside, as they say themselves. */
import { PARTIES } from './acts.ts';
import type { PartyName } from './acts.ts';
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
