/**
 * "Answers to POST /v1/orders" as one table: each row, for orders, cancels and refunds alike, before
 * and after the API was restarted, from one client and from fifty at once; rows 2, 3, 6 and 7 also
 * with the first answers cut on the wire. Judged by status, headers, bytes, and what the books hold.
 */
import assert from 'node:assert/strict';
import { AGES } from './answers/ages.ts';
import { CALLERS } from './answers/callers.ts';
import { KEYS } from './answers/keys.ts';
import { REFUSALS } from './answers/refusals.ts';
import type { Ask, Case, Expected, Row } from './answers/row.ts';
import { createScene } from './answers/scene.ts';
import type { Books, Scene } from './answers/scene.ts';
import { selfOf } from './answers/subjects.ts';
import { bodyOf, requireDescribed, send } from './answers/wire.ts';
import type { Seen, Sent } from './answers/wire.ts';

const ROWS: readonly Row[] = [...KEYS, ...AGES, ...CALLERS, ...REFUSALS].sort(
  (one, other) => one.row - other.row,
);

// What HTTP.md promises and this suite does not ask yet, with the reason.
const ABSENT: ReadonlyMap<number | string, string> = new Map<number | string, string>([
  ['webhook endpoints', 'there are no such routes yet'],
  ['operations', 'there are no such routes yet'],
]);

interface Cell {
  readonly isRestarted: boolean;
  readonly clients: 1 | 50;
  /** So many bytes of the first answers arrive; undefined: all of them do, and they are judged. */
  readonly cutAfter?: number;
}

const CELLS: readonly Cell[] = [false, true].flatMap((isRestarted) =>
  ([1, 50] as const).map((clients) => ({ isRestarted, clients })),
);

// Nothing arrives, a part of the headers, a part of the body.
const CUTS = { 1: [0, 40, 700], 50: [40] };

const CUT_CELLS = CELLS.flatMap((cell) =>
  CUTS[cell.clients].map((cutAfter): Cell => ({ ...cell, cutAfter })),
);

const cellsOf = ({ isCut }: Row): readonly Cell[] =>
  isCut === undefined ? CELLS : [...CELLS, ...CUT_CELLS];

describe('Answers to requests with a key', () => {
  let scene: Scene;
  const passed = new Map<Row, Cell[]>();
  before(async () => (scene = await createScene()));
  after(async () => {
    await scene.close();
    console.log(tableOf(passed));
  });

  for (const row of ROWS) {
    it(`row ${row.row}, ${row.on}: ${row.says}`, async () => {
      for (const cell of cellsOf(row)) {
        await play(scene, row, cell).catch((error: unknown) => {
          throw new Error(`${JSON.stringify(cell)}: ${String(error)}`, { cause: error });
        });
        passed.set(row, [...(passed.get(row) ?? []), cell]);
      }
    });
  }

  it('are complete: every row is asked, or is listed as absent', () => {
    const asked = new Set(ROWS.map(({ row }) => row));
    const missing = Array.from({ length: 22 }, (_, n) => n + 1).filter((row) => !asked.has(row));
    assert.deepEqual(
      missing,
      [...ABSENT.keys()].filter((key) => typeof key === 'number'),
    );
  });
});

async function play(scene: Scene, row: Row, cell: Cell): Promise<void> {
  const { cutAfter } = cell;
  const begun = await row.begin(scene);
  // Fifty at once, whatever they ask.
  const clients = Math.ceil(cell.clients / begun.asks.length);
  const before = await scene.books();
  if (cutAfter !== undefined) await askInVain(scene, begun, clients, cutAfter);
  if (cell.isRestarted) await scene.restart();
  await askAndJudge(scene, begun, clients, cutAfter === undefined);
  assert.deepEqual(await scene.books(), sum(before, begun.adds), 'what the books hold');
  await begun.afterwards?.();
}

async function askAndJudge(
  scene: Scene,
  { asks, beforeAsking, meanwhile }: Case,
  clients: number,
  isFirst: boolean,
): Promise<void> {
  await beforeAsking?.();
  const answers = asks.map(({ sent }) => repeated(clients, () => send(scene.url(), sent)));
  if (isFirst) await meanwhile?.();
  for (const [index, ask] of asks.entries()) {
    const seen = await Promise.all(answers[index] ?? []);
    for (const one of seen) judge(ask, one);
    // The same bytes and headers, so one speaks for all.
    await requireDescribed(ask.sent, seen[0] ?? assert.fail());
    judgeTogether(ask.expected, seen);
  }
}

