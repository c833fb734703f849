/** On which terms a step is tried: what ends it early, and what an operator may do once it is parked. */
import type { Duty } from './attempt.ts';
import type { Choices } from './parking.ts';
import type { Wrong } from './wrong.ts';

export interface Terms {
  readonly duty: Exclude<Duty, 'parked'>;
  /** Whether the step goes on after this; if not, it ends with it. */
  readonly endures: (wrong: Wrong) => boolean;
  readonly choices: Choices;
  /** Told when a first round of tries is over without success. */
  readonly onWait?: () => void;
}

/** Nothing is decided here: the step is only to be tried at once. */
export const LOOK: Choices = { actions: ['retry'] };

/** Before the pivot: gives up for everything but a bug, which must never undo anything. */
export const COMPENSABLE: Terms = {
  duty: 'mayFail',
  endures: ({ kind }) => kind === 'bug' || kind === 'pending',
  choices: { actions: ['retry', 'mark-done', 'refuse'] },
};

/** The same, but only a refusal or a cancel ends it. */
export const PATIENT: Terms = {
  ...COMPENSABLE,
  duty: 'mustSucceed',
  endures: ({ kind }) => kind !== 'refusal' && kind !== 'cancelled',
};

/** Nobody but whoever decides about the money may say how the pivot went. */
export const PIVOT: Terms = {
  duty: 'mustSucceed',
  endures: ({ kind }) => kind !== 'refusal',
  choices: LOOK,
};

export const UNDO: Terms = {
  duty: 'mustSucceed',
  endures: () => true,
  choices: { actions: ['retry', 'mark-done', 'skip'] },
};

/** What the engine does for itself: there is nothing about it that an operator could decide. */
export const OWN: Terms = { ...UNDO, choices: LOOK };

/** After the pivot: only a refusal that was declared ends it. */
export function retryable({
  refusals = [],
  optional = false,
}: {
  readonly refusals?: readonly string[];
  readonly optional?: boolean;
}): Terms {
  return {
    duty: 'mustSucceed',
    endures: (wrong) => wrong.kind !== 'refusal' || !refusals.includes(wrong.code),
    choices: {
      actions: [
        'retry',
        'mark-done',
        ...(optional ? (['skip'] as const) : []),
        ...(refusals.length > 0 ? (['refuse'] as const) : []),
      ],
      refusals,
    },
  };
}

// The first pause is short because most trouble is; the longest keeps a run that waits for weeks
// for a bank or a fix below Temporal's limit of 51,200 events for a month, at 16 events a round.
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 900_000;

/** Before the given round of tries, counted from 1. */
export function pauseMs(round: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (round - 1), LONGEST_PAUSE_MS);
}
