/** Which faults really hit at the parties outside: their books say it of each request. */
import { PARTIES } from './acts.ts';
import { readLines } from './lines.ts';

interface RequestLine {
  readonly kind: string;
  readonly operation: string;
  readonly fault?: string | null;
  readonly outcome?: string;
}

export function hitsInBooks(folder: string): {
  readonly hits: Readonly<Record<string, number>>;
  readonly lostAnswers: number;
} {
  const hits: Record<string, number> = {};
  let lostAnswers = 0;
  for (const party of PARTIES) {
    const book = party === 'mail' ? 'mails' : party;
    for (const line of readLines(folder, `${book}.jsonl`) as readonly RequestLine[]) {
      if (line.kind !== 'request' || !line.fault) continue;
      const what = `${party}.${line.operation}.${line.fault}`;
      hits[what] = (hits[what] ?? 0) + 1;
      if (line.outcome === 'executed' || line.outcome === 'replayed') lostAnswers += 1;
    }
  }
  return { hits, lostAnswers };
}
