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
