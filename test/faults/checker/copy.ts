/**
 * A copy of the fixture to be spoilt: its rows, changed in memory and then written to a folder.
 * Orders go by the part they play in the story, so that a new recording fits as well.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FinalOrder } from './evidence.ts';

const FIXTURE = fileURLToPath(new URL('fixtures/small', import.meta.url));

/** Any JSON: what is spoilt need not be well formed. */
export type Row = Record<string, unknown>;

export type Role = keyof typeof ROLES;

const ROLES = {
  completed: ({ order, refunds }) => order.status === 'completed' && refunds.length === 0,
  declined: ({ order }) => order.status === 'rejected',
  cancelled: ({ order }) => order.status === 'cancelled',
  'made good': ({ order, events }) =>
    order.reason === 'address-refused' && !tells(events, 'order.operator_resolved'),
  parked: ({ events }) => tells(events, 'order.operator_resolved'),
  'given back': ({ order }) => order.status === 'refunded' && order.reason === undefined,
  restocked: ({ refunds }) => refunds.some(({ restock }) => restock),
} as const satisfies Record<string, (final: FinalOrder) => boolean>;

function tells(events: FinalOrder['events'], wanted: string): boolean {
  return events.some(({ type }) => type === wanted);
}

export class Copy {
  readonly #texts: Map<string, string>;
  readonly #rows = new Map<string, Row[]>();

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = new Map(texts);
  }

  static async ofFixture(): Promise<Copy> {
    const entries = await readdir(FIXTURE, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const texts = new Map<string, string>();
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name);
      texts.set(path.slice(FIXTURE.length + 1), await readFile(path, 'utf8'));
    }
    return new Copy(texts);
  }

  /** One that can be changed without changing this one. */
  again(): Copy {
    return new Copy(this.#texts);
  }

  get files(): readonly string[] {
    return [...this.#texts.keys()];
  }

  id(role: Role): string {
    const found = this.rows('final/orders.jsonl').find((row) =>
      ROLES[role](row as unknown as FinalOrder),
    );
    if (found === undefined) throw new Error(`the fixture has no order that is ${role}`);
    return String(found['id']);
  }

  /** The rows of a file, to be changed in place. */
  rows(file: string): Row[] {
    const known = this.#rows.get(file);
    if (known !== undefined) return known;
    const lines = (this.#texts.get(file) ?? '').split('\n').filter((line) => line !== '');
    const rows = lines.map((line) => JSON.parse(line) as Row);
    this.#rows.set(file, rows);
    return rows;
  }

  /** The one row with these members; every row has to be a new one's model or victim. */
  row(file: string, members: Row, nth = 0): Row {
    const found = this.rows(file).filter((row) =>
      Object.entries(members).every(([name, value]) => row[name] === value),
    );
    const row = found.at(nth);
    if (row === undefined) throw new Error(`no ${JSON.stringify(members)} in ${file}`);
    return row;
  }

  final(role: Role): FinalOrder & Row {
    return this.row('final/orders.jsonl', { id: this.id(role) }) as FinalOrder & Row;
  }

  effect(book: string, role: Role, effect: string): Row {
    return this.row(book, { kind: 'effect', orderId: this.id(role), effect });
  }

  /** Another line like this one, behind it; a book counts its lines, so they are counted anew. */
  repeat(file: string, row: Row, change: Row = {}): Row {
    const rows = this.rows(file);
    const one = { ...structuredClone(row), ...change };
    rows.splice(rows.indexOf(row) + 1, 0, one);
    this.#count(file);
    return one;
  }

  remove(file: string, row: Row): void {
    const rows = this.rows(file);
    rows.splice(rows.indexOf(row), 1);
    this.#count(file);
  }

  #count(file: string): void {
    for (const [n, row] of this.rows(file).entries()) if ('seq' in row) row['seq'] = n + 1;
  }

  text(file: string): string {
    return this.#texts.get(file) ?? '';
  }

  write(file: string, text: string): void {
    this.#rows.delete(file);
    this.#texts.set(file, text);
  }

  lose(file: string): void {
    this.#rows.delete(file);
    this.#texts.delete(file);
  }

  async save(folder: string): Promise<void> {
    for (const [file, rows] of this.#rows) {
      this.#texts.set(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    }
    for (const [file, text] of this.#texts) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
  }
}
