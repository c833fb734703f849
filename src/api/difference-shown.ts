/** What the operations API shows of differences, and where each of them is. Pure. */
import type { BookSide, Captures, Difference } from '../operator/ports.ts';
import { makeCursor, readCursor } from './pages.ts';

const HERE = '/v1/operations';

export function showDifference(difference: Difference) {
  const self = `${HERE}/differences/${difference.id}`;
  const { orderId } = difference;
  const order = orderId === null ? {} : { order: `${HERE}/orders/${orderId}` };
  return {
    ...difference,
    ours: showSide(difference.ours),
    gateway: showSide(difference.gateway),
    links: { self, explain: `${self}/explain`, ...order },
  };
}

/** The books know more, for settling. */
function showSide(side: BookSide | null): BookSide | null {
  if (side === null) return null;
  const { status, currency, held, kept } = side;
  return { status, currency, held, kept };
}

export function showCaptures(captures: Captures) {
  return { ...captures };
}

interface Place {
  readonly micros: string;
  readonly id: string;
}

export function differencesCursor({ micros, id }: Place): string {
  return makeCursor(`${micros} ${id}`);
}

export function readDifferencesCursor(cursor: string): Place {
  const [, micros = '', id = ''] = readCursor(cursor, /^(\d{1,16}) (dif_[0-9a-f]{32})$/);
  return { micros, id };
}
