/**
 * Everything that can go wrong at a stand-in, in one table: whether what was asked for is done, and
 * what of the answer gets through. Which of them meets which request is the plan's business.
 */
interface Course {
  /** `late`: only once a delay has passed, whether or not the client still waits. */
  readonly done: 'never' | 'at-once' | 'late';
  /** A number is a status without anything that was asked for. */
  readonly answer: number | 'whole' | 'late' | 'broken' | 'none' | 'truncated' | Altered;
}

type Altered = 'malformed' | 'wrong-amount' | 'wrong-currency';

/** Faults of the way between: they meet every request, repeats too. */
export const COURSES = {
  /** The request itself is found wrong, with an answer that no customer can cause. */
  reject: { done: 'never', answer: 400 },
  'key-in-use': { done: 'never', answer: 409 },
  'rate-limit': { done: 'never', answer: 429 },
  unavailable: { done: 'never', answer: 503 },
  /** Where there are keys, the key remembers it: every repeat gets it too. */
  error: { done: 'never', answer: 500 },
  'fail-before': { done: 'never', answer: 'broken' },
  hang: { done: 'never', answer: 'none' },
  'fail-after-effect': { done: 'at-once', answer: 'broken' },
  /** As `error`, but it happened. */
  'error-after-effect': { done: 'at-once', answer: 500 },
  /** It happened, its answer is lost, and so is the memory of its key. */
  'forget-key': { done: 'at-once', answer: 'broken' },
  'late-answer': { done: 'at-once', answer: 'late' },
  'late-effect': { done: 'late', answer: 'whole' },
  malformed: { done: 'at-once', answer: 'malformed' },
  truncated: { done: 'at-once', answer: 'truncated' },
  'wrong-amount': { done: 'at-once', answer: 'wrong-amount' },
  'wrong-currency': { done: 'at-once', answer: 'wrong-currency' },
} as const satisfies Readonly<Record<string, Course>>;

export type ConnectionFault = keyof typeof COURSES;
export const CONNECTION_FAULTS = Object.keys(COURSES) as readonly ConnectionFault[];

/**
 * `decline`: the party says no, as it does to customers. `lapse`: an authorization ends before it is
 * captured. `pending`: a refund takes its time, and succeeds.
 */
export const BUSINESS_FAULTS = ['decline', 'lapse', 'pending'] as const;
export type BusinessFault = (typeof BUSINESS_FAULTS)[number];

/**
 * Of what a party tells of its own accord. `early`: before the answer to the call that caused it.
 * `reordered`: after the next one about the same thing.
 */
export const EVENT_FAULTS = ['lost', 'delayed', 'reordered', 'duplicate'] as const;
type EventFault = (typeof EVENT_FAULTS)[number] | 'early';

export type Fault = ConnectionFault | BusinessFault | EventFault;

/** What any party with a connection can do to a request that changes something. */
export const COMMON_FAULTS = [
  'reject',
  'rate-limit',
  'unavailable',
  'fail-before',
  'hang',
  'fail-after-effect',
  'late-answer',
  'late-effect',
] as const satisfies readonly ConnectionFault[];

export function isConnectionFault(fault: Fault): fault is ConnectionFault {
  return fault in COURSES;
}

/** The order that a reference or a Message-ID names, wherever it stands in it. */
export function orderIn(text: string): string | null {
  return /ord_[0-9A-Za-z]+/.exec(text)?.[0] ?? null;
}
