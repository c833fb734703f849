/**
 * Keeps the search attributes of a run true. What happens within one workflow task nobody can see,
 * so a run that goes well costs one update, at its end; one that waits or is parked costs one more
 * whenever it says something new.
 */
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Progress, ProgressLine } from '../saga/index.ts';
import { SEARCH_ATTRIBUTES } from './search-attributes.ts';

export interface Shown {
  readonly status: string;
  readonly step?: string | undefined;
  readonly needsOperator: boolean;
}

export interface Outlet {
  /** What it was started with; undefined when that was without search attributes. */
  readonly shown: () => Shown | undefined;
  readonly show: (changed: Partial<Shown>) => void;
}

/** Runs a saga and shows what it tells; `statusAfter` maps a step's name to the status it leads to. */
export async function showRun<Result extends { readonly status: string }>(
  run: (onProgress: (progress: Progress) => void) => Promise<Result>,
  statusAfter: Readonly<Record<string, string>> = {},
  outlet: Outlet = temporal,
): Promise<Result> {
  const view = new View(outlet, statusAfter);
  const result = await run((progress) => view.follow(progress));
  view.end(result.status);
  return result;
}

class View {
  readonly #outlet: Outlet;
  readonly #statusAfter: Readonly<Record<string, string>>;
  #shown: Shown | undefined;
  #progress: Progress = [];
  #status: string | undefined;
  /** The line that was refused or gave up, and made the saga turn. */
  #turned: number | undefined;

  constructor(outlet: Outlet, statusAfter: Readonly<Record<string, string>>) {
    this.#outlet = outlet;
    this.#shown = outlet.shown();
    this.#statusAfter = statusAfter;
  }

  follow(progress: Progress): void {
    this.#progress = progress;
    const last = progress.at(-1);
    if (last === undefined) return;
    if (last.state === 'done') this.#status = this.#statusAfter[last.step] ?? this.#status;
    if (isTurn(last)) this.#turned = progress.length - 1;
    const parked = progress.findLast(({ state }) => state === 'parked');
    const waiting = parked ?? progress.findLast(isWaiting);
    if (waiting === undefined) this.#show({ needsOperator: false });
    else {
      const needsOperator = parked !== undefined;
      this.#show({ status: this.#status, step: waiting.step, needsOperator });
    }
  }

  end(status: string): void {
    const turned = this.#turned === undefined ? undefined : this.#progress[this.#turned];
    // What was refused too late had to succeed after all: it turned nothing.
    const step = turned?.state === 'done' ? undefined : turned?.step;
    this.#show({ status, step: step ?? this.#progress.at(-1)?.step, needsOperator: false });
  }

  #show(wanted: { [Key in keyof Shown]?: Shown[Key] | undefined }): void {
    const shown = this.#shown;
    if (shown === undefined) return;
    const changed: Partial<Shown> = Object.fromEntries(
      Object.entries(wanted).filter(
        ([key, value]) => value !== undefined && value !== shown[key as keyof Shown],
      ),
    );
    if (Object.keys(changed).length === 0) return;
    this.#shown = { ...shown, ...changed };
    this.#outlet.show(changed);
  }
}

function isTurn({ state }: ProgressLine): boolean {
  return state === 'refused' || state === 'failed';
}

function isWaiting({ state }: ProgressLine): boolean {
  return state === 'waiting';
}

const temporal: Outlet = {
  shown() {
    const { typedSearchAttributes } = workflowInfo();
    const status = typedSearchAttributes.get(SEARCH_ATTRIBUTES.status);
    if (status === undefined) return undefined;
    const step = typedSearchAttributes.get(SEARCH_ATTRIBUTES.step);
    const needsOperator = typedSearchAttributes.get(SEARCH_ATTRIBUTES.needsOperator) ?? false;
    return { status, step, needsOperator };
  },
  show({ status, step, needsOperator }) {
    upsertSearchAttributes([
      ...(status === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.status, value: status }]),
      ...(step === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.step, value: step }]),
      ...(needsOperator === undefined
        ? []
        : [{ key: SEARCH_ATTRIBUTES.needsOperator, value: needsOperator }]),
    ]);
  },
};
