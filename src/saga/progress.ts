/**
 * How far a saga has come, in words an operator reads: one line per step that was begun, in the
 * order of the steps, each undone or not.
 */
export interface ProgressLine {
  readonly step: string;
  readonly state: 'running' | 'done' | 'retrying' | 'refused' | 'failed' | 'undoing' | 'undone';
  /** How often the engine has called the step, or its undo. A participant retries on its own. */
  readonly attempts: number;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Why it was refused, failed, or is being tried again. */
  readonly detail?: string;
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

  note(line: number, news: Partial<ProgressLine>): void {
    const before = this.#lines[line];
    if (before === undefined) throw new Error(`there is no progress line ${line}`);
    this.#lines[line] = { ...before, since: this.#time(), ...news };
    this.#publish([...this.#lines]);
  }

  countAttempt(line: number): void {
    this.note(line, { attempts: (this.#lines[line]?.attempts ?? 0) + 1 });
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** Markdown for the current details of a run. */
export function describeProgress(progress: Progress): string {
  const rows = progress.map(
    ({ step, state, attempts, since, detail }) =>
      `| ${step} | ${state}${attempts > 1 ? ` (attempt ${attempts})` : ''} | ${since} | ${cell(detail)} |`,
  );
  return ['| Step | State | Since | Note |', '|---|---|---|---|', ...rows].join('\n');
}

function cell(text = ''): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
