/**
 * Parked steps and the operator's word on them. A step or undo that must succeed and does not is
 * parked: it is still tried, slowly, while an operator may end the wait by the update `resolveStep`,
 * in the Temporal UI, by its command line, or by a program.
 */
export const RESOLVE_STEP = 'resolveStep';

/** The signal that makes a step which waits try again at once. */
export const LOOK_AGAIN = 'lookAgain';

export type Action = 'retry' | 'mark-done' | 'skip' | 'refuse';

export interface Resolution {
  /** As the saga names it: `book flight`, also where it is the undo that waits. */
  readonly step: string;
  readonly action: Action;
  /** What `mark-done` says that the step would have answered; without it, nothing. */
  readonly result?: unknown;
  /** The reason code that `refuse` gives. */
  readonly code?: string;
  /** Who decides, and why: the two words that are asked for afterwards. */
  readonly by: string;
  readonly why: string;
}

/** What an operator may do about a step. Without `refusals` any code may be given. */
export interface Choices {
  readonly actions: readonly Action[];
  readonly refusals?: readonly string[];
}

/** What is told of a step that is parked. */
export interface ParkedStep {
  readonly step: string;
  /** True when it is the step's undo that waits. */
  readonly undo: boolean;
  /** What its last attempt ended with. */
  readonly detail: string;
}

/** Which steps wait for an operator, and who waits for the answer. */
export class ParkingLot {
  readonly #waiting = new Map<string, Waiting>();

  /** Answers once an operator has decided about this step. */
  async decision(step: string, choices: Choices): Promise<Resolution> {
    return await new Promise((decide) => this.#waiting.set(step, { choices, decide }));
  }

  leave(step: string): void {
    this.#waiting.delete(step);
  }

  /** Throws, in words for the operator, what is wrong with a resolution. */
  check({ step, action, code, by, why }: Resolution): void {
    const names = [...this.#waiting.keys()].map((name) => `'${name}'`).join(', ');
    const waiting = this.#waiting.get(step);
    if (waiting === undefined) {
      throw new Error(`step '${step}' is not parked: ${names === '' ? 'no step is' : names}`);
    }
    const { actions, refusals } = waiting.choices;
    requireOneOf('action', action, actions);
    if (action === 'refuse') requireOneOf('code', code, refusals);
    requireText('by', by);
    requireText('why', why);
  }

  /** Hands a resolution that was checked to the step. Two may arrive at once: the first one counts. */
  resolve(resolution: Resolution): void {
    this.#waiting.get(resolution.step)?.decide(resolution);
    this.leave(resolution.step);
  }
}

interface Waiting {
  readonly choices: Choices;
  readonly decide: (resolution: Resolution) => void;
}

function requireOneOf(name: string, value: unknown, values: readonly string[] | undefined): void {
  requireText(name, value);
  if (values === undefined || values.includes(value as string)) return;
  throw new Error(`'${name}' must be one of: ${values.join(', ')}`);
}

/** A resolution may be typed by hand into the Temporal UI. */
function requireText(name: string, value: unknown): void {
  if (typeof value === 'string' && value.trim() !== '') return;
  throw new Error(`'${name}' is missing`);
}
