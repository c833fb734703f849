/**
 * How far a saga has come, in words an operator reads: one line per step that was begun, in the
 * order of the steps, each undone or not.
 */
import type { Action } from './parking.ts';

export interface ProgressLine {
  readonly step: string;
  /** `waiting`: it did not succeed at once, and is tried again. `parked`: an operator is needed. */
  readonly state:
    | 'running'
    | 'waiting'
    | 'parked'
    | 'done'
    | 'refused'
    | 'failed'
    | 'undoing'
    | 'undone'
    | 'skipped';
  /** From its undo on: `parked` then means that the undo is. */
  readonly undo?: true;
  /** The rounds in which the engine has called the step, or its undo; a participant retries within. */
  readonly attempts: number;
  /** When it came into its state; ISO 8601, UTC. */
  readonly since: string;
  /** Why it was refused, failed, is parked or tried again; or what an operator has decided. */
  readonly detail?: string;
  /** What an operator may do about it, or could when it was parked last. */
  readonly choices?: readonly Action[];
}

export type Progress = readonly ProgressLine[];

interface ProgressOutlet {
  readonly now: () => number;
  readonly publish: (progress: Progress) => void;
}

/** Keeps the lines, and hands all of them on after every change. */
export class ProgressBook {
  readonly #lines: ProgressLine[] = [];
  readonly #now: () => number;
  readonly #publish: (progress: Progress) => void;

  constructor({ now, publish }: ProgressOutlet) {
    this.#now = now;
    this.#publish = publish;
    publish([]);
  }

  /** Opens a line and answers its number. */
  begin(step: string): number {
    return this.#lines.push({ step, state: 'running', attempts: 0, since: this.#time() }) - 1;
  }

  /** Whether there has been such a step. */
  has(step: string): boolean {
    return this.#lines.some((line) => line.step === step);
  }

  at(line: number): ProgressLine {
    const found = this.#lines[line];
    if (found === undefined) throw new Error(`there is no progress line ${line}`);
    return found;
  }

  note(line: number, news: Partial<ProgressLine>): void {
    const before = this.at(line);
    const isNew = news.state !== undefined && news.state !== before.state;
    this.#lines[line] = { ...before, ...(isNew && { since: this.#time() }), ...news };
    this.#publish([...this.#lines]);
  }

  countAttempt(line: number): void {
    this.note(line, { attempts: this.at(line).attempts + 1 });
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** Markdown for the current details of a run: first what it waits for, if it does, then every step. */
export function describeProgress(progress: Progress): string {
  const rows = progress.map(
    (line) =>
      `| ${[line.step, stateOf(line), timeOf(line)].map(whole).join(' | ')} | ${cell(line.detail)} |`,
  );
  const table = ['| Step | State | Since (UTC) | Note |', '|---|---|---|---|', ...rows];
  // The UI cuts off the last line of a short table.
  return [...progress.flatMap(headline), ...table, '', '\u00A0'].join('\n');
}

function headline({ step, state, undo, detail, choices = [] }: ProgressLine): readonly string[] {
  const what = undo ? `The undo of **${step}**` : `**${step}**`;
  const why = detail === undefined ? '' : ` The last attempt: ${cell(detail)}`;
  const may = choices.length === 0 ? '' : ` Choices: ${choices.join(', ')}.`;
  if (state === 'parked') return [`${what} waits for an operator.${may}${why}`, ''];
  if (state !== 'waiting') return [];
  return [detail === undefined ? `${what} is tried again.` : `${what} waits. ${cell(detail)}`, ''];
}

function stateOf({ state, undo, attempts }: ProgressLine): string {
  const words = undo && !state.startsWith('undo') ? `undo ${state}` : state;
  return attempts > 1 ? `${words} (round ${attempts})` : words;
}

/** `21 Nov 15:49:27`: an operator has no use for the year or the milliseconds. */
function timeOf({ since }: ProgressLine): string {
  const text = new Date(since).toUTCString();
  return `${text.slice(5, 11)} ${text.slice(17, 25)}`;
}

/** The table is narrow, and of its cells only the note may be broken into lines. */
function whole(text: string): string {
  return text.replaceAll(' ', '\u00A0');
}

function cell(text = ''): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