function repeated<Answer>(times: number, ask: () => Promise<Answer>): Promise<Answer>[] {
  return Array.from({ length: times }, ask);
}

/** The requests arrive, their answers do not. */
async function askInVain(
  scene: Scene,
  { asks, meanwhile }: Case,
  clients: number,
  afterBytes: number,
): Promise<void> {
  scene.clients.inject({ direction: 'down', kind: 'cut', afterBytes });
  const url = scene.clientsUrl();
  const answers = asks.flatMap(({ sent }) =>
    repeated(clients, () => send(url, sent, { isAlone: true })),
  );
  const settled = Promise.allSettled(answers);
  await meanwhile?.();
  for (const { status } of await settled) assert.equal(status, 'rejected');
  scene.clients.heal();
}

function judge({ sent, expected }: Ask, seen: Seen): void {
  const { status, problem, headers = {}, isLocated = false } = expected;
  const said = seen.bytes.toString();
  assert.equal(seen.status, status, said);
  if (problem !== undefined) assert.equal(bodyOf(seen)['type'], `/problems/${problem}`);
  const json = problem === undefined ? 'application/json' : 'application/problem+json';
  const wanted: Record<string, string | RegExp | null> = {
    'x-request-id': 'the-same',
    'cache-control': 'no-store',
    'content-type': json,
    'idempotency-key': echoed(sent, expected),
    location: isLocated ? selfOf(seen) : null,
    ...quotaTold(expected),
    'retry-after': null,
    'www-authenticate': null,
    ...headers,
  };
  for (const [name, value] of Object.entries(wanted)) {
    const actual = seen.headers.get(name);
    if (value instanceof RegExp) assert.match(actual ?? '', value, `${name}: ${said}`);
    else assert.equal(actual, value, `${name}: ${said}`);
  }
}

/** Once it is known who asks. */
function quotaTold({ status, isUnread }: Expected): Record<string, RegExp | null> {
  const isUnknown = status === 401 || (status === 503 && isUnread === true);
  return {
    'ratelimit-policy': isUnknown ? null : /^"default";q=\d+;w=60$/,
    ratelimit: isUnknown ? null : /^"default";r=\d+;t=\d+$/,
  };
}

/** Once it is read: not for strangers, and not where there is none to be read. */
function echoed({ headers }: Sent, { status, problem, isUnread }: Expected): string | null {
  const isStranger = status === 401 || status === 403 || isUnread === true;
  const isNone = problem === 'idempotency-key-missing' || problem === 'idempotency-key-invalid';
  const key = headers['Idempotency-Key'];
  return isStranger || isNone || typeof key !== 'string' ? null : key;
}

function judgeTogether({ bytes, replays }: Expected, seen: readonly Seen[]): void {
  const texts = new Set([
    ...seen.map((one) => one.bytes.toString()),
    ...(bytes ? [bytes.toString()] : []),
  ]);
  assert.equal(texts.size, 1, `byte by byte the same: ${[...texts].join('\n')}`);
  const replayed = seen.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
  const counts = { all: seen.length, 'all but one': seen.length - 1, none: 0 };
  assert.equal(replayed.length, counts[replays ?? 'none'], 'replays');
}

function sum(before: Books, adds: Partial<Books> = {}): Books {
  const entries = Object.entries(before) as [keyof Books, number][];
  return Object.fromEntries(
    entries.map(([name, n]) => [name, n + (adds[name] ?? 0)]),
  ) as unknown as Books;
}

function tableOf(passed: ReadonlyMap<Row, readonly Cell[]>): string {
  const lines = [...passed].map(([{ row, on, says }, cells]) => {
    const count = (is: (cell: Cell) => boolean) => cells.filter(is).length.toString().padStart(3);
    const plain = count(({ cutAfter }) => cutAfter === undefined);
    const cut = count(({ cutAfter }) => cutAfter !== undefined);
    return `${row.toString().padStart(4)}  ${plain} ${cut}  ${on}: ${says}`;
  });
  const total = [...passed.values()].reduce((sum, cells) => sum + cells.length, 0);
  const absent = [...ABSENT].map(([what, why]) => `   -          ${what}: ${why}`);
  return [' row plain cut', ...lines, ...absent, `${total} cells`].join('\n');
}
