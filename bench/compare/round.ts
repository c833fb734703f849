/** One contender's turn: brought up, warmed up, measured under each load, checked and taken away. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Arena, Contender, Histories } from './contender.ts';
import { readCounters } from './counters.ts';
import { figuresOf } from './figures.ts';
import type { Figures } from './figures.ts';
import type { Ground } from './ground.ts';
import { forgetConnections } from './http.ts';
import { closedLoop, openLoop } from './load.ts';
import type { Run } from './load.ts';
import { nameOf, WARM_UP_CLIENTS } from './plan.ts';
import type { Plan } from './plan.ts';

export interface Turn {
  readonly cells: readonly { readonly cell: string; readonly figures: Figures }[];
  readonly histories: Histories | undefined;
}

export async function takeTurn(contender: Contender, ground: Ground, plan: Plan): Promise<Turn> {
  let placed = 0;
  const nextId = () => `order-${(placed += 1)}`;
  try {
    const arena = await contender.start(ground);
    const { place } = arena;
    const runs: Run[] = [];
    const run = async (load: Promise<Run>) => {
      const done = await load;
      runs.push(done);
      return done;
    };
    const { warmUpSeconds: seconds, patienceSeconds } = plan;
    await run(closedLoop({ place, nextId, seconds, clients: WARM_UP_CLIENTS }));
    const cells = [];
    for (const cell of plan.cells) {
      const before = await readCounters(ground.parts, ground.admin());
      const load = { place, nextId, seconds: plan.seconds, patienceSeconds };
      const measured = await run(
        cell.kind === 'closed'
          ? closedLoop({ ...load, clients: cell.clients })
          : openLoop({ ...load, rate: cell.rate }),
      );
      const after = await readCounters(ground.parts, ground.admin());
      cells.push({ cell: nameOf(cell), figures: figuresOf(measured, before, after) });
    }
    await requireBooks(contender, arena, runs);
    return { cells, histories: await arena.histories?.() };
  } finally {
    forgetConnections();
    await ground.leave();
  }
}

// Visibility follows a run's end after a moment.
const BOOKS_PATIENCE_MS = 15_000;

/** An answer is believed only if the books, its own and the world's, say the same. */
async function requireBooks(
  { title }: Contender,
  arena: Arena,
  runs: readonly Run[],
): Promise<void> {
  const outcomes = runs.flatMap((run) => run.outcomes);
  const answered = outcomes.filter(({ error }) => error === undefined).length;
  if (answered === 0) throw new Error(`${title}: no order completed: ${outcomes[0]?.error ?? ''}`);
  const deadline = Date.now() + BOOKS_PATIENCE_MS;
  for (;;) {
    const books = await arena.completed();
    // One that was given up may have ended later, and counts in the books alone.
    if (books.every((book) => book >= answered && book <= outcomes.length)) return;
    if (Date.now() > deadline) {
      const [said, placed] = [books.join(', '), outcomes.length];
      throw new Error(`${title}: answered ${answered} of ${placed}, but the books say ${said}`);
    }
    await delay(500);
  }
}
