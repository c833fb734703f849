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
  /** How often the engine has called the step, or its undo. A participant retries on its own. */
  readonly attempts: number;
  /** ISO 8601, UTC. */
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
    this.#lines[line] = { ...this.at(line), since: this.#time(), ...news };
    this.#publish([...this.#lines]);
  }

  countAttempt(line: number): void {
    this.note(line, { attempts: this.at(line).attempts + 1 });
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** Markdown for the current details of a run. */
export function describeProgress(progress: Progress): string {
  const rows = progress.map(
    (line) => `| ${line.step} | ${inWords(line)} | ${line.since} | ${cell(line.detail)} |`,
  );
  const table = ['| Step | State | Since | Note |', '|---|---|---|---|', ...rows];
  return [...progress.flatMap(callForHelp), ...table].join('\n');
}

function inWords({ state, undo, attempts }: ProgressLine): string {
  const what = undo && !state.startsWith('undo') ? `undo ${state}` : state;
  return attempts > 1 ? `${what} (attempt ${attempts})` : what;
}

/** Above the table, so that nobody has to look for it. */
function callForHelp({ step, state, undo, choices = [] }: ProgressLine): string[] {
  if (state !== 'parked') return [];
  const what = undo ? `The undo of '${step}'` : `Step '${step}'`;
  return [`**${what} needs an operator:** ${choices.join(', ')}.`, ''];
}

function cell(text = ''): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
