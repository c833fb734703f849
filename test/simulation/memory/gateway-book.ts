/** The gateway's own book in memory: the lines of the stand-in's, so that one auditor reads either. */
import type { GatewayEffect, GatewayRequest } from '../../../src/counterparties/gateway/model.ts';
import { iso } from './snapshot.ts';

export type GatewayLine = (GatewayEffect | GatewayRequest) & { readonly seq: number };

/** Who asked, and for what: every line of a request says it. */
export interface Asked {
  readonly operation: string;
  readonly orderId: string | null;
  readonly requestId: string | null;
  readonly key: string | null;
  readonly path: string;
  readonly params: string;
  readonly intent: string | null;
}

/** What an effect says for itself. */
type News = GatewayEffect extends infer Effect
  ? Effect extends GatewayEffect
    ? Omit<Effect, 'kind' | 'at' | 'operation' | 'orderId' | 'requestId' | 'key'>
    : never
  : never;

export interface GatewayBook {
  readonly lines: readonly GatewayLine[];
  effect: (asked: Asked, news: News) => void;
  /** What came of an earlier request in the meantime: it is nobody's doing now. */
  settle: (asked: Asked, news: News) => void;
  request: (asked: Asked, outcome: 'executed' | 'replayed' | 'refused', status: number) => void;
}

export function createGatewayBook(now: () => number): GatewayBook {
  const lines: GatewayLine[] = [];
  const put = ({ operation, key, orderId, requestId }: Asked, news: News) => {
    const line = { kind: 'effect', at: iso(now()), operation, orderId, requestId, key } as const;
    lines.push({ seq: lines.length + 1, ...line, ...news });
  };
  return {
    lines,
    effect: put,
    settle(asked, news) {
      put({ ...asked, operation: 'settle', key: null }, news);
    },
    request(asked, outcome, status) {
      const at = iso(now());
      const line = { kind: 'request', at, ...asked, outcome, fault: null, status } as const;
      lines.push({ seq: lines.length + 1, ...line, answer: null });
    },
  };
}
