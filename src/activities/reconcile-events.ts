/**
 * Reads the gateway's events from where the last run came to. The place moves only past what is old
 * enough: events are made by many machines, and one may still come to stand before another.
 */
import type { EventPage, LedgerEvent, ReconcileDeps } from './reconcile-ports.ts';

const CALL_MS = 5_000;

// Stripe's events come within seconds; what is younger than this is read again by the next run.
const OVERLAP_MS = 60_000;

/** Answers how many there were. */
export async function readEvents(deps: ReconcileDeps): Promise<number> {
  const { book, ledger, limits } = deps;
  const { place, reachedAt } = await book.eventsPlace();
  const walk = new Walk(deps, place);
  let after = place;
  for (let n = 0; n < limits.eventPages; n += 1) {
    const page = after === '' ? undefined : await ledger.eventsAfter(after, { timeoutMs: CALL_MS });
    // Nothing was read yet, or the gateway has forgotten where: it keeps events for a month.
    if (page === undefined) return await walk.note(await newest(deps, reachedAt));
    const last = page.events.at(-1);
    if (last === undefined) break;
    if ((await walk.note(page.events)) === 0 || !page.hasMore) break;
    after = last.id;
  }
  return walk.read;
}

/** From the newest back to where we were, or as far as one run may read; oldest first. */
async function newest(
  { ledger, limits }: ReconcileDeps,
  reachedAt: string | null,
): Promise<readonly LedgerEvent[]> {
  const until = reachedAt === null ? -Infinity : Date.parse(reachedAt) - OVERLAP_MS;
  const pages: EventPage['events'][] = [];
  for (let n = 0; n < limits.eventPages; n += 1) {
    const before = pages.at(-1)?.at(0)?.id;
    const { events, hasMore } = await ledger.eventsBefore(before, { timeoutMs: CALL_MS });
    pages.push(events);
    if (!hasMore || (events[0]?.at.getTime() ?? -Infinity) < until) break;
  }
  return pages.toReversed().flat();
}

class Walk {
  readonly #deps: ReconcileDeps;
  readonly #limit = Date.now() - OVERLAP_MS;
  #place: string;
  #isYoung = false;
  read = 0;

  constructor(deps: ReconcileDeps, place: string) {
    this.#deps = deps;
    this.#place = place;
  }

  /** 0 also where another run has gone on from there. */
  async note(events: readonly LedgerEvent[]): Promise<number> {
    const { book, limits } = this.#deps;
    const to = this.#oldEnough(events);
    const place = to?.id ?? this.#place;
    const next = { place, reachedAt: to?.at };
    if (!(await book.noteEvents(this.#place, next, events, limits.toleranceMs))) return 0;
    this.#place = place;
    this.read += events.length;
    return events.length;
  }

  /** The last one before the first that is young. */
  #oldEnough(events: readonly LedgerEvent[]): LedgerEvent | undefined {
    let last: LedgerEvent | undefined;
    for (const event of events) {
      this.#isYoung ||= event.at.getTime() > this.#limit;
      if (this.#isYoung) break;
      last = event;
    }
    return last;
  }
}
