/** What a row of the table is made of: where it begins, what is asked, what has to be answered. */
import type { ProblemCode } from '../../../src/api/problems.ts';
import type { Books, Scene } from './scene.ts';
import type { Seen, Sent } from './wire.ts';

export interface Row {
  /** As in "Answers to POST /v1/orders". */
  readonly row: number;
  readonly on: string;
  readonly says: string;
  /** Brings the books to where the row begins; the process may be restarted after that. */
  readonly begin: (scene: Scene) => Promise<Case>;
  /** Also with the first answers cut on the wire, as rows 2, 3, 6 and 7 have it. */
  readonly isCut?: true;
}

export interface Case {
  /** Each is sent once, or all of them together fifty times at once. */
  readonly asks: readonly Ask[];
  /** What all of that adds to the books; nothing. */
  readonly adds?: Partial<Books>;
  /** What goes wrong at the process that is asked, just before that. */
  readonly beforeAsking?: () => void | Promise<void>;
  /** Once it was sent: what happens elsewhere while it waits. */
  readonly meanwhile?: () => Promise<void>;
  /** What is still to be looked at. */
  readonly afterwards?: () => Promise<void>;
}

export interface Ask {
  readonly sent: Sent;
  readonly expected: Expected;
}

export interface Expected {
  readonly status: number;
  readonly problem?: ProblemCode;
  readonly headers?: HeadersWanted;
  /** Whether `Location` names what the body is about. */
  readonly isLocated?: boolean;
  /** Whether it ends before the key is read, so that it is not echoed. */
  readonly isUnread?: boolean;
  /** How many have `Idempotent-Replayed`; none. */
  readonly replays?: 'all' | 'all but one';
  /** Of the first answer to this key. */
  readonly bytes?: Buffer;
}

export type HeadersWanted = Readonly<Record<string, string | RegExp>>;

/** As the first answer was. */
export function replayOf(sent: Sent, first: Seen): Ask {
  return { sent, expected: { ...accepted(sent), replays: 'all', bytes: first.bytes } };
}

export function accepted({ path }: Sent): Expected {
  return { status: 202, isLocated: !path.endsWith('/cancel') };
}

export function refused(
  status: number,
  problem: ProblemCode,
  headers: HeadersWanted = {},
): Expected {
  return { status, problem, headers };
}
