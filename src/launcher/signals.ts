/**
 * When to drain: on Ctrl-C and its relatives, and when npm, having started us, is gone without a
 * word. A second Ctrl-C hurries.
 */
import type { Fleet } from './fleet.ts';

/** Answers whether it has been asked. */
export function drainWhenAsked(fleet: Fleet, say: (line: string) => void): () => boolean {
  let askedAt: number | undefined;
  const drain = (why: string): void => {
    // npm passes on the signal that the terminal sends us as well: twice at once is one wish.
    if (askedAt !== undefined && Date.now() - askedAt < sameWishMs) return;
    say(askedAt === undefined ? `${why}: stopping everything, in order` : 'stopping at once');
    askedAt = Date.now();
    void fleet.drain().then(() => {
      say('stopped');
      process.exit(0);
    });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => drain(signal));
  // A terminal that is gone takes the output with it; the drain goes on without.
  process.stdout.on('error', () => undefined);
  if (process.env['npm_lifecycle_event'] !== undefined) drainWithParent(drain);
  return () => askedAt !== undefined;
}

const sameWishMs = 1_000;

// Seldom enough to cost nothing, often enough that nobody waits for it.
const parentEveryMs = 500;

function drainWithParent(drain: (why: string) => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    drain('npm is gone');
  }, parentEveryMs);
}
