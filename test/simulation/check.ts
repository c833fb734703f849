/** Tells stories until one goes wrong, and makes that one as small as it can be. */
import fc from 'fast-check';
import type { Hands } from './hands.ts';
import { ofAnyPolicy } from './later-stories.ts';
import type { Story } from './story.ts';
import { tell } from './tell.ts';

export interface Checked {
  readonly stories: number;
  readonly sagas: number;
  /** How often each fault and each act really happened. */
  readonly hits: ReadonlyMap<string, number>;
  readonly failure?: {
    readonly story: Story;
    readonly violations: readonly string[];
    /** Sagas until it was found, before it was made small. */
    readonly after: number;
    readonly path: string;
  };
}

export interface Checking {
  readonly sagas: number;
  readonly seed: number;
  /** Where in the stories of this seed to begin: a failure's path. */
  readonly path?: string | undefined;
  readonly hands?: Hands;
  readonly onStory?: (sagas: number) => void;
  /** Not to make a failure small takes less time. */
  readonly shrinks?: boolean;
}

class Wrong extends Error {
  readonly violations: readonly string[];
  constructor(violations: readonly string[]) {
    super(violations.join('\n'));
    this.violations = violations;
  }
}

export async function check({
  sagas,
  seed,
  path,
  hands,
  onStory,
  shrinks = true,
}: Checking): Promise<Checked> {
  const hits = new Map<string, number>();
  let stories = 0;
  let told = 0;
  let foundAfter: number | undefined;
  const property = fc.asyncProperty(ofAnyPolicy, async (story) => {
    // Enough is enough; and what is told while a story is made small does not count.
    if (told >= sagas && foundAfter === undefined) return;
    const verdict = await tell(story, hands && { hands });
    if (foundAfter === undefined) {
      stories += 1;
      told += verdict.sagas;
      for (const [what, times] of verdict.hits) hits.set(what, (hits.get(what) ?? 0) + times);
      onStory?.(told);
    }
    if (verdict.violations.length === 0) return;
    foundAfter ??= told;
    throw new Wrong(verdict.violations);
  });
  // Every story has at least one saga.
  const result = await fc.check(property, {
    numRuns: sagas,
    seed,
    endOnFailure: !shrinks,
    ...(path !== undefined && { path }),
  });
  const [story] = result.counterexample ?? [];
  if (!result.failed || story === undefined) return { stories, sagas: told, hits };
  const { errorInstance, counterexamplePath } = result;
  if (!(errorInstance instanceof Wrong)) throw errorInstance as Error;
  const { violations } = errorInstance;
  const failure = { story, violations, after: foundAfter ?? told, path: counterexamplePath ?? '' };
  return { stories, sagas: told, hits, failure };
}
